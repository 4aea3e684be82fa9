"""A code that a site's terminal shows and that changes every 30 seconds: who can read it is there,
or knows somebody who is.

HMAC-SHA-256 over the suite's name, site, terminal and step, cut to 40 bits. It counts once for each
physician: whoever calls records the step that matched.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime

from .errors import PlaceRefused, in_utc

STEP_S = 30
LENGTH = 8
SUITE = "intl"
"""Named in what is hashed: a code of another suite is another code."""

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without I, L, O and U; who types one of the first three gets the digit that it looks like."""
_LOOKS_LIKE = str.maketrans({"I": "1", "L": "1", "O": "0", " ": None, "-": None})
_PREFIX = "SLC1"
_LABEL = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_CODE = re.compile(f"[{_ALPHABET}]{{{LENGTH}}}", re.ASCII)
_MIN_SECRET = 16
_MAX_SLACK = 10


@dataclass(frozen=True)
class SiteCode:
    """What a terminal's QR code says, not yet whether it is right."""

    site: str
    terminal: str
    code: str


def step_at(at: datetime) -> int:
    """Number of the 30-second step since 1970 in which a moment (aware) lies."""
    return int(in_utc(at).timestamp() // STEP_S)


def code_at(secret: bytes, site: str, terminal: str, at: datetime) -> str:
    """The eight characters that this terminal of this site shows at a moment (aware).

    Raises:
        PlaceRefused: `place.code_malformed`, a label that cannot stand in a code;
            `place.position_malformed`, a time without offset.
        ValueError: a secret under 16 bytes.
    """
    return _code(secret, site, terminal, step_at(at))


def matched_step(
    secret: bytes, site: str, terminal: str, code: str, at: datetime, slack_steps: int = 1
) -> int | None:
    """The step whose code this is, up to `slack_steps` (0 to 10) away from `at`; None if none.

    The time that it takes does not tell how much of a code was right. Raises as `code_at`.
    """
    if not 0 <= slack_steps <= _MAX_SLACK:
        raise ValueError(f"slack_steps lies from 0 to {_MAX_SLACK}")
    now, given = step_at(at), normalised(code).encode("utf-8", "replace")
    found = None
    for step in range(now - slack_steps, now + slack_steps + 1):
        if hmac.compare_digest(_code(secret, site, terminal, step).encode(), given):
            found = step
    return found


def matches(
    secret: bytes, site: str, terminal: str, code: str, at: datetime, slack_steps: int = 1
) -> bool:
    """Whether the code is right. To make it count once, record `matched_step` instead."""
    return matched_step(secret, site, terminal, code, at, slack_steps) is not None


def payload(site: str, terminal: str, code: str) -> str:
    """The text of the QR code. Raises `PlaceRefused` with `place.code_malformed`."""
    parts = SiteCode(_labelled(site), _labelled(terminal), _well_formed(code))
    return f"{_PREFIX}:{parts.site}:{parts.terminal}:{parts.code}"


def parse(text: str) -> SiteCode:
    """What a QR code's text says. Raises `PlaceRefused` with `place.code_malformed`."""
    parts = text.strip().split(":")
    if len(parts) != 4 or parts[0] != _PREFIX:
        raise _refused("this is no site's code: read the one on the terminal's screen")
    return SiteCode(_labelled(parts[1]), _labelled(parts[2]), _well_formed(parts[3]))


def normalised(code: str) -> str:
    """A typed code as it was shown: upper case, look-alikes mended, spaces and hyphens gone."""
    return code.upper().translate(_LOOKS_LIKE)


def _code(secret: bytes, site: str, terminal: str, step: int) -> str:
    if len(secret) < _MIN_SECRET:
        raise ValueError(f"a secret has at least {_MIN_SECRET} bytes")
    # Labels hold no colon, so no two of these are the same text.
    text = f"shualian:site-code:{SUITE}:{_labelled(site)}:{_labelled(terminal)}:{step}"
    digest = hmac.new(secret, text.encode(), hashlib.sha256).digest()
    bits = int.from_bytes(digest[:5], "big")
    return "".join(_ALPHABET[bits >> 5 * place & 31] for place in reversed(range(LENGTH)))


def _labelled(label: str) -> str:
    if not _LABEL.fullmatch(label):
        raise _refused("a site or terminal is 1 to 64 letters, digits, hyphens or underscores")
    return label


def _well_formed(code: str) -> str:
    mended = normalised(code)
    if not _CODE.fullmatch(mended):
        raise _refused(f"a site's code has {LENGTH} letters and digits: read it again")
    return mended


def _refused(message: str) -> PlaceRefused:
    return PlaceRefused("place.code_malformed", message)
