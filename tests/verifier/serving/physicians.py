"""A clinic over the wire: a physician, two terminals at two sites, a HIS that asks."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from verifier.identity.galleries import Gallery
from verifier.practice import registry
from verifier.practice.registry import Registration
from verifier.protocol.claim import Evidence
from verifier.protocol.practice import PURPOSE, CheckedIn, CheckIn
from verifier.protocol.values import Consent
from verifier.store.database import Database
from verifier.trust import terminals
from verifier.trust.keys import KeyRing

from ..fixtures import INSTITUTION
from ..practice.clinic import Doctor, build, number, shift
from .hospital import (
    STAFF_NOTICE,
    Hospital,
    Person,
    Terminal,
    basis,
    invent,
    open_hospital,
    visit_of,
)
from .test_api_access import His

HUA = invent(1, "华佗")
REGION = b"r" * 32


@dataclass
class Clinic:
    """A verifier with two sites, a physician who is enrolled, a terminal at each site, a HIS."""

    hospital: Hospital
    east: Terminal
    west: Terminal
    hua: Doctor
    his: His

    def check(
        self, terminal: Terminal, act: str = "in", said: Evidence | None = None, **more: Any
    ) -> CheckedIn:
        """Identity, then the check-in on it."""
        changes = {} if said is None else {"legal_basis": basis(Consent.NO_FACE, STAFF_NOTICE)}
        answer = terminal.decide(said or visit_of(HUA), PURPOSE, **changes)
        return self.sent(terminal, answer.receipt_id, act, **more)

    def sent(self, terminal: Terminal, receipt: str, act: str = "in", **more: Any) -> CheckedIn:
        """The check-in alone."""
        answer = self.post(terminal, receipt, act, **more)
        assert answer.status_code == 200, answer.text
        return CheckedIn.model_validate_json(answer.content)

    def post(self, terminal: Terminal, receipt: str, act: str = "in", **more: Any) -> Any:
        asked = CheckIn(receipt_id=receipt, act=act, **more)
        return terminal.post("/v1/practice/check-ins", asked.model_dump_json().encode())

    def ask(self, at: datetime | None = None, code: str | None = None, **more: Any) -> Any:
        """What the HIS is told."""
        said = {"code": code or self.hua.code, "at": (at or self.now()).isoformat(), **more}
        answer = self.http_post("/v1/practice/introspect", said)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def http_post(self, path: str, said: Any) -> Any:
        headers = {"authorization": f"Bearer {self.token()}"}
        return self.hospital.http.post(path, json=said, headers=headers)

    def get(self, path: str) -> Any:
        headers = {"authorization": f"Bearer {self.token()}"}
        return self.hospital.http.get(path, headers=headers)

    def token(self) -> str:
        """A fresh one, by the verifier's time."""
        ends = int(self.now().timestamp()) + 120
        return self.his.token(client_assertion=self.his.assertion(exp=ends))

    def now(self) -> datetime:
        return self.hospital.clock()

    def on_shift(self, hours: float = 6, site: str = "east", kind: str = "work") -> datetime:
        with self.hospital.database.app.begin() as conn:
            start = self.now() - timedelta(hours=1)
            return shift(conn, INSTITUTION, self.hua, start, hours, kind, site)


def at_site(hospital: Hospital, site: str) -> Terminal:
    terminal = hospital.terminal([PURPOSE])
    with hospital.database.app.begin() as conn:
        public = terminal.key.as_dict(private=False)
        terminals.register(
            conn, INSTITUTION, site, "kiosk", public | {"kid": terminal.id}, [PURPOSE]
        )
    return terminal


def physician(hospital: Hospital, person: Person, seed: int = 1, **more: Any) -> Doctor:
    known = hospital.enrol(person)
    said: dict[str, Any] = {"right": "independent", "from_day": date(2020, 1, 1)}
    with hospital.database.app.begin() as conn:
        registry.add(conn, INSTITUTION, known, number(seed), "cardiology", datetime.now(UTC))
        registration = Registration(**(said | more))
        registry.register(conn, INSTITUTION, known, registration, datetime.now(UTC))
    return Doctor(known, number(seed))


@pytest.fixture
def clinic(database: Database, keyring: KeyRing, gallery: Gallery) -> Iterator[Clinic]:
    with clinic_of(database, keyring, gallery) as made:
        yield made


@contextmanager
def clinic_of(
    database: Database, keyring: KeyRing, gallery: Gallery, **changes: Any
) -> Iterator[Clinic]:
    with open_hospital(database, keyring, gallery, region_key=REGION, **changes) as hospital:
        with database.app.begin() as conn:
            build(conn, INSTITUTION)
        his = His(hospital, scopes=("practice:read", "practice:declare"))
        yield Clinic(
            hospital,
            at_site(hospital, "east"),
            at_site(hospital, "west"),
            physician(hospital, HUA),
            his,
        )


def ahead(clinic: Clinic, **time: float) -> None:
    clinic.hospital.clock.ahead += timedelta(**time)
    for terminal in (clinic.east, clinic.west):
        terminal.clock_ahead = clinic.hospital.clock.ahead
