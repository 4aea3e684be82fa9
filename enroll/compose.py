"""The parts of an import, opened in order and closed in reverse."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from models.calibration import Calibration
from models.engine import FaceEngine, load_engine
from verifier.identity import galleries, institutions
from verifier.identity.galleries import Gallery
from verifier.policy.load import load_policy
from verifier.settings import Settings
from verifier.store.database import Database, open_database
from verifier.trust.keys import KeyRing

from .errors import EnrollRefused
from .importing import Import
from .photos import PhotoFolder
from .rules import EnrollSettings, EnrolRules
from .service import Enroller


@contextmanager
def open_import(
    settings: Settings, photos: Path, workers: int, stop: threading.Event
) -> Iterator[Import]:
    """An import into the institution that the settings name.

    Raises, with stable codes: `EnrollRefused`, `SettingsRefused`, `ModelError`, `PolicyRefused`,
    `KeysRefused`, `StoreRefused`, `IdentityRefused`.
    """
    settings.check()
    if settings.mode != "central":
        raise EnrollRefused(
            "enroll.on_device", "in on_device mode no template is kept, so nobody is enrolled"
        )
    folder = PhotoFolder(photos)
    policy = load_policy(settings.policy).policy
    # Several photos are judged at once, so one inference takes its share of the threads.
    engine = load_engine(settings.pack, threads=max(1, settings.threads // workers))
    rules = EnrolRules(calibration_of(engine), EnrollSettings())
    keyring = KeyRing.load_or_create(settings.keys)
    with open_database(settings) as database:
        database.migrate()
        gallery = _gallery(database, keyring, settings.institution, engine)
        enroller = Enroller(database.app, keyring, gallery, rules)
        yield Import(enroller, engine, folder, policy, workers, stop)


def calibration_of(engine: FaceEngine) -> Calibration:
    """The calibration of just this preparation of the pack. Raises `EnrollRefused`."""
    found = engine.calibration
    if found is None:
        raise EnrollRefused(
            "enroll.no_calibration",
            f"the pack {engine.pack.name} has no calibration, so no threshold has an error rate",
        )
    if found.pack_digest != engine.pack.digest:
        raise EnrollRefused(
            "enroll.other_calibration",
            f"the calibration {found.name} was measured on another preparation of the pack",
        )
    return found


def _gallery(database: Database, keyring: KeyRing, institution: str, engine: FaceEngine) -> Gallery:
    with database.app.begin() as conn:
        if not institutions.is_known(conn, institution):
            raise EnrollRefused(
                "enroll.institution_unknown",
                f"register it first: shualian verifier institutions register {institution} NAME",
            )
        return galleries.open_gallery(conn, keyring, institution, engine.pack)
