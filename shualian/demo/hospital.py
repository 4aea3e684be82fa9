"""The demo hospital: it takes simulated devices, has five enrolled people and 2,000 fillers.

Everything can be done again: what is there stays as it is, and costs little.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Self

from joserfc.jwk import ECKey
from sqlalchemy import Connection

from codes.id_number import parse
from enroll.application import Application, GivenConsent
from enroll.compose import calibration_of
from enroll.photos import Photo
from enroll.rules import EnrollSettings, EnrolRules
from enroll.service import Enroller, enrol_person
from kiosk.errors import IdentityMissing
from kiosk.files import write_private
from kiosk.identity import TerminalIdentity
from kiosk.settings import KioskSettings
from models.engine import FaceEngine, load_engine
from models.fetch import fetch
from verifier.api.tokens import (
    DECLARE_PRACTICE,
    FEED_VISITS,
    READ_DECISIONS,
    READ_PRACTICE,
    READ_RECEIPTS,
    WRITE_RATINGS,
)
from verifier.identity import institutions, synthetic
from verifier.identity.errors import IdentityRefused
from verifier.identity.galleries import Gallery, open_gallery
from verifier.policy.load import shipped
from verifier.protocol.desk import DESK
from verifier.protocol.practice import PURPOSE as PRACTICE
from verifier.protocol.values import Consent, now
from verifier.settings import Settings, load
from verifier.store.database import Database, open_database
from verifier.trust import clients, terminals
from verifier.trust.keys import KeyRing

from . import clinic, sample
from .errors import DocumentMissing, KeptDataTooOld
from .sample import SamplePerson

INSTITUTION = "H99010100001"
"""An H code in a region that no province has."""

NAME = "示范医院"
FILLERS = 2000
HIS_CLIENT = "demo-his"
HIS_SCOPES = frozenset(
    {READ_RECEIPTS, READ_PRACTICE, DECLARE_PRACTICE, FEED_VISITS, READ_DECISIONS, WRITE_RATINGS}
)
PURPOSES = ("outpatient_registration", "settlement", "dispensing", "admission", PRACTICE)
NOTICE_VERSION = "2025-11"
CONSENTED_AT = datetime(2025, 11, 3, 9, 0, tzinfo=timezone(timedelta(hours=8)))
DOCUMENTS = Path(__file__).parents[2] / "docs" / "demo"
SCREEN, PLAYER, NEIGHBOUR, REMOTE = "screen", "player", "neighbour", "remote"
"""The terminal with a page, the one that plays visits, another one, and one of the far site."""
LOBBY, FRONT_DESK = "lobby", "front-desk"
"""The one at which people came this morning, and the reader beside the enrolment clerk's screen."""
SITE_OF = {
    SCREEN: clinic.EAST,
    PLAYER: clinic.EAST,
    NEIGHBOUR: clinic.WEST,
    REMOTE: clinic.FAR,
    LOBBY: clinic.WEST,
    FRONT_DESK: clinic.EAST,
}


def ready_engine() -> FaceEngine:
    """The default pack, fetched if need be, loaded. Raises `ModelError`."""
    fetch()
    return load_engine()


def open_hospital(folder: Path, verifier_port: int) -> "Hospital":
    """The hospital of this data folder, its tables migrated; `establish` fills it.

    Raises `SettingsRefused`, `StoreRefused`, `KeysRefused`, `DocumentMissing`.
    """
    pia = DOCUMENTS / "pia.md"
    if not pia.is_file():
        raise DocumentMissing(f"the demo's impact assessment is missing: {pia}")
    settings = load(
        data=folder,
        institution=INSTITUTION,
        host="127.0.0.1",
        port=verifier_port,
        mode="central",
        pia=pia,
        notice_version=NOTICE_VERSION,
        policy=shipped("demo"),
    )
    settings.check()
    keyring = KeyRing.load_or_create(settings.keys)
    database = open_database(settings)
    database.migrate()
    return Hospital(folder, settings, database, keyring)


@dataclass
class Hospital:
    """An open hospital. Use it as a context manager, or `close` it."""

    folder: Path
    settings: Settings
    database: Database
    keyring: KeyRing

    @property
    def verifier_url(self) -> str:
        """Where its verifier listens."""
        return f"http://127.0.0.1:{self.settings.port}"

    def establish(self, engine: FaceEngine, roles: Sequence[str] = (SCREEN,)) -> None:
        """See that institution, gallery, people, these terminals and the HIS client are there.

        Raises `DemoError`, and what enrolment and the gallery refuse.
        """
        with self.database.app.begin() as conn:
            institutions.ensure(conn, INSTITUTION, NAME, demo=True)
            gallery = self._gallery(conn, engine)
            synthetic.fill(conn, self.keyring, gallery, FILLERS)
            clinic.record_sites(conn, INSTITUTION)
            for role in roles:
                self._register_terminal(conn, role)
            self._register_his(conn)
        self._enrol(engine, gallery, sample.load(engine))
        with self.database.app.begin() as conn:
            clinic.record_physicians(conn, self.keyring, INSTITUTION, now())
            clinic.record_nurse(conn, self.keyring, INSTITUTION, now())

    def _gallery(self, conn: Connection, engine: FaceEngine) -> Gallery:
        try:
            return open_gallery(conn, self.keyring, INSTITUTION, engine.pack)
        except IdentityRefused as refused:
            if refused.code != "gallery.other_pack":
                raise
            raise KeptDataTooOld(
                f"what {self.folder} keeps was made with other models: `make reset` forgets it"
            ) from None

    def _enrol(self, engine: FaceEngine, gallery: Gallery, people: Sequence[SamplePerson]) -> None:
        rules = EnrolRules(calibration_of(engine), EnrollSettings())
        enroller = Enroller(self.database.app, self.keyring, gallery, rules)
        for person in people:
            if person.enrolled:
                photo = Photo(f"{person.id}.png", person.photo_png())
                enrol_person(enroller, engine, application_of(person), [photo])

    def terminal(self, role: str) -> TerminalIdentity:
        """A terminal's identity, its address this hospital's verifier."""
        return TerminalIdentity.load(self._terminal_file(role))

    def terminal_folder(self, role: str) -> Path:
        """The data folder of a terminal."""
        return self.folder if role == SCREEN else self.folder / "demo" / role

    def his_key(self) -> ECKey:
        """The private key of the demo HIS."""
        return ECKey.import_key(json.loads(self._his_file.read_text("utf-8")))

    @property
    def staff_file(self) -> Path:
        """Where the demo's staff keep passwords and telephones' secrets."""
        return self.folder / "demo" / "staff.json"

    @property
    def ward_file(self) -> Path:
        """Since when the three of the ward are there."""
        return self.folder / "demo" / "ward.json"

    @property
    def morning_file(self) -> Path:
        """Which day is played."""
        return self.folder / "demo" / "morning.json"

    @property
    def _his_file(self) -> Path:
        return self.folder / "demo" / "his.json"

    def _register_terminal(self, conn: Connection, role: str) -> None:
        """A terminal that has an id keeps it, and learns where the verifier listens now."""
        file = self._terminal_file(role)
        try:
            public = TerminalIdentity.load(file).public_jwk()
        except IdentityMissing:
            public = TerminalIdentity.create(file, INSTITUTION, self.verifier_url)
        site = SITE_OF[role].name
        purposes = (DESK,) if role == FRONT_DESK else PURPOSES
        name = terminals.register(conn, INSTITUTION, site, f"demo {role}", public, purposes)
        if TerminalIdentity.register(file, name).verifier_url != self.verifier_url:
            TerminalIdentity.move(file, self.verifier_url)

    def _terminal_file(self, role: str) -> Path:
        return KioskSettings(data=self.terminal_folder(role)).identity_file

    def _register_his(self, conn: Connection) -> None:
        if not self._his_file.exists():
            key = ECKey.generate_key("P-256", {"kid": HIS_CLIENT}, private=True)
            write_private(self._his_file, json.dumps(key.as_dict(private=True)).encode())
        key, known = self.his_key(), clients.get(conn, HIS_CLIENT)
        same = known is not None and known.public_key.thumbprint() == key.thumbprint()
        if known is not None and same and known.scopes == HIS_SCOPES:
            return
        public = key.as_dict(private=False)
        clients.register(conn, HIS_CLIENT, INSTITUTION, public, HIS_SCOPES)

    def verifier_environment(self) -> dict[str, str]:
        """For `shualian verifier serve`."""
        settings = self.settings
        return {
            "SHUALIAN_DATA": str(self.folder),
            "SHUALIAN_INSTITUTION": INSTITUTION,
            "SHUALIAN_HOST": settings.host,
            "SHUALIAN_PORT": str(settings.port),
            "SHUALIAN_MODE": "central",
            "SHUALIAN_PIA": str(settings.pia),
            "SHUALIAN_NOTICE_VERSION": NOTICE_VERSION,
            "SHUALIAN_POLICY": str(settings.policy),
        }

    def front_desk_environment(self) -> dict[str, str]:
        """For the staff's door and the enrolment desk's reader."""
        return {"SHUALIAN_DATA": str(self.terminal_folder(FRONT_DESK))}

    def terminal_environment(self) -> dict[str, str]:
        """For the terminal with a page."""
        return {"SHUALIAN_DATA": str(self.folder)}

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def application_of(person: SamplePerson) -> Application:
    """What the person asks of the enrolment desk."""
    consent = GivenConsent(Consent.SEPARATE, NOTICE_VERSION, CONSENTED_AT, "demo")
    return Application(parse(person.invented.number), person.invented.name, consent)
