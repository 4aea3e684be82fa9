"""A face from the phone in a real Chromium, whose camera is a file of the sample's people."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import cv2
import numpy as np
import pytest

from console.app import mount
from models.engine import FaceEngine
from tests.kiosk.browser import PHONE
from tests.verifier.fixtures import INSTITUTION
from tests.verifier.practice import clinic
from tests.verifier.serving.hospital import Hospital
from tests.verifier.serving.phone_faces import around
from tests.verifier.serving.phones import at_site
from tests.verifier.serving.test_claims_by_real_models import Sitter, engine, enrol, real, sitters

from .browser import a_screen
from .edges import Edge, an_edge
from .physician import Physician

__all__ = ["engine", "real", "sitters"]
pytestmark = pytest.mark.browser
AGREE = "同意用手机刷脸"
SHOTS = os.environ.get("SHUALIAN_SHOTS")
"""A folder for pictures of the states, for who wants to look at them."""

Film = Callable[[int], Path]


@pytest.fixture
def film(engine: FaceEngine, sample_picture: Path, tmp_path: Path) -> Film:
    """What a camera before one of the six sees: a sensor's noise, no frame like another."""
    picture = np.asarray(cv2.imread(str(sample_picture)), np.uint8)
    faces = engine.detect(picture)

    def made(number: int) -> Path:
        seen = np.full((480, 640, 3), 120, np.uint8)
        seen[:, 80:560] = around(picture, faces[number].box, 480)
        random, path = np.random.default_rng(number), tmp_path / f"{number}.mjpeg"
        with path.open("wb") as file:
            for _ in range(150):
                noisy = np.clip(seen + random.normal(0, 3, seen.shape), 0, 255).astype(np.uint8)
                file.write(cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes())
        return path

    return made


@contextmanager
def before(
    chromium: str,
    hospital: Hospital,
    sitter: Sitter,
    film: Path,
    through: Callable[[int], str] | None = None,
) -> Iterator[Physician]:
    """The physician is `sitter`; the camera sees the film."""
    mount(hospital.http.app, hospital.site)
    with hospital.database.app.begin() as conn:
        clinic.build(conn, INSTITUTION)
        hua = clinic.practises(conn, INSTITUTION, hospital.register(sitter.person))
    terminals = (at_site(hospital, "east"), at_site(hospital, "west"))
    camera = [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    ]
    with a_screen(chromium, hospital, PHONE, camera, through) as screen:
        screen.page.context.grant_permissions(["camera"])
        made = Physician(hospital, *terminals, hua, screen)
        made.on_shift()
        yield made
        assert [each for each in screen.complaints if "status of 40" not in each] == []


@pytest.fixture
def enrolled(real: Hospital, engine: FaceEngine, sitters: list[Sitter]) -> Sitter:
    enrol(real, engine, sitters[0])
    return sitters[0]


def agree(physician: Physician) -> None:
    physician.page.click(".face summary")
    physician.press(AGREE)
    assert "已记录您的同意" in physician.told()


def looked(physician: Physician, name: str) -> list[str]:
    if SHOTS:
        physician.page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)
    return [f"{name}: {each}" for each in physician.screen.wrong()]


def test_who_agreed_is_in_by_the_own_face(
    chromium: str, real: Hospital, enrolled: Sitter, film: Film
) -> None:
    with before(chromium, real, enrolled, film(0)) as physician:
        physician.enrol()
        agree(physician)
        assert "已签到。" in physician.enter(physician.code())
        where = "state = 'confirmed' AND way = 'face' AND liveness = 'not_assessed'"
        assert physician.count(where) == 1
        assert "已确认" in physician.stands()


def test_another_s_face_opens_nothing_and_the_way_without_one_does(
    chromium: str, real: Hospital, enrolled: Sitter, film: Film
) -> None:
    with before(chromium, real, enrolled, film(1)) as physician:
        physician.enrol()
        agree(physician)
        assert "这次没有核对上，还没有签到" in physician.enter(physician.code())
        assert physician.count() == 0
        physician.page.uncheck("#with-face")
        assert "已签到" in physician.enter(physician.code())
        assert physician.count("state = 'provisional' AND way = 'other'") == 1


def test_without_or_after_the_consent_the_camera_is_not_offered(
    chromium: str, real: Hospital, enrolled: Sitter, film: Film
) -> None:
    with before(chromium, real, enrolled, film(0)) as physician:
        physician.enrol()
        assert physician.page.locator("#with-face").count() == 0
        agree(physician)
        assert physician.page.locator("#with-face").count() == 1
        physician.page.click(".face summary")
        physician.press("撤回同意")
        assert "已撤回" in physician.told()
        assert physician.page.locator("#with-face").count() == 0
        assert "已签到" in physician.enter(physician.code())
        assert physician.count("state = 'provisional' AND way = 'other'") == 1
        assert real.count("challenges", "purpose = 'practice_check_in'") == 0


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_state_of_it_is_whole_and_open_to_all(
    chromium: str, real: Hospital, enrolled: Sitter, film: Film, language: str
) -> None:
    wrong: list[str] = []
    with before(chromium, real, enrolled, film(1)) as physician:
        page = physician.page
        physician.enrol()
        physician.screen.speak(language)
        physician.settle()
        page.click(".face summary")
        wrong += looked(physician, f"offered-{language}")
        page.click(".face .button.primary")
        physician.settle()
        page.click(".face summary")
        wrong += looked(physician, f"agreed-{language}")
        page.fill("#site-code", physician.code())
        page.click(".entry .button.primary")
        page.wait_for_function("() => document.querySelector('.glass video')?.videoWidth > 0")
        wrong += looked(physician, f"camera-{language}")
        physician.settle()
        wrong += looked(physician, f"unsure-{language}")
    assert wrong == []


def test_through_the_edge_the_own_face_is_in_and_the_edge_keeps_nothing(
    chromium: str, real: Hospital, enrolled: Sitter, film: Film, tmp_path: Path
) -> None:
    with ExitStack() as opened:
        edges: list[Edge] = []

        def through(port: int) -> str:
            made = an_edge(f"http://127.0.0.1:{port}", tmp_path / "edge", PER_MINUTE="600")
            edges.append(opened.enter_context(made))
            return edges[0].address

        physician = opened.enter_context(before(chromium, real, enrolled, film(0), through))
        physician.enrol()
        agree(physician)
        assert "已签到。" in physician.enter(physician.code())
        assert physician.count("state = 'confirmed' AND way = 'face'") == 1
        edges[0].process.kill()
        edges[0].process.wait(10)
        assert edges[0].files() == []
        physician.press("签退")
        assert "网络不通" in physician.told()
        physician.screen.complaints.clear()
