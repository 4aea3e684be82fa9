"""What the claims benchmark is played on: a hospital in a new folder, and claims prepared ahead.

Faces come from the insightface package's sample picture at run time. Every prepared crop differs
from every other in the lowest bit of some pixels, so that none is refused as seen before.
"""

import hashlib
import importlib.util
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
from joserfc.jwk import OKPKey

from codes import id_number
from models.engine import FaceEngine
from models.types import Crops, Floats, Image, PackInfo
from verifier.identity import consents, institutions, people, templates
from verifier.identity.galleries import open_gallery
from verifier.protocol.claim import Capture, CredentialReading, Crop, Evidence, pack_vector
from verifier.protocol.values import Consent, b64url
from verifier.settings import Settings
from verifier.store.database import open_database
from verifier.trust import terminals
from verifier.trust.keys import KeyRing

INSTITUTION = "H99990000001"
PURPOSE = "settlement"
NOTICE = "2025-11"


@dataclass(frozen=True, eq=False)
class Person:
    """An invented person with a face of the sample picture."""

    number: str
    name: str
    crop: Image
    embedding: Floats


def settings(folder: Path) -> Settings:
    """A verifier's settings on this folder."""
    pia = folder / "pia.txt"
    pia.write_text("An impact assessment stands here in a hospital.\n")
    return Settings(
        data=folder, institution=INSTITUTION, port=0, mode="central", pia=pia, notice_version=NOTICE
    )


def sample_people(engine: FaceEngine) -> list[Person]:
    """Everyone in the sample picture, with an invented number."""
    spec = importlib.util.find_spec("insightface")
    if spec is None or spec.origin is None:
        raise SystemExit("the benchmark needs the insightface package's sample picture")
    picture = cv2.imread(str(Path(spec.origin).parent / "data" / "images" / "t1.jpg"))
    found = []
    for index, face in enumerate(engine.detect(picture)):
        first = f"9901011980010{index + 1}{index:03d}"
        crop = engine.align(picture, face)
        number = first + id_number.check_digit(first)
        found.append(Person(number, f"样本{index}", crop, engine.embed(crop[None])[0]))
    return found


def furnish(said: Settings, pack: PackInfo, everyone: Sequence[Person]) -> KeyRing:
    """Institution, gallery and enrolled people."""
    keyring = KeyRing.load_or_create(said.keys)
    with open_database(said) as database:
        database.migrate()
        with database.app.begin() as conn:
            institutions.ensure(conn, INSTITUTION, "benchmark", demo=True)
            gallery = open_gallery(conn, keyring, INSTITUTION, pack)
            for someone in everyone:
                person = people.register_person(
                    conn, keyring, INSTITUTION, number=someone.number, name=someone.name
                )
                consent = consents.record(
                    conn,
                    INSTITUTION,
                    person,
                    kind=Consent.SEPARATE,
                    notice_version=NOTICE,
                    given_at=datetime.now(UTC),
                    evidence="benchmark",
                )
                sample = someone.embedding[None]
                templates.enrol(conn, keyring, gallery, person, consent, sample, 0.9)
    return keyring


def register_terminals(said: Settings, count: int) -> list[tuple[str, OKPKey]]:
    """So many terminals with their keys."""
    keys = [OKPKey.generate_key("Ed25519") for _ in range(count)]
    with open_database(said) as database, database.app.begin() as conn:
        return [
            (
                terminals.register(
                    conn, INSTITUTION, "hall", f"t{n}", key.as_dict(private=False), [PURPOSE]
                ),
                key,
            )
            for n, key in enumerate(keys)
        ]


@dataclass(frozen=True)
class Prepared:
    """Sealed evidence, and the digest of its crop with whose embedding it is."""

    sealed: str
    crop_sha256: bytes
    person: int


def prepare(
    everyone: Sequence[Person], pack: PackInfo, keyring: KeyRing, count: int, seed: int
) -> Iterator[Prepared]:
    """Evidence of a card and one crop, as a terminal sends it."""
    random = np.random.default_rng(seed)
    recipient = OKPKey.import_key(keyring.seal_key.as_dict(private=False))
    for index in range(count):
        number = index % len(everyone)
        crop = _another(everyone[number].crop, random)
        sealed = _evidence(everyone[number], crop, pack).sealed(recipient)
        yield Prepared(sealed, hashlib.sha256(crop.tobytes()).digest(), number)


def _another(crop: Image, random: np.random.Generator) -> Image:
    flips = (random.random(crop.shape) < 0.05).astype(np.uint8)
    return np.asarray(crop ^ flips, np.uint8)


def _evidence(someone: Person, crop: Image, pack: PackInfo) -> Evidence:
    done, png = cv2.imencode(".png", crop)
    assert done
    now = datetime.now(UTC)
    return Evidence(
        reading=CredentialReading(
            kind="resident_id",
            fields={
                "name": someone.name,
                "number": someone.number,
                "valid_to": "long_term",
                "layout": "citizen",
            },
            device="sam",
            read_at=now,
            authenticated=True,
            simulated=True,
        ),
        capture=Capture(
            pack=pack.name,
            pack_digest=pack.digest,
            camera="simulated",
            simulated=True,
            captured_at=now,
            crops=[
                Crop(
                    png=b64url(png.tobytes()),
                    embedding=pack_vector(someone.embedding.tolist()),
                    quality=0.9,
                )
            ],
        ),
    )


class RecordedEmbedder:
    """Answers from a table of crops that were embedded before; knows no others."""

    def __init__(self, pack: PackInfo, table: dict[bytes, int], embeddings: Floats) -> None:
        self.pack = pack
        self._table = table
        self._embeddings = embeddings

    def embed(self, crops: Crops, mirror: bool = False) -> Floats:  # noqa: ARG002
        """The recorded rows."""
        rows = [self._table[hashlib.sha256(crop.tobytes()).digest()] for crop in crops]
        return self._embeddings[rows]
