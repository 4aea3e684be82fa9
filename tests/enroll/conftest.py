"""A real gallery, the real default pack, and the sample picture's people as photos in a folder."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest

from codes.id_number import check_digit
from enroll.importing import Import
from enroll.photos import PhotoFolder
from enroll.rules import EnrollSettings, EnrolRules
from enroll.service import Enroller
from models.engine import FaceEngine, load_engine
from models.fetch import fetch
from models.types import Image
from tests.verifier.calibrated import calibration_with_floor
from tests.verifier.fixtures import conn, database, institution, keyring
from verifier.identity import galleries
from verifier.identity.galleries import Gallery
from verifier.policy.load import load_policy
from verifier.policy.models import Policy
from verifier.store.database import Database
from verifier.trust.keys import KeyRing

__all__ = ["conn", "database", "institution", "keyring"]

MARGIN = 0.45


@dataclass(frozen=True)
class Invented:
    """An invented person, in a region that no province has."""

    number: str
    name: str


PEOPLE = (
    Invented("990101198203120019", "张甲"),
    Invented("990101199011050022", "李乙"),
    Invented("990101197507230036", "王丙"),
    Invented("990101198809140049", "赵丁"),
    Invented("99010119651201005X", "欧阳戊"),
    Invented("990101199404280064", "周己"),
)


@pytest.fixture(scope="session")
def engine() -> FaceEngine:
    """The default pack."""
    fetch()
    return load_engine()


@pytest.fixture(scope="session")
def portraits(engine: FaceEngine, sample_picture: Path) -> list[Image]:
    """Six people, left to right, uint8 BGR."""
    picture = np.asarray(cv2.imread(str(sample_picture)), np.uint8)
    height, width = picture.shape[:2]
    found: list[Image] = []
    for face in sorted(engine.detect(picture), key=lambda face: face.box[0]):
        x, y, w, h = face.box
        left, top = int(max(0, x - MARGIN * w)), int(max(0, y - MARGIN * h))
        right, bottom = int(min(width, x + (1 + MARGIN) * w)), int(min(height, y + 1.45 * h))
        found.append(np.ascontiguousarray(picture[top:bottom, left:right]))
    return found


@pytest.fixture(scope="session")
def photo_bytes(portraits: list[Image]) -> list[bytes]:
    """The same, as JPEG files."""
    return [jpeg(portrait) for portrait in portraits]


@pytest.fixture
def photos(tmp_path: Path, photo_bytes: list[bytes]) -> Path:
    """A folder with `0.jpg` … `5.jpg`."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for index, data in enumerate(photo_bytes):
        (folder / f"{index}.jpg").write_bytes(data)
    return folder


@pytest.fixture
def gallery(database: Database, keyring: KeyRing, institution: str, engine: FaceEngine) -> Gallery:
    """The institution's gallery for the real pack."""
    with database.app.begin() as conn:
        return galleries.open_gallery(conn, keyring, institution, engine.pack)


@pytest.fixture
def rules() -> EnrolRules:
    """Invented cosines: one person from 0.32, duplicates from 0.39 or 0.46."""
    return EnrolRules(calibration_with_floor(3 / 300_000), EnrollSettings())


@pytest.fixture
def enroller(database: Database, keyring: KeyRing, gallery: Gallery, rules: EnrolRules) -> Enroller:
    """The institution's enrolment."""
    return Enroller(database.app, keyring, gallery, rules)


@pytest.fixture(scope="session")
def policy() -> Policy:
    """The policy that ships."""
    return load_policy().policy


@pytest.fixture
def importing(enroller: Enroller, engine: FaceEngine, photos: Path, policy: Policy) -> Import:
    """An import of that folder."""
    return Import(enroller, engine, PhotoFolder(photos), policy)


def born(day: str) -> str:
    """A number of somebody born on this day."""
    return f"990101{day}001{check_digit(f'990101{day}001')}"


def jpeg(image: Image, quality: int = 92) -> bytes:
    """A JPEG file."""
    done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done
    return data.tobytes()


HEADER = "number,name,photo,consent,notice_version,consented_at"


def line_of(person: Invented, photo: str, **changed: str) -> str:
    """One good row, with what is changed."""
    cells = {
        "number": person.number,
        "name": person.name,
        "photo": photo,
        "consent": "单独同意",
        "notice_version": "2025-11",
        "consented_at": "2025-11-03 09:30",
        **changed,
    }
    return ",".join(cells.values())


def table_of(*lines: str) -> bytes:
    """A table in UTF-8."""
    return "\r\n".join([HEADER, *lines, ""]).encode()
