"""Who the demo's people are, and that nothing of their picture is kept."""

import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from codes import id_number
from codes.regions import UNASSIGNED_REGION, province_of
from models.engine import FaceEngine
from shualian.demo import sample
from shualian.demo.errors import SampleMissing, SampleUnreadable
from shualian.demo.sample import INVENTED, SamplePerson


def test_every_number_is_valid_and_lies_in_a_region_that_no_province_has() -> None:
    for invented in INVENTED:
        parsed = id_number.parse(invented.number)
        assert parsed.region == UNASSIGNED_REGION
        assert province_of(parsed.region) is None


def test_everybody_is_grown_up_so_that_a_face_may_be_used() -> None:
    ages = [id_number.parse(person.number).age_on(date(2025, 11, 3)) for person in INVENTED]
    assert min(ages) >= 18


def test_no_two_people_share_the_last_four_characters() -> None:
    assert len({person.number[-4:] for person in INVENTED}) == len(INVENTED)


def test_just_one_of_them_is_a_stranger() -> None:
    assert [person.id for person in INVENTED if not person.enrolled] == ["chen"]


def test_a_card_says_what_the_number_says(people: tuple[SamplePerson, ...]) -> None:
    for person in people:
        assert person.card.number == person.invented.number
        assert person.card.name == person.invented.name
        assert person.card.is_valid_on(datetime.now(UTC).date())


def test_people_stand_from_left_to_right_and_each_photo_shows_one_of_them(
    engine: FaceEngine, people: tuple[SamplePerson, ...]
) -> None:
    assert [person.invented for person in people] == list(INVENTED)
    origins = [person.pose.origin[0] for person in people]
    assert origins == sorted(origins)
    for person in people:
        assert len(engine.detect(person.photo())) == 1


def test_an_enrolment_photo_has_the_sample_pictures_own_pixels(
    people: tuple[SamplePerson, ...], sample_picture: Path
) -> None:
    whole = cv2.imread(str(sample_picture))
    assert whole is not None
    for person in people:
        photo = person.photo()
        _, _, (x, y), _ = cv2.minMaxLoc(cv2.matchTemplate(whole, photo, cv2.TM_SQDIFF))
        assert np.array_equal(whole[y : y + photo.shape[0], x : x + photo.shape[1]], photo)
        decoded = cv2.imdecode(np.frombuffer(person.photo_png(), np.uint8), cv2.IMREAD_COLOR)
        assert np.array_equal(decoded, photo)


def test_the_quality_gate_lets_everybody_enrol_whom_the_demo_enrols(
    engine: FaceEngine, people: tuple[SamplePerson, ...]
) -> None:
    for person in people:
        quality = engine.observe(person.photo()).quality
        assert quality is not None
        assert quality.ok or not person.enrolled


def test_the_picture_is_found_without_importing_its_package() -> None:
    program = (
        "import sys; from shualian.demo import sample; assert sample.find_picture().is_file(); "
        "assert 'insightface' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_without_the_package_the_demo_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "insightface", None)
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.setattr(sys, "meta_path", [])
    with pytest.raises(SampleMissing, match="insightface") as raised:
        sample.find_picture()
    assert raised.value.code == "demo.sample_missing"


def test_another_picture_is_refused(engine: FaceEngine, tmp_path: Path) -> None:
    grey = tmp_path / "grey.png"
    cv2.imwrite(str(grey), np.full((400, 600, 3), 127, np.uint8))
    with pytest.raises(SampleUnreadable, match="0 faces"):
        sample.load(engine, grey)
    grey.write_bytes(b"no picture")
    with pytest.raises(SampleUnreadable, match="decoded"):
        sample.load(engine, grey)


def test_a_person_shows_no_pixels_in_its_repr(people: tuple[SamplePerson, ...]) -> None:
    assert "array" not in repr(people[0])
