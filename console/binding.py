"""What belongs to one session and to no other: the token of its forms, the words after a POST.

Both are keyed hashes under the session's own token, so that several verifiers behind a balancer
agree without sharing anything, and so that they end with the session. Who is not signed in has a
random token of the browser in its place.
"""

import hmac
import json
import re
import secrets
from dataclasses import asdict, dataclass, field
from typing import Literal

from verifier.protocol.values import b64url, from_b64url

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_FORM, _FLASH = b"shualian.console/form/1", b"shualian.console/flash/1"
_TRAINING = b"shualian.console/training-form/1"


@dataclass(frozen=True)
class Flash:
    """A sentence on the page after this one."""

    key: str
    kind: Literal["done", "care"] = "done"
    values: dict[str, str] = field(default_factory=dict)


def new_token() -> str:
    """256 random bits."""
    return b64url(secrets.token_bytes(32))


def is_token(text: str) -> bool:
    """Whether it could be one."""
    return _TOKEN.fullmatch(text) is not None


def form_token(binding: str, *, training: bool = False) -> str:
    """What every form of this session carries; one of training is none of real work."""
    return _keyed(binding, _TRAINING if training else _FORM, b"")


def is_form_token(binding: str, given: str, *, training: bool = False) -> bool:
    """Whether a form is of this session and mode, in a time that tells nothing."""
    ours = form_token(binding, training=training)
    return hmac.compare_digest(ours.encode(), given.encode())


def sealed(binding: str, flash: Flash) -> str:
    """As it stands in a cookie."""
    body = b64url(json.dumps(asdict(flash)).encode())
    return f"{body}.{_keyed(binding, _FLASH, body.encode())}"


def opened(binding: str, text: str) -> Flash | None:
    """What this session was to be told; None for what it did not write."""
    body, _, keyed = text.partition(".")
    if not hmac.compare_digest(_keyed(binding, _FLASH, body.encode()).encode(), keyed.encode()):
        return None
    return Flash(**json.loads(from_b64url(body)))


def _keyed(binding: str, label: bytes, message: bytes) -> str:
    return b64url(hmac.digest(binding.encode(), label + b"\0" + message, "sha256"))
