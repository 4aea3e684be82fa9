"""A phone's frames at a bed, on the real models: one face, one comparison, no picture kept."""

from collections.abc import Iterator
from datetime import UTC, datetime

import cv2
import httpx
import numpy as np
import pytest

from models.engine import FaceEngine
from models.types import Image
from tests.enroll.conftest import engine, portraits
from tests.verifier.fixtures import INSTITUTION
from tests.verifier.serving.hospital import Hospital, invent
from tests.verifier.serving.inpatients import NOTICE, NURSE, PHYSICIAN, Beds, at
from tests.verifier.serving.staff import member
from verifier.identity import galleries
from verifier.identity.galleries import Gallery
from verifier.presence import faces, stays
from verifier.presence.errors import PresenceRefused
from verifier.store.database import Database
from verifier.trust.accounts.roles import Role
from verifier.trust.keys import KeyRing

from .desk import Desk, code, leads_to
from .enrolling import Camera, a_desk
from .test_ward_in_browser import enrol

__all__ = ["engine", "portraits"]
ZHANG = invent(1, "张甲")
CODES = {"wristband": "Z-1", "nurse": NURSE, "physician": PHYSICIAN}


@pytest.fixture
def gallery(database: Database, keyring: KeyRing, institution: str, engine: FaceEngine) -> Gallery:
    """The institution's gallery for the real pack."""
    with database.app.begin() as conn:
        return galleries.open_gallery(conn, keyring, institution, engine.pack)


@pytest.fixture
def hospital(
    database: Database, keyring: KeyRing, gallery: Gallery, engine: FaceEngine
) -> Iterator[Hospital]:
    with a_desk(database, keyring, gallery, engine) as opened:
        yield opened


@pytest.fixture
def bed(hospital: Hospital, engine: FaceEngine, portraits: list[Image]) -> str:
    """The address of the bed of somebody with a face, at ten o'clock."""
    beds = Beds(hospital)
    enrol(hospital, engine, ZHANG, portraits[2])
    beds.admit(ZHANG, "Z-1")
    hospital.clock.ahead = at(10) - datetime.now(UTC)
    return f"/console/ward/stays/{stays.token(hospital.keyring, INSTITUTION, 'Z-1')}"


@pytest.fixture
def nurse(hospital: Hospital, bed: str) -> Desk:
    desk = Desk(hospital)
    desk.cookies["session"] = member(hospital, "n0002", Role.WARD_NURSE).token
    return desk


def agreed(nurse: Desk, bed: str) -> None:
    leads_to(nurse.post(f"{bed}/answer", bed, answer="yes", notice=NOTICE))


def sent(nurse: Desk, bed: str, frames: list[bytes], **fields: str) -> httpx.Response:
    """As the page's script sends them."""
    said = {"form_token": nurse.token("/console")} | CODES | fields
    files = {
        f"frame{place}": ("frame.jpg", data, "image/jpeg") for place, data in enumerate(frames)
    }
    return nurse.send(f"{bed}/face", said, files=files)


def frames(portrait: Image) -> list[bytes]:
    return [Camera.frame(portrait, step) for step in range(faces.FRAMES)]


def beside(portrait: Image, other: Image, size: int) -> bytes:
    """Somebody near the camera, and somebody else behind at the side."""
    frame = cv2.imdecode(np.frombuffer(Camera.frame(portrait, 0), np.uint8), 1)
    small = cv2.resize(other, (size, int(size * other.shape[0] / other.shape[1])))
    frame[: small.shape[0], : small.shape[1]] = small
    done, data = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, 92])
    assert done
    return data.tobytes()


def test_of_several_faces_the_near_one_alone_is_cut_out(
    engine: FaceEngine, portraits: list[Image]
) -> None:
    alone = faces.seen(engine, Camera.frame(portraits[2], 0))
    both = faces.seen(engine, beside(portraits[2], portraits[3], 90))
    assert (alone.code, both.code) == ("", "")
    assert alone.crop is not None
    assert both.crop is not None
    own = engine.embed(np.stack([alone.crop, both.crop]))
    assert float(own[0] @ own[1]) > 0.95, "the same person's"


def test_two_faces_of_one_size_are_nobody_s(engine: FaceEngine, portraits: list[Image]) -> None:
    row = np.hstack([cv2.resize(each, (300, 400)) for each in (portraits[2], portraits[3])])
    done, data = cv2.imencode(".jpg", row)
    assert done
    sight = faces.seen(engine, data.tobytes())
    assert (sight.code, sight.crop) == ("many_faces", None)


def test_what_is_no_picture_is_refused(engine: FaceEngine) -> None:
    done, bomb = cv2.imencode(".png", np.zeros((1600, 1600), np.uint8))
    assert done
    for data in (b"", b"GIF89a", bomb.tobytes(), b"\xff\xd8\xff" + bytes(100)):
        with pytest.raises(PresenceRefused) as refused:
            faces.seen(engine, data)
        assert refused.value.code == "presence.face_unfit"


def test_before_the_consent_no_frame_is_taken(
    nurse: Desk, bed: str, portraits: list[Image]
) -> None:
    file = {"frame": ("frame.jpg", Camera.frame(portraits[2], 0), "image/jpeg")}
    fields = {"form_token": nurse.token(bed)}
    assert code(nurse.send(f"{bed}/frame", fields, files=file)) == "presence.no_consent"
    assert sent(nurse, bed, frames(portraits[2])).json()["code"] == "presence.no_consent"
    agreed(nurse, bed)
    assert nurse.send(f"{bed}/frame", fields, files=file).json() == {"code": ""}


def test_three_frames_tell_the_person_and_codes_are_asked_before_a_face_is_looked_at(
    hospital: Hospital, nurse: Desk, bed: str, portraits: list[Image]
) -> None:
    agreed(nurse, bed)
    wrong = sent(nurse, bed, frames(portraits[2]), wristband="Z-2")
    assert (wrong.status_code, wrong.json()["code"]) == (409, "presence.wristband_differs")
    assert "请看清床位和腕带" in wrong.json()["said"]
    assert hospital.count("seen_crops") == 0, "no face was looked at"
    assert sent(nurse, bed, frames(portraits[2])).json() == {"to": bed, "found": "face"}
    assert hospital.count("presence_looks", "found = 'face'") == 1
    assert hospital.count("seen_crops") == 3


def test_a_word_to_the_nurse_ends_a_yes_also_when_the_day_is_done(
    hospital: Hospital, nurse: Desk, bed: str, portraits: list[Image]
) -> None:
    agreed(nurse, bed)
    sent(nurse, bed, frames(portraits[2]))
    assert "本人不愿再刷脸" in nurse.get(bed).text
    assert leads_to(nurse.post(f"{bed}/answer", bed, answer="no")) == bed
    assert "本人不愿再刷脸" not in nurse.get(bed).text
    assert hospital.count("presence_answers", "answer = 'no' AND ended_at IS NULL") == 1
    assert hospital.count("presence_answers", "answer = 'yes' AND ended_at IS NOT NULL") == 1


def test_frames_that_were_judged_before_are_not_taken_again(
    hospital: Hospital, nurse: Desk, bed: str, portraits: list[Image]
) -> None:
    agreed(nurse, bed)
    one = Camera.frame(portraits[2], 0)
    assert sent(nurse, bed, [one, one, one]).json()["code"] == "presence.face_unfit"
    assert sent(nurse, bed, frames(portraits[2])).status_code == 200
    with hospital.database.app.begin() as conn:
        conn.exec_driver_sql("DELETE FROM presence_looks")
    again = sent(nurse, bed, frames(portraits[2]))
    assert again.json()["code"] == "presence.face_unfit"
    assert hospital.count("presence_looks") == 0


def test_nothing_of_a_picture_stays_in_the_store(
    hospital: Hospital, nurse: Desk, bed: str, portraits: list[Image]
) -> None:
    agreed(nurse, bed)
    sent(nurse, bed, frames(portraits[2]))
    with hospital.database.app.connect() as conn:
        for table in ("presence_looks", "presence_answers", "ledger", "seen_crops"):
            text = str(conn.exec_driver_sql(f"SELECT * FROM {table}").all())
            assert "JFIF" not in text
            assert len(text) < 20_000, table


def test_a_ward_that_is_looked_in_on_no_more_takes_no_frames(
    hospital: Hospital, nurse: Desk, bed: str, portraits: list[Image]
) -> None:
    agreed(nurse, bed)
    with hospital.database.app.begin() as conn:
        conn.exec_driver_sql("UPDATE presence_wards SET kind = 'isolation'")
    assert sent(nurse, bed, frames(portraits[2])).json()["code"] == "presence.ward"
