"""A terminal whose key never is in the agent's memory: another process holds it and signs."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kiosk.errors import IdentityUnreadable
from kiosk.identity import TerminalIdentity
from tests.verifier.fixtures import (  # noqa: F401
    INSTITUTION,
    database,
    gallery,
    institution,
    keyring,
)
from tests.verifier.serving.hospital import Hospital
from verifier.protocol.values import b64url
from verifier.trust import terminals

from .test_witness import at_the_terminal, hospital, visit

__all__ = ["hospital"]

MODULE = """
import sys
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
key = Ed25519PrivateKey.generate()
print(key.public_key().public_bytes_raw().hex(), flush=True)
for line in sys.stdin:
    print(key.sign(bytes.fromhex(line)).hex(), flush=True)
"""


class Module:
    """As a chip behind PKCS#11: it signs what it is given, and tells its public half."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", MODULE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.public = bytes.fromhex(self._line())
        self.signed = 0

    def sign(self, data: bytes) -> bytes:
        assert self.process.stdin is not None
        self.process.stdin.write(data.hex() + "\n")
        self.process.stdin.flush()
        self.signed += 1
        return bytes.fromhex(self._line())

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()


@pytest.fixture
def module() -> Iterator[Module]:
    made = Module()
    yield made
    made.process.kill()
    made.process.communicate()


def test_a_claim_signed_by_a_module_is_accepted(
    hospital: Hospital,
    module: Module,
    tmp_path: Path,
) -> None:
    public = {"kty": "OKP", "crv": "Ed25519", "x": b64url(module.public)}
    with hospital.database.app.begin() as conn:
        name = terminals.register(conn, INSTITUTION, "hall", "kiosk", public, ["settlement"])
    TerminalIdentity.create(tmp_path / "t.json", INSTITUTION, "http://127.0.0.1")
    stored = TerminalIdentity.register(tmp_path / "t.json", name)
    identity = replace(stored, key=module)
    at_the_terminal(hospital, identity, tmp_path, visit)
    assert hospital.count("decisions") == 1
    assert module.signed >= 2, "the request for a challenge, and the claim"
    with pytest.raises(IdentityUnreadable):
        identity.public_jwk()
