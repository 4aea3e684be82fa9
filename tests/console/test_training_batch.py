"""A batch of training with the real models: it runs over the ground alone."""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import cv2
import pytest

from console.app import mount
from enroll.batch.threads import Threads
from models.engine import FaceEngine
from models.types import Image
from tests.enroll.batches import packed
from tests.enroll.conftest import engine, portraits
from tests.verifier.calibrated import calibration_with_floor
from tests.verifier.serving.hospital import Hospital, open_hospital
from tests.verifier.serving.staff import member
from verifier.identity import galleries
from verifier.identity.galleries import Gallery
from verifier.store.database import Database
from verifier.trust.accounts.roles import Role
from verifier.trust.keys import KeyRing

from .desk import Desk, leads_to
from .test_training import (
    BATCHES,
    OWN,
    TRAINING,
    at,
    begin,
    everything,
    folder,
    handed_over,
    leave,
)

__all__ = ["engine", "folder", "portraits"]


@pytest.fixture
def gallery(database: Database, keyring: KeyRing, institution: str, engine: FaceEngine) -> Gallery:
    """The institution's gallery for the real pack."""
    with database.app.begin() as conn:
        return galleries.open_gallery(conn, keyring, institution, engine.pack)


@pytest.fixture
def hospital(
    database: Database, keyring: KeyRing, gallery: Gallery, engine: FaceEngine, folder: Path
) -> Iterator[Hospital]:
    """A hospital with a folder and the real models."""
    calibration = calibration_with_floor(3 / 300_000)
    said = {"embedder": engine, "calibration": calibration, "data": folder}
    with open_hospital(database, keyring, gallery, **said) as opened:
        mount(opened.http.app, opened.site)
        yield opened
        opened.http.app.state.grounds.close()


def run(hospital: Hospital, desk: Desk, photos: bytes) -> Counter[str]:
    """The table of training with these photos, to its end; how many of each outcome and reason."""
    table = desk.get(f"{TRAINING}/files/table.csv").content
    batch = handed_over(desk, table, photos)
    assert leads_to(desk.post(f"{batch}/look", BATCHES)) == batch
    assert leads_to(desk.post(f"{batch}/start", BATCHES)) == batch
    at_work = hospital.http.app.state.grounds._ground.batches
    assert isinstance(at_work, Threads)
    at_work.wait()
    report = desk.get(f"{batch}/report?kind=csv").content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(report)))[1:]
    return Counter(" ".join((row[1].split()[-1], row[2])).strip() for row in rows)


def test_a_batch_is_practised_and_no_row_of_the_hospital_changes(
    hospital: Hospital, portraits: list[Image]
) -> None:
    desk = at(hospital, member(hospital, "e0001", Role.ENROLMENT_CLERK))
    before = everything(hospital)
    begin(desk)
    drawn = run(hospital, desk, desk.get(f"{TRAINING}/files/photos.zip").content)
    assert drawn == {"refused quality.no_face": 15, "refused photo_not_found": 1}
    own = cv2.imencode(".png", portraits[2])[1].tobytes()
    with_own = run(hospital, desk, packed([("01.png", own)]))
    assert with_own["enrolled"] == 1, with_own
    leave(desk)
    after = everything(hospital)
    assert {name for name in before if before[name] != after[name]} <= OWN
    hospital.site.housekeeper.follow()
    assert len(hospital.site.gallery) == 0
