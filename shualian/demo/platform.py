"""The insurance platform of the demo: the sandbox, and the phones that show its codes."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from codes.errors import InvalidCode
from devices.resident_id.layout import CardData
from devices.scanner.invented import invented_code
from integrations.nhsa.sandbox.app import Sandbox
from integrations.nhsa.sandbox.knobs import Fault, Knob
from integrations.nhsa.sandbox.serve import SandboxServer
from kiosk.messages import Shown
from verifier.protocol.values import now

ANSWER_S = 5.0
AN_OLD_CODE = invented_code(0)
"""What a phone shows that cannot reach its platform: a code that no platform knows any more."""


@dataclass(frozen=True)
class Phones:
    """Every person's phone: asks the platform at this address for a fresh code."""

    url: str

    def __call__(self, card: CardData, credential: Shown) -> str:
        """The code that this person's app shows now."""
        wanted = {"kind": credential, "name": card.name, "number": card.number}
        request = urllib.request.Request(  # noqa: S310  (our own loopback address)
            f"{self.url}/sandbox/codes",
            json.dumps(wanted).encode(),
            {"content-type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_S) as answer:  # noqa: S310
                return str(json.load(answer)["code"])
        except (urllib.error.URLError, OSError, ValueError, KeyError, InvalidCode):
            return AN_OLD_CODE


@dataclass
class Platform:
    """A sandbox that runs, and what may be done to it."""

    server: SandboxServer
    _ahead: list[timedelta] = field(default_factory=list)

    @property
    def phones(self) -> Phones:
        """The phones of its people."""
        return Phones(self.server.url)

    @property
    def environment(self) -> dict[str, str]:
        """Settings with which a verifier reaches it."""
        return {
            "SHUALIAN_NHSA_CODE_URL": self.server.code_url,
            "SHUALIAN_NHSA_SOCIAL_URL": self.server.social_url,
            "SHUALIAN_NHSA_INFO_URL": self.server.info_url,
            "SHUALIAN_NHSA_SANDBOX": "true",
        }

    def let_codes_expire(self) -> None:
        """Two minutes pass for the platform: codes that it gave are old now."""
        self._ahead.append(timedelta(minutes=2))

    def go_away(self) -> None:
        """Answer nobody until `come_back`."""
        self.server.sandbox.state.knobs.append(Knob(fault=Fault.BUSY, times=None))

    def come_back(self) -> None:
        """Answer again."""
        self.server.sandbox.state.knobs.clear()


@contextmanager
def platform(port: int = 0) -> Iterator[Platform]:
    """The platform on a loopback port, in this process."""
    ahead: list[timedelta] = []

    def clock() -> datetime:
        return now() + sum(ahead, timedelta())

    with SandboxServer(Sandbox(clock), port) as server:
        yield Platform(server, ahead)
