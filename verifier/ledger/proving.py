"""Proofs over the sealed ledger, read from its leaves: 43 bytes each while a proof is made."""

from dataclasses import dataclass

from sqlalchemy import Connection, text

from verifier.protocol import merkle
from verifier.protocol.values import b64url, from_b64url

MOST_LEAVES = 5_000_000
"""Above this a proof would take too much memory at once; trees of one year are kept below it."""

_LEAVES = text(
    "SELECT leaf FROM ledger_leaves WHERE institution = :institution AND position < :size "
    "ORDER BY position"
)
_PLACE = text(
    "SELECT position FROM ledger_leaves WHERE institution = :institution AND leaf = :leaf "
    "ORDER BY position LIMIT 1"
)
_CHECKPOINT = text(
    "SELECT size, compact FROM checkpoints WHERE institution = :institution AND size > :position "
    "ORDER BY size DESC LIMIT 1"
)


@dataclass(frozen=True)
class Included:
    """That a leaf stands at `index` under the checkpoint's root; hashes in base64url."""

    index: int
    size: int
    proof: list[str]
    checkpoint: str


def consistency(conn: Connection, institution: str, first: int, second: int) -> list[str] | None:
    """The proof that the tree of `first` leaves begins the one of `second`; None where there are
    not so many.
    """
    if not 0 < first <= second <= MOST_LEAVES:
        return None
    leaves = _leaves(conn, institution, second)
    return _texts(merkle.consistency(leaves, first)) if len(leaves) == second else None


def inclusion(conn: Connection, institution: str, leaf: str) -> Included | None:
    """The proof under the newest checkpoint; None for a leaf that is not sealed."""
    index = conn.scalar(_PLACE, {"institution": institution, "leaf": leaf})
    if index is None:
        return None
    newest = conn.execute(_CHECKPOINT, {"institution": institution, "position": index}).first()
    if newest is None or newest.size > MOST_LEAVES:
        return None
    leaves = _leaves(conn, institution, newest.size)
    proof = _texts(merkle.inclusion(leaves, index))
    return Included(index, newest.size, proof, newest.compact)


def _leaves(conn: Connection, institution: str, size: int) -> list[bytes]:
    bound = {"institution": institution, "size": size}
    found = conn.scalars(_LEAVES, bound, execution_options={"yield_per": 10_000})
    return [from_b64url(leaf) for leaf in found]


def _texts(proof: list[bytes]) -> list[str]:
    return [b64url(step) for step in proof]
