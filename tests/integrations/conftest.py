"""A sandbox on a real port, an adapter that speaks to it, and a verifier that asks the adapter."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from integrations.nhsa.resolver import NhsaResolver, open_resolver
from integrations.nhsa.sandbox.app import Sandbox
from integrations.nhsa.sandbox.serve import SandboxServer
from integrations.nhsa.settings import NhsaSettings
from tests.verifier.fixtures import INSTITUTION, database, gallery, institution, keyring
from tests.verifier.serving.hospital import Hospital, Person, Terminal, open_hospital
from tests.waiting import WAIT
from verifier.identity.galleries import Gallery
from verifier.store.database import Database
from verifier.trust.keys import KeyRing

__all__ = ["database", "gallery", "institution", "keyring"]


class SandboxClock:
    """The platform's time, which a test may move."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass
class Platform:
    """A sandbox as a test handles it: over its own addresses, like anybody."""

    server: SandboxServer
    clock: SandboxClock

    def code(self, person: Person | None = None, kind: str = "nhsa_qr") -> str:
        """A fresh code of somebody's."""
        wanted = {"kind": kind}
        if person is not None:
            wanted |= {"name": person.name, "number": person.number}
        answer = httpx.post(f"{self.server.url}/sandbox/codes", json=wanted, timeout=WAIT)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["code"])

    def stand_before(self, person: Person) -> None:
        """Somebody stands before the platform's own terminal."""
        said = {"name": person.name, "number": person.number}
        url = f"{self.server.url}/sandbox/present"
        assert httpx.post(url, json=said, timeout=WAIT).status_code == 201

    def knob(self, fault: str, **said: Any) -> None:
        """Spoil the next answer, or as `said`."""
        url = f"{self.server.url}/sandbox/knobs"
        answer = httpx.post(url, json={"fault": fault, **said}, timeout=WAIT)
        assert answer.status_code == 201, answer.text

    def asked(self, question: str) -> int:
        """How often a transType or an infno was asked."""
        return self.server.sandbox.state.asked.get(question, 0)

    def settings(self, **changes: Any) -> NhsaSettings:
        """Of an adapter that reaches it, and does not wait long."""
        said: dict[str, Any] = {
            "institution": INSTITUTION,
            "institution_name": "演示医院",
            "code_url": self.server.code_url,
            "social_url": self.server.social_url,
            "answer_s": 5.0,
            "total_s": 10.0,
        }
        return NhsaSettings(**(said | changes))


IMPATIENT = {"answer_s": 0.2, "total_s": 0.5}
"""For tests in which nothing answers."""


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what the test says."""
    for name in ("SHUALIAN_INSTITUTION", "SHUALIAN_NHSA_CONFIG"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def platform() -> Iterator[Platform]:
    """A running sandbox."""
    clock = SandboxClock()
    with SandboxServer(Sandbox(clock)) as server:
        yield Platform(server, clock)


@pytest.fixture
def resolver(platform: Platform) -> Iterator[NhsaResolver]:
    """An adapter that reaches it, the institution channel included."""
    with opened(platform.settings(info_url=platform.server.info_url)) as resolver:
        yield resolver


@contextmanager
def opened(settings: NhsaSettings) -> Iterator[NhsaResolver]:
    """The adapter of settings that open a door."""
    with open_resolver(settings) as resolver:
        assert resolver is not None
        yield resolver


@pytest.fixture
def hospital(
    database: Database, keyring: KeyRing, gallery: Gallery, resolver: NhsaResolver
) -> Iterator[Hospital]:
    """The demo institution's verifier, whose codes the sandbox resolves."""
    with open_hospital(database, keyring, gallery, resolver=resolver) as hospital:
        yield hospital


@pytest.fixture
def terminal(hospital: Hospital) -> Terminal:
    """A registered terminal of it."""
    return hospital.terminal()
