"""A whole verifier for tests of its logic: real PostgreSQL, real keys, real HTTP messages.

Only the embedder is small and its own: `PatchEmbedder` turns pixels to vectors without a network,
so that a test can make as many distinct faces as it needs. Tests with the real models are in
`test_claims_by_real_models`.
"""

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import cv2
import httpx
import numpy as np
import time_machine
from joserfc.jwk import OKPKey

from codes import id_number
from models.types import Crops, Floats, Image, PackInfo
from verifier.api.app import create_app
from verifier.api.site import Dependencies, Site
from verifier.identity import consents, people, templates
from verifier.identity.galleries import Gallery
from verifier.matching.search import ExactSearch
from verifier.policy.load import load_policy, shipped
from verifier.protocol.challenge import Challenge, authorization
from verifier.protocol.claim import (
    Capture,
    Claim,
    CredentialReading,
    Crop,
    Evidence,
    LegalBasis,
    Narrowing,
    claim_hash,
    pack_vector,
)
from verifier.protocol.decision import ClaimAnswer
from verifier.protocol.values import Consent, b64url, new_id
from verifier.store.database import Database
from verifier.trust import terminals
from verifier.trust.keys import KeyRing

from ..calibrated import calibration_with_floor
from ..fixtures import INSTITUTION, PACK
from .local_http import LocalHttp

NOTICE = "2025-11"
STAFF_NOTICE = "staff-2026-11"
NOT_RECORDED = (
    "auth.", "challenge.spent", "challenge.superseded", "challenge.unknown", "claim.in_progress",
    "claim.malformed", "claim.signature_invalid", "claim.undecided", "request.", "terminal.",
    "ticket.invalid", "verifier.",
)  # fmt: skip
PURPOSES = ["outpatient_registration", "settlement", "dispensing", "admission"]


class PatchEmbedder:
    """8 x 16 grey patches, centred and scaled: 128 numbers that follow the pixels."""

    def __init__(self, pack: PackInfo = PACK) -> None:
        self.pack = pack
        self.calls = 0

    def embed(self, crops: Crops, mirror: bool = False) -> Floats:
        """Unit rows, float32 (N, 128)."""
        self.calls += 1
        rows = np.stack([_patches(crop) for crop in crops])
        if mirror:
            rows = rows + np.stack([_patches(crop[:, ::-1]) for crop in crops])
            rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        return rows.astype(np.float32)


def _patches(crop: Image) -> Floats:
    grey = crop.astype(np.float32).mean(axis=2)
    small = cv2.resize(grey, (8, 16), interpolation=cv2.INTER_AREA).ravel()
    small -= small.mean()
    return np.asarray(small / np.linalg.norm(small), np.float32)


@dataclass(frozen=True)
class Face:
    """Somebody's face: a pattern of blocks, symmetric as faces are, with fresh noise each time."""

    seed: int

    def crop(self) -> Image:
        """uint8 (112, 112, 3); never the same pixels twice."""
        half = np.random.default_rng(self.seed).integers(40, 216, (16, 4)).astype(np.uint8)
        blocks = np.concatenate([half, half[:, ::-1]], axis=1)
        picture = cv2.resize(blocks, (112, 112), interpolation=cv2.INTER_NEAREST).astype(np.float32)
        noise = np.random.default_rng(secrets.randbits(64)).normal(0, 6, (112, 112, 3))
        return np.clip(picture[..., None] + noise, 0, 255).astype(np.uint8)


@dataclass(frozen=True)
class Person:
    """An invented person: number, name, face."""

    number: str
    name: str
    face: Face


def invent(seed: int, name: str = "张三") -> Person:
    """Somebody born in 1980 in a region that is assigned to nobody."""
    first = f"990101198001{seed % 28 + 1:02d}{seed % 1000:03d}"
    return Person(first + id_number.check_digit(first), name, Face(seed))


def same_last_four(person: Person, name: str, face: Face) -> Person:
    """Somebody else whose number ends as this person's does."""
    for days in range(1, 365):
        birth = date(1981, 1, 1) + timedelta(days)
        first = f"990101{birth:%Y%m%d}{person.number[14:17]}"
        if id_number.check_digit(first) == person.number[17]:
            return Person(first + person.number[17], name, face)
    raise ValueError("no such number")


class Clock:
    """The verifier's time, which a test may move."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass
class Terminal:
    """A terminal's side of the protocol, as plain as can be."""

    id: str
    key: OKPKey
    http: LocalHttp
    counter: int = 0
    previous: str | None = None
    clock_ahead: timedelta = timedelta()
    institution: str = INSTITUTION

    def ask(self, purpose: str = "settlement", visit: str | None = None) -> httpx.Response:
        """`POST /v1/challenges`."""
        body = f'{{"purpose":"{purpose}","visit":"{visit or new_id()}"}}'.encode()
        return self.post("/v1/challenges", body)

    def challenge(self, purpose: str = "settlement", visit: str | None = None) -> Challenge:
        """A fresh challenge."""
        answer = self.ask(purpose, visit)
        assert answer.status_code == 200, answer.text
        return Challenge.model_validate_json(answer.content)

    def post(self, path: str, body: bytes) -> httpx.Response:
        """A request with a proof of its own."""
        return self.http.post(path, content=body, headers=self.proof("POST", path, body))

    def get(self, path: str) -> httpx.Response:
        """A request with a proof of its own."""
        return self.http.get(path, headers=self.proof("GET", path, b""))

    def proof(self, method: str, path: str, body: bytes) -> dict[str, str]:
        """The header of one request."""
        with time_machine.travel(datetime.now(UTC) + self.clock_ahead, tick=True):
            header = authorization(self.id, self.key, method, path, body)
        return {"authorization": header, "content-type": "application/json"}

    def sign(self, challenge: Challenge, evidence: Evidence | str, **changes: Any) -> str:
        """A signed claim over the challenge; `changes` replace its fields."""
        self.counter += 1
        sealed = evidence if isinstance(evidence, str) else seal(evidence, challenge)
        said: dict[str, Any] = {
            "aud": self.institution,
            "terminal": self.id,
            "challenge": challenge.challenge,
            "visit": challenge.visit,
            "purpose": challenge.purpose,
            "mode": "central",
            "counter": self.counter,
            "previous": self.previous,
            "created_at": datetime.now(UTC) + self.clock_ahead,
            "legal_basis": basis(notice=challenge.notice_version),
            "evidence": sealed,
        }
        return Claim(**(said | changes)).signed(self.key)

    def send(self, compact: str) -> httpx.Response:
        """`POST /v1/claims`. What is recorded of it is what the next claim names."""
        answer = self.http.post(
            "/v1/claims", content=compact.encode(), headers={"content-type": "application/jose"}
        )
        if answer.status_code == 200 or not str(answer.json()["code"]).startswith(NOT_RECORDED):
            self.previous = claim_hash(compact)
        return answer

    def copy(self) -> "Terminal":
        """A thief's copy of the key and of the chain, as they are now."""
        return replace(self)

    def decide(
        self, evidence: Evidence, purpose: str = "settlement", **changes: Any
    ) -> ClaimAnswer:
        """One visit from challenge to answer."""
        compact = self.sign(self.challenge(purpose), evidence, **changes)
        answer = self.send(compact)
        assert answer.status_code == 200, answer.text
        given = ClaimAnswer.model_validate_json(answer.content)
        assert given.decision.claim_digest == claim_hash(compact)
        return given

    def refused(self, evidence: Evidence | str, purpose: str = "settlement", **changes: Any) -> str:
        """The code with which one visit is refused."""
        answer = self.send(self.sign(self.challenge(purpose), evidence, **changes))
        assert answer.status_code >= 400, answer.text
        return str(answer.json()["code"])


@dataclass
class Hospital:
    """A running verifier of the demo institution, and what a test does around it."""

    database: Database
    keyring: KeyRing
    gallery: Gallery
    embedder: PatchEmbedder
    clock: Clock
    site: Site
    http: LocalHttp
    made: list[Terminal] = field(default_factory=list)

    def terminal(self, purposes: list[str] | None = None) -> Terminal:
        """A registered terminal."""
        key = OKPKey.generate_key("Ed25519")
        with self.database.app.begin() as conn:
            name = terminals.register(
                conn,
                INSTITUTION,
                "outpatient hall",
                "kiosk",
                key.as_dict(private=False),
                purposes or PURPOSES,
            )
        self.made.append(Terminal(name, key, self.http))
        return self.made[-1]

    def register(self, person: Person) -> str:
        """The person, without a face."""
        with self.database.app.begin() as conn:
            return people.register_person(
                conn, self.keyring, INSTITUTION, number=person.number, name=person.name
            )

    def enrol(self, person: Person) -> str:
        """The person with a face, under a separate consent."""
        known = self.register(person)
        with self.database.app.begin() as conn:
            consent = consents.record(
                conn,
                INSTITUTION,
                known,
                kind=Consent.SEPARATE,
                notice_version=NOTICE,
                given_at=datetime.now(UTC),
                evidence="form 1",
            )
            crops = np.stack([person.face.crop() for _ in range(3)])
            vectors = self.embedder.embed(crops, mirror=True)
            templates.enrol(conn, self.keyring, self.gallery, known, consent, vectors, 0.9)
        return known

    def count(self, table: str, where: str = "true") -> int:
        """Rows of a table."""
        with self.database.app.connect() as conn:
            return int(
                conn.exec_driver_sql(f"SELECT count(*) FROM {table} WHERE {where}").scalar_one()
            )


def basis(consent: Consent = Consent.SEPARATE, notice: str = NOTICE) -> LegalBasis:
    """What the person chose."""
    return LegalBasis(notice_version=notice, consent=consent, touched_at=datetime.now(UTC))


NO_FACE = Consent.NO_FACE


def _child() -> Person:
    birth = datetime.now(UTC) - timedelta(days=365 * 6)
    first = f"990101{birth:%Y%m%d}101"
    return Person(first + id_number.check_digit(first), "小明", Face(6))


CHILD = _child()
"""Six years old."""


def card(person: Person, **changes: Any) -> CredentialReading:
    """The person's own ID card, read by a SAM reader."""
    fields = {
        "name": person.name,
        "number": person.number,
        "valid_to": "long_term",
        "layout": "citizen",
    }
    said: dict[str, Any] = {
        "kind": "resident_id",
        "fields": fields | changes.pop("fields", {}),
        "device": "sam",
        "read_at": datetime.now(UTC),
        "authenticated": True,
        "simulated": False,
    }
    return CredentialReading(**(said | changes))


def capture(face: Face, crops: int = 1, **changes: Any) -> Capture:
    """A fresh look into the camera by an honest terminal."""
    pictures = [face.crop() for _ in range(crops)]
    said: dict[str, Any] = {
        "pack": PACK.name,
        "pack_digest": PACK.digest,
        "camera": "cam",
        "simulated": False,
        "captured_at": datetime.now(UTC),
        "crops": [crop_of(picture) for picture in pictures],
    }
    return Capture(**(said | changes))


def crop_of(picture: Image, claimed: Image | None = None) -> Crop:
    """A crop with its own embedding, or with that of another picture."""
    vector = PatchEmbedder().embed((picture if claimed is None else claimed)[None])[0]
    return Crop(png=png(picture), embedding=pack_vector(vector.tolist()), quality=0.9)


def png(picture: Image) -> str:
    """Lossless, base64url."""
    done, data = cv2.imencode(".png", picture)
    assert done
    return b64url(data.tobytes())


def visit_of(person: Person, face: Face | None = None) -> Evidence:
    """Own card, own face unless another is given."""
    return Evidence(reading=card(person), capture=capture(face or person.face))


def faceless(person: Person) -> Evidence:
    """Own card, no face."""
    return Evidence(reading=card(person))


def without_card(face: Face, last_four: str | None) -> Evidence:
    """A face, and the last four characters or nothing."""
    narrowing = Narrowing(last_four=last_four) if last_four else None
    return Evidence(narrowing=narrowing, capture=capture(face))


def seal(evidence: Evidence, challenge: Challenge) -> str:
    """Sealed to the key that the challenge names."""
    return evidence.sealed(OKPKey.import_key({**challenge.seal_key}))


@contextmanager
def open_hospital(
    database: Database, keyring: KeyRing, gallery: Gallery, **changes: Any
) -> Iterator[Hospital]:
    """A verifier on these parts; `changes` replace fields of its `Dependencies`."""
    clock, embedder = Clock(), PatchEmbedder()
    said: dict[str, Any] = {
        "engine": database.app,
        "keyring": keyring,
        "policy": load_policy(shipped("demo")),
        "calibration": calibration_with_floor(1e-5, PACK.name),
        "embedder": embedder,
        "gallery": gallery,
        "search": ExactSearch(gallery.dim),
        "institution": INSTITUTION,
        "demo": True,
        "mode": "central",
        "notice_version": NOTICE,
        "clock": clock,
    }
    app = create_app(Dependencies(**(said | changes)))
    before = set(threading.enumerate())
    with LocalHttp(app) as http:
        yield Hospital(
            database, keyring, gallery, (said | changes)["embedder"], clock, app.state.site, http
        )
    left = {thread.name for thread in set(threading.enumerate()) - before}
    assert not left & {"sealer", "housekeeper"}, "would go on in the next test's database"
