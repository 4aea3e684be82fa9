"""A checkpoint: the ledger's root at one size, signed, and chained to the one before it."""

from collections.abc import Callable

from pydantic import Field, ValidationError

from . import jose
from .claim import Message
from .values import Digest, UtcTime, sha256_b64url


class Checkpoint(Message):
    """What is signed (`shualian-checkpoint+jws`, Ed25519). One tree an institution."""

    institution: str = Field(max_length=32)
    size: int = Field(ge=1, lt=2**53, description="Leaves under the root.")
    root: Digest
    previous: Digest | None = Field(description="Digest of the compact form before this one.")
    sealed_at: UtcTime
    erasures: int = Field(default=0, ge=0, lt=2**53, description="Lines of the list of erasures.")
    erasures_head: Digest | None = Field(default=None, description="Digest of its last line.")
    suite: str = jose.SIGNING_SUITE


class CheckpointRefused(Exception):
    """No checkpoint, or none of this key or institution. `code` is stable."""

    code = "ledger.checkpoint_invalid"


def check(
    compact: str, find_key: Callable[[str], jose.SigningKey | None], institution: str
) -> Checkpoint:
    """The checkpoint, its signature checked. Raises `CheckpointRefused`."""
    try:
        payload = jose.verify(jose.CHECKPOINT, compact, find_key)
        found = Checkpoint.model_validate_json(payload)
    except (jose.BadSignature, ValidationError) as error:
        raise CheckpointRefused("this is no checkpoint of this verifier's key") from error
    if found.institution != institution:
        raise CheckpointRefused("this checkpoint is another institution's")
    return found


def digest(compact: str) -> str:
    """By which the next checkpoint names this one."""
    return sha256_b64url(compact.encode())
