"""The quality gate on rendered cases: every reason is caught, clean faces pass."""

import importlib.util
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.engine import FaceEngine
from models.quality import LEAST_EYE_DISTANCE, assess
from models.types import Face, Image

from . import rendering as draw

Sitter = tuple[Image, Face]
"""A portrait and the face in it."""

Case = Callable[[Image, Face], Image]


@pytest.fixture(scope="module")
def sitters(engine: FaceEngine, sample: Image, sample_faces: list[Face]) -> list[Sitter]:
    """The sample picture's six people, each alone."""
    assert len(sample_faces) == 6
    portraits = [draw.portrait(sample, face) for face in sample_faces]
    return [(one, max(engine.detect(one), key=lambda face: face.area)) for one in portraits]


def reasons(engine: FaceEngine, frame: Image) -> tuple[str, ...]:
    quality = engine.observe(frame).quality
    assert quality is not None
    return quality.reasons


def caught(engine: FaceEngine, sitters: list[Sitter], case: Case, *expected: str) -> int:
    """On how many of the sitters the gate gives one of the expected reasons."""
    return sum(bool(set(codes) & set(expected)) for codes in judged(engine, sitters, case))


def judged(engine: FaceEngine, sitters: list[Sitter], case: Case) -> list[tuple[str, ...]]:
    """What the gate says to each sitter in a case."""
    return [reasons(engine, draw.frame_of(case(picture, face))) for picture, face in sitters]


def within(sitters: list[Sitter], degrees: float) -> list[Sitter]:
    """The sitters whose heads are turned by no more than this: 1, 13, 21, 30, 33 and 68 degrees."""
    return [one for one in sitters if measured(*one)["turn"] <= degrees]


def grey(picture: Image) -> Image:
    one = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    return np.asarray(cv2.cvtColor(one, cv2.COLOR_GRAY2BGR), np.uint8)


def test_clean_faces_pass_all_six(engine: FaceEngine, sitters: list[Sitter]) -> None:
    assert [reasons(engine, draw.frame_of(picture)) for picture, _ in sitters] == [()] * 6


def test_clean_faces_pass_in_grey(engine: FaceEngine, sitters: list[Sitter]) -> None:
    assert [reasons(engine, draw.frame_of(grey(picture))) for picture, _ in sitters] == [()] * 6


@pytest.mark.parametrize("factor", [0.55, 0.7])
def test_sharp_faces_of_half_the_size_pass(sitters: list[Sitter], factor: float) -> None:
    # With the clean picture's landmarks, so that the detector has no part in it: it does not find
    # every one of these, cut close as they are. All but the head turned to the gate's very limit.
    facing = within(sitters, 60)
    assert len(facing) == 5
    for picture, face in facing:
        far = draw.smaller(picture, factor, 0.7)
        shrunk = scaled(face, factor)
        assert assess(far, [shrunk], shrunk).reasons == ()


def scaled(face: Face, factor: float) -> Face:
    x, y, width, height = (value * factor for value in face.box)
    return Face((x, y, width, height), face.landmarks * np.float32(factor), face.score)


@pytest.mark.parametrize("degrees", [-20, -15, 15, 20])
def test_faces_turned_slightly_either_way_pass(
    engine: FaceEngine, sitters: list[Sitter], degrees: float
) -> None:
    # The relief has nothing to show where a head turned further hid its other side.
    facing = within(sitters, 32)
    assert len(facing) == 4
    seen = judged(engine, facing, lambda picture, face: draw.turned(picture, face, degrees))
    assert seen == [()] * 4


MASKS: dict[str, draw.Colour] = {
    "blue": (200, 170, 120),
    "black": (30, 30, 30),
    "white": (235, 235, 235),
    "skin": (150, 175, 215),
}


@pytest.mark.parametrize("colour", MASKS)
def test_a_painted_mask_is_caught(engine: FaceEngine, sitters: list[Sitter], colour: str) -> None:
    def masked(picture: Image, face: Face) -> Image:
        return draw.surgical_mask(picture, face, MASKS[colour])

    assert all(judged(engine, sitters, masked))
    facing = within(sitters, 60)
    assert caught(engine, facing, masked, "covered_mask", "no_face") == len(facing) == 5


@pytest.mark.parametrize("colour", ["black", "blue", "green", "white"])
def test_a_photographed_mask_is_caught(
    engine: FaceEngine, sitters: list[Sitter], colour: str
) -> None:
    texture = photographed(f"mask_{colour}.jpg")

    def masked(picture: Image, face: Face) -> Image:
        return draw.photographed_mask(picture, face, texture)

    assert caught(engine, sitters, masked, "covered_mask", "no_face") >= 5


def photographed(name: str) -> Image:
    spec = importlib.util.find_spec("insightface")
    assert spec is not None
    assert spec.origin is not None
    picture = cv2.imread(str(Path(spec.origin).parent / "data" / "images" / name))
    assert picture is not None
    return np.asarray(picture, np.uint8)


def test_dark_glasses_are_caught(engine: FaceEngine, sitters: list[Sitter]) -> None:
    assert caught(engine, sitters, draw.dark_glasses, "covered_eyes") == 6


COVERS: dict[str, Case] = {
    "dark hair over an eye": draw.hair_over_eye,
    "fair hair over an eye": lambda p, f: draw.hair_over_eye(p, f, (110, 170, 215)),
    "a bandage": draw.bandage,
    "a hand before the mouth": draw.hand_before_mouth,
}


@pytest.mark.parametrize("cover", COVERS)
def test_a_face_partly_covered_is_caught(
    engine: FaceEngine, sitters: list[Sitter], cover: str
) -> None:
    # A hand before the mouth may be named a mask: the screen's sentence does no harm. One of the
    # six stands half in profile, where the gate must be surer and lets a bandage pass.
    least = 5 if cover == "a bandage" else 6
    assert caught(engine, sitters, COVERS[cover], "covered", "covered_mask", "no_face") >= least


CONDITIONS: dict[str, tuple[Case, str]] = {
    "in the dark": (lambda p, f: draw.lit(p, 0.2), "too_dark"),
    "in glaring light": (lambda p, f: draw.lit(p, 1.6, 60), "too_bright"),
    "out of focus": (lambda p, f: draw.out_of_focus(p, 5), "blurred"),
    "moving sideways": (lambda p, f: draw.moved(p, 27), "blurred"),
    "moving aslant": (lambda p, f: draw.moved(p, 27, 25), "blurred"),
}


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_face_in_a_bad_condition_is_refused(
    engine: FaceEngine, sitters: list[Sitter], condition: str
) -> None:
    case, reason = CONDITIONS[condition]
    assert caught(engine, sitters, case, reason, "no_face") == 6


@pytest.mark.parametrize("condition", CONDITIONS)
def test_the_gate_names_a_bad_condition(sitters: list[Sitter], condition: str) -> None:
    # On the clean picture's landmarks, so that the detector has no part in it.
    case, reason = CONDITIONS[condition]
    for picture, face in sitters:
        assert reason in assess(case(picture, face), [face], face).reasons


def test_a_face_too_far_away_is_caught(engine: FaceEngine, sitters: list[Sitter]) -> None:
    # Shown to the gate with its landmarks: at that size the detector finds some of them only.
    for picture, face in sitters:
        factor = 0.8 * LEAST_EYE_DISTANCE / measured(picture, face)["eye_distance"]
        far, shrunk = draw.smaller(picture, factor), scaled(face, factor)
        assert "too_small" in assess(far, [shrunk], shrunk).reasons


def measured(picture: Image, face: Face) -> dict[str, float]:
    return dict(assess(picture, [face], face).measures)


def test_no_face_turned_far_away_may_be_compared(engine: FaceEngine, sitters: list[Sitter]) -> None:
    # For one reason or another: the detector finds hardly any face beyond the gate's limit, and
    # misplaces the landmarks of those that it finds; half of such a face hides the other half.
    def away(picture: Image, face: Face) -> Image:
        return draw.turned(picture, face, 55 if measured(picture, face)["yaw"] > 0 else -55)

    # All but one, whose landmarks say that it is turned less than it is.
    assert caught(engine, sitters, away, "turned", "no_face", "covered") >= 5


@pytest.mark.parametrize(
    ("yaw", "pitch", "roll"), [(76, 10, 0), (-76, 10, 0), (0, 84, 0), (0, 10, 60)]
)
def test_landmarks_of_a_head_turned_far_away_are_caught(
    sitters: list[Sitter], yaw: float, pitch: float, roll: float
) -> None:
    for picture, face in sitters:
        centre = face.landmarks.mean(axis=0)
        shown = Face(face.box, draw.head_landmarks(yaw, pitch, roll, 0.8, centre), face.score)
        assert "turned" in assess(picture, [shown], shown).reasons


@pytest.mark.parametrize("keep", [0.55, 0.7])
def test_a_face_cut_off_by_the_frames_edge_is_caught(
    engine: FaceEngine, sitters: list[Sitter], keep: float
) -> None:
    seen = [reasons(engine, draw.cut_at_border(picture, face, keep)) for picture, face in sitters]
    assert all(seen)
    assert sum("cut_off" in codes or "no_face" in codes for codes in seen) >= 5


def test_two_people_side_by_side_are_caught(engine: FaceEngine, sitters: list[Sitter]) -> None:
    portraits = [picture for picture, _ in sitters]
    frames = [
        draw.frame_of(*pair) for pair in zip(portraits, portraits[1:] + portraits[:1], strict=True)
    ]
    assert sum("many_faces" in reasons(engine, frame) for frame in frames) == 6


def test_somebody_far_behind_is_no_second_face(engine: FaceEngine, sitters: list[Sitter]) -> None:
    portraits = [picture for picture, _ in sitters]
    behind = [draw.smaller(picture, 0.4) for picture in portraits[1:] + portraits[:1]]
    frames = [draw.frame_of(*pair) for pair in zip(portraits, behind, strict=True)]
    assert not any("many_faces" in reasons(engine, frame) for frame in frames)


def test_an_empty_room_has_no_face(engine: FaceEngine) -> None:
    quality = engine.observe(draw.frame_of()).quality
    assert quality is not None
    assert quality.reasons == ("no_face",)
    assert quality.score == 0


def test_the_sample_picture_shows_many_faces(engine: FaceEngine, sample: Image) -> None:
    assert reasons(engine, sample)[0] == "many_faces"


def test_the_score_falls_with_focus_size_and_turn(sitters: list[Sitter]) -> None:
    for picture, face in sitters:
        clean = assess(picture, [face], face).score
        assert 0 <= assess(draw.out_of_focus(picture, 3), [face], face).score < clean <= 1


def test_a_face_of_dark_skin_is_not_taken_for_a_dark_picture(sitters: list[Sitter]) -> None:
    # Half the light that pale skin gives back.
    for picture, face in sitters:
        assert "too_dark" not in assess(draw.lit(picture, 0.45), [face], face).reasons


def test_a_grey_picture_measures_as_its_colour_does(sitters: list[Sitter]) -> None:
    for picture, face in sitters:
        assert measured(grey(picture), face) == pytest.approx(measured(picture, face), abs=0.75)
