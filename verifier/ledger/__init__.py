"""The ledger: what happened, in an order that nobody can change unseen."""

from .entries import LedgerRefused, append, canonical, commitment, leaf_hash

__all__ = ["LedgerRefused", "append", "canonical", "commitment", "leaf_hash"]
