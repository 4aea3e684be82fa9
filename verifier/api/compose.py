"""The real parts, opened in order and closed in reverse."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Literal, Self

from fastapi import FastAPI
from sqlalchemy import select

from models.calibration import Calibration
from models.engine import load_engine
from verifier.identity import erasure
from verifier.identity.galleries import Gallery, open_gallery
from verifier.identity.resolver import CredentialResolver
from verifier.ledger import policies
from verifier.matching.embedding import Embedder
from verifier.matching.search import ExactSearch
from verifier.policy.load import load_policy
from verifier.protocol.values import now
from verifier.settings import Settings, SettingsRefused
from verifier.shifts import load_codes
from verifier.store import tenancy
from verifier.store.database import Database, open_database
from verifier.store.schema import Institution
from verifier.trust.keys import KeyRing

from .app import create_app
from .site import Dependencies, Load, Site


class StartRefused(Exception):
    """The verifier does not start. Codes: `start.no_calibration`, `start.other_calibration`,
    `start.institution_unknown`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass
class Verifier:
    """An open verifier. Use it as a context manager, or `close` it."""

    app: FastAPI
    settings: Settings
    database: Database
    keyring: KeyRing
    gallery: Gallery
    _open: ExitStack

    @property
    def site(self) -> Site:
        """What the app answers with."""
        site: Site = self.app.state.site
        return site

    @property
    def line(self) -> str:
        """What an operator reads at the start."""
        rules, pack = self.site.rules, self.site.parts.embedder.pack
        judged = "required" if rules.policy.liveness.required else "NOT judged"
        return (
            f"verifier of {self.settings.institution}: mode {self.settings.mode}, "
            f"pack {pack.name} {pack.digest[:8]}, policy {rules.policy.name}, "
            f"calibration {rules.calibration}, liveness {judged}, "
            f"{len(self.site.gallery)} people enrolled"
        )

    def close(self) -> None:
        """Close everything."""
        self._open.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def open_verifier(
    settings: Settings,
    *,
    embedder: Embedder | None = None,
    calibration: Calibration | None = None,
    load: Load | None = None,
    resolver: CredentialResolver | None = None,
) -> Verifier:
    """A verifier on these settings, its tables migrated, its index filled.

    `embedder` and `calibration` stand for the pack's own where a benchmark or a test composes
    others; without a `resolver` no code is resolved. Raises, with stable codes: `SettingsRefused`,
    `ModelError`, `PolicyRefused`, `KeysRefused`, `StoreRefused`, `IdentityRefused`, `StartRefused`,
    `RosterRefused`.
    """
    settings.check()
    policy = load_policy(settings.policy)
    keyring = KeyRing.load_or_create(settings.keys)
    with ExitStack() as opened, ThreadPoolExecutor(1) as aside:
        # Models load while PostgreSQL starts: each takes about a second.
        loading = aside.submit(_engine, settings, embedder)
        database = opened.enter_context(open_database(settings))
        database.migrate()
        with database.app.connect() as conn:
            tenancy.refuse_unfiltered(conn, settings.institution)
        engine = loading.result()
        measured = calibration or _calibration(engine)
        gallery, demo = _institution(database, keyring, settings.institution, engine)
        with database.app.begin() as conn:
            said = policy.policy.model_dump_json()
            erasure.replay(conn, gallery.erasures, gallery)
            policies.put_in_force(conn, settings.institution, said, now())
        parts = Dependencies(
            engine=database.app,
            keyring=keyring,
            policy=policy,
            calibration=measured,
            embedder=engine,
            gallery=gallery,
            search=ExactSearch(gallery.dim),
            institution=settings.institution,
            demo=demo,
            mode=_mode(settings),
            notice_version=settings.notice_version or policy.policy.newest_notice.version,
            revive=database.revive,
            load=load or Load(),
            resolver=resolver,
            data=settings.data,
            shift_codes=load_codes(settings.shift_codes),
            webhooks_public=settings.webhooks_public,
            region_key=settings.region_key.read_bytes() if settings.region_key else None,
        )
        app = create_app(parts)
        site: Site = app.state.site
        opened.callback(site.close)
        site.warm()
        return Verifier(app, settings, database, keyring, gallery, opened.pop_all())


def _engine(settings: Settings, given: Embedder | None) -> Embedder:
    return given or load_engine(settings.pack, threads=settings.threads)


def _calibration(engine: Embedder) -> Calibration:
    found = Calibration.load(engine.pack.name)
    if found is None:
        raise StartRefused(
            "start.no_calibration",
            f"the pack {engine.pack.name} has no calibration, so no threshold has an error rate",
        )
    if found.pack_digest != engine.pack.digest:
        raise StartRefused(
            "start.other_calibration",
            f"the calibration {found.name} was measured on another preparation of the pack",
        )
    return found


def _institution(
    database: Database, keyring: KeyRing, institution: str, engine: Embedder
) -> tuple[Gallery, bool]:
    with database.app.begin() as conn:
        demo = conn.scalar(select(Institution.demo).where(Institution.code == institution))
        if demo is None:
            raise StartRefused(
                "start.institution_unknown",
                f"register it first: shualian verifier institutions register {institution} NAME",
            )
        gallery = open_gallery(conn, keyring, institution, engine.pack)
        return gallery, demo


def _mode(settings: Settings) -> Literal["central", "on_device"]:
    if settings.mode is None:
        raise SettingsRefused("settings.mode_missing", "SHUALIAN_MODE must be said")
    return settings.mode
