"""The second factor: time-based one-time passwords (RFC 6238, six digits, SHA-1, 30 s).

SHA-1 and six digits are what every authenticator program takes. A code counts once: the step of
the last one is kept, and only a later step counts.
"""

import hmac
import os
from datetime import datetime

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from verifier.trust.sealing import Secret

STEP_S = 30
DIGITS = 6
_SECRET_BYTES = 20
_DRIFT = (0, -1, 1)
"""Steps that count beside the present one, for a telephone whose clock is off."""


def new_secret() -> Secret:
    """160 random bits, as RFC 4226 §4 recommends."""
    return Secret(os.urandom(_SECRET_BYTES))


def uri(secret: bytes, login: str, institution: str) -> str:
    """`otpauth://…`, to be shown as a QR code to the person alone."""
    return _totp(secret).get_provisioning_uri(login, f"Shualian {institution}")


def step_of(secret: bytes, code: str, at: datetime, last: int | None) -> int | None:
    """The step whose code this is; None where it is no code of now, or one that counted before."""
    now = int(at.timestamp()) // STEP_S
    for drift in _DRIFT:
        step = now + drift
        right = _totp(secret).generate(step * STEP_S)
        if hmac.compare_digest(right, code.encode()):
            return step if last is None or step > last else None
    return None


def code_at(secret: bytes, at: datetime) -> str:
    """What the authenticator shows at this moment."""
    return _totp(secret).generate(int(at.timestamp())).decode()


def _totp(secret: bytes) -> TOTP:
    return TOTP(secret, DIGITS, SHA1(), STEP_S)  # noqa: S303
