"""The demo's probes: another rendering than the enrolled picture, and still the same person."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from devices.camera.simulated import SimulatedCamera
from models.engine import FaceEngine
from models.quality_measures import eye_distance
from models.types import Face, Floats, Image, largest
from shualian.demo import head, rendering, sample
from shualian.demo.controls import FRAME_SIZE
from shualian.demo.sample import SamplePerson, settled_landmarks

FRAMES = 8
FMR = 1e-4
"""The policy's false match rate for registration."""
PEOPLE = range(len(sample.INVENTED))


@pytest.fixture(scope="module")
def templates(engine: FaceEngine, people: tuple[SamplePerson, ...]) -> Floats:
    """What enrolment makes of the photos: one face each, mirror averaged."""
    crops = []
    for person in people:
        photo = person.photo()
        face = largest(engine.detect(photo))
        assert face is not None
        crops.append(engine.align(photo, face))
    return engine.embed(np.stack(crops), mirror=True)


@pytest.fixture(scope="module")
def frames(people: tuple[SamplePerson, ...]) -> list[list[Image]]:
    """What the demo's camera shows of each person, by place."""
    seen: list[list[Image]] = [[] for _ in people]
    for seed in range(FRAMES):  # each camera sees another moment of everybody's sway
        with SimulatedCamera(FRAME_SIZE, fps=1000, seed=seed) as camera:
            for shown, person in zip(seen, people, strict=True):
                camera.show(person.portrait)
                shown.append(camera.read(2.0).image)
    return seen


@pytest.fixture(scope="module")
def scores(engine: FaceEngine, templates: Floats, frames: list[list[Image]]) -> NDArray[np.float32]:
    """Cosine of each person's frames (rows, by place) with each person's template."""
    crops = [engine.align(image, one_face(engine, image)) for shown in frames for image in shown]
    return (engine.embed(np.stack(crops)) @ templates.T).reshape(len(frames), FRAMES, -1)


def one_face(engine: FaceEngine, image: Image) -> Face:
    faces = engine.detect(image)
    assert len(faces) == 1
    return faces[0]


@pytest.mark.parametrize("place", PEOPLE)
def test_a_probe_is_turned_by_fifteen_degrees_or_more(
    people: tuple[SamplePerson, ...], place: int
) -> None:
    person = people[place]
    between = person.cutout.pose.rotation @ without_roll(person).T
    angle = np.degrees(np.arccos((np.trace(between) - 1) / 2))
    assert angle >= 15


def without_roll(person: SamplePerson) -> NDArray[np.float64]:
    """The pose of the sample picture, with the roll that the probe has."""
    return head.rotation(person.pose.yaw, person.pose.pitch, person.cutout.pose.roll)


@pytest.mark.parametrize("place", PEOPLE)
def test_the_landmarks_that_a_detector_finds_on_a_probe_turn_by_fifteen_degrees_or_more(
    engine: FaceEngine,
    people: tuple[SamplePerson, ...],
    frames: list[list[Image]],
    place: int,
) -> None:
    yaws = [
        head.estimate_pose(settled_landmarks(engine, image, one_face(engine, image))).yaw
        for image in frames[place]
    ]
    assert abs(np.degrees(np.mean(yaws) - people[place].pose.yaw)) >= 15


@pytest.mark.parametrize("place", PEOPLE)
def test_a_probe_has_at_most_half_the_pixels_of_the_enrolment_photo_per_side(
    engine: FaceEngine, people: tuple[SamplePerson, ...], place: int
) -> None:
    person = people[place]
    assert person.cutout.pose.scale <= person.pose.scale / 2
    photo, probe = person.photo(), on_grey(person)
    enrolled = eye_distance(settled_landmarks(engine, photo, one_face(engine, photo)))
    assert eye_distance(settled_landmarks(engine, probe, one_face(engine, probe))) <= enrolled * 0.6


def on_grey(person: SamplePerson) -> Image:
    """The probe on an even ground."""
    canvas = np.full((360, 480, 3), 150, np.uint8)
    cutout = person.cutout
    height, width = cutout.alpha.shape
    alpha = cutout.alpha[..., None]
    place = canvas[360 - height :, 100 : 100 + width]
    place[:] = (cutout.picture * alpha + place * (1 - alpha)).round()
    return canvas


@pytest.mark.parametrize("place", PEOPLE)
def test_a_probe_is_not_the_enrolled_picture_made_smaller(
    engine: FaceEngine, people: tuple[SamplePerson, ...], frames: list[list[Image]], place: int
) -> None:
    photo = people[place].photo()
    enrolled = grey(engine.align(photo, one_face(engine, photo)))
    shown = grey(engine.align(frames[place][0], one_face(engine, frames[place][0])))
    enrolled = cv2.resize(cv2.resize(enrolled, (56, 56)), (112, 112))
    assert np.abs(enrolled - shown).mean() > 12
    assert np.corrcoef(enrolled.ravel(), shown.ravel())[0, 1] < 0.95


def grey(crop: Image) -> NDArray[np.float32]:
    return cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY).astype(np.float32)


@pytest.mark.parametrize("place", PEOPLE)
def test_the_quality_gate_lets_a_probe_pass_as_the_camera_shows_it(
    engine: FaceEngine, frames: list[list[Image]], place: int
) -> None:
    passed = [engine.observe(image).quality for image in frames[place]]
    assert sum(quality is not None and quality.ok for quality in passed) >= FRAMES - 1


@pytest.fixture(scope="module")
def threshold(engine: FaceEngine) -> float:
    """Cosine at which the policy's rate is met."""
    assert engine.calibration is not None
    return engine.calibration.threshold(FMR).cosine


@pytest.mark.parametrize("place", PEOPLE)
def test_a_probe_is_its_own_person_by_a_wide_margin_in_every_frame(
    scores: NDArray[np.float32], threshold: float, place: int
) -> None:
    assert scores[place, :, place].min() > threshold + 0.1


@pytest.mark.parametrize("place", PEOPLE)
def test_a_probe_is_nobody_else_who_is_enrolled_by_a_margin_in_every_frame(
    scores: NDArray[np.float32], threshold: float, place: int
) -> None:
    others = [i for i in PEOPLE if i != place and sample.INVENTED[i].enrolled]
    assert scores[place][:, others].max() < threshold - 0.02


def test_two_frames_of_a_probe_never_have_the_same_pixels(
    engine: FaceEngine, frames: list[list[Image]]
) -> None:
    crops = {engine.align(image, one_face(engine, image)).tobytes() for image in frames[0]}
    assert len(crops) == FRAMES


def test_the_same_person_is_always_rendered_alike(
    engine: FaceEngine, people: tuple[SamplePerson, ...]
) -> None:
    again = sample.load(engine)[2].cutout
    assert np.array_equal(again.picture, people[2].cutout.picture)


def test_the_matte_holds_no_neighbour(people: tuple[SamplePerson, ...]) -> None:
    for person in people:
        alpha = person.cutout.alpha
        rows = alpha[: alpha.shape[0] // 2]
        assert rows[:, :4].max() < 0.05
        assert rows[:, -4:].max() < 0.05
        assert rows[:2].max() < 0.3


def test_a_silhouette_is_drawn_without_a_face(engine: FaceEngine) -> None:
    drawn = rendering.silhouette(240)
    assert drawn.face_height == 240
    assert 0.2 < drawn.mask.mean() < 0.9
    with SimulatedCamera(fps=1000, seed=1) as camera:
        camera.show(drawn)
        assert engine.detect(camera.read(2.0).image) == []
