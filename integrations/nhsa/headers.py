"""Who sends a request, in its headers. Provinces differ, so the scheme is a setting.

`tif` is the gateway scheme that several public systems use, under this prefix or `x-rio`; `apikey`
was seen in one. Signatures by certificate (SM2) and encrypted payloads (SM4) exist too; no public
source says how they are made, so they are not here.
"""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from verifier.trust.sealing import Secret

Scheme = Literal["none", "tif", "apikey"]
Headers = Callable[[datetime], dict[str, str]]


@dataclass(frozen=True)
class Names:
    """What a province calls its headers."""

    prefix: str = "x-tif"
    apikey: str = "apikey"


@dataclass(frozen=True)
class Sign:
    """Makes the headers of one request. Call it anew for each."""

    scheme: Scheme
    names: Names = field(default_factory=Names)
    account: str = ""
    secret: Secret | None = field(default=None, repr=False)

    def __call__(self, at: datetime) -> dict[str, str]:
        """Header names to values; empty for the scheme `none`."""
        token = (self.secret or b"").decode("utf-8", "replace")
        if self.scheme == "tif":
            return tif(self.names.prefix, self.account, token, at, secrets.token_hex(8))
        return {self.names.apikey: token} if self.scheme == "apikey" else {}


def tif(prefix: str, account: str, token: str, at: datetime, nonce: str) -> dict[str, str]:
    """Four headers. The signature is SHA-256, in hex, of second, token, nonce and second again."""
    second = str(int(at.timestamp()))
    return {
        f"{prefix}-paasid": account,
        f"{prefix}-timestamp": second,
        f"{prefix}-nonce": nonce,
        f"{prefix}-signature": tif_signature(second, token, nonce),
    }


def tif_signature(second: str, token: str, nonce: str) -> str:
    """64 hexadecimal digits, small."""
    return hashlib.sha256(f"{second}{token}{nonce}{second}".encode()).hexdigest()
