"""The drawing table in a real Chromium: by pointer, by keyboard, and what is refused."""

import json

import pytest

from tests.verifier.fixtures import INSTITUTION
from tests.verifier.serving.hospital import Hospital
from tests.verifier.serving.staff import member
from verifier.place import Circle, Polygon
from verifier.practice import sites
from verifier.practice.sites import HospitalSite
from verifier.trust.accounts.roles import Role

from .browser import SIZES, Screen, a_screen
from .ward import Ward

pytestmark = pytest.mark.browser

FENCES = "/console/fences"
EAST = f"{FENCES}/east"


def east(hospital: Hospital) -> HospitalSite:
    with hospital.database.app.connect() as conn:
        found = sites.get(conn, INSTITUTION, "east")
    assert found is not None
    return found


def drawing(screen: Screen, path: str = EAST) -> None:
    """The table stands there and the verifier has looked at it."""
    screen.open(path)
    screen.page.wait_for_selector("#table:not([hidden]) #changes li")


def tap(screen: Screen, x: float, y: float) -> None:
    """A place on the plan, in shares of its width and height."""
    box = screen.page.locator("#plan").bounding_box()
    assert box is not None
    screen.page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])


def save(screen: Screen) -> None:
    with screen.page.expect_navigation():
        screen.page.click("#save")
    screen.page.wait_for_selector("#changes li")


def test_a_polygon_drawn_by_pointer_is_saved_and_taken_back(
    chromium: str, hospital: Hospital
) -> None:
    Ward(hospital)
    before = east(hospital).fence
    with a_screen(chromium, hospital) as screen:
        page = screen.page
        screen.sign_in(member(hospital, "g0001", Role.MEDICAL_AFFAIRS))
        page.click("nav >> text=院区与围栏")
        page.click("text=东院区")
        page.wait_for_selector("#changes li")
        page.click("[data-mode=polygon]")
        for x, y in ((0.4, 0.3), (0.6, 0.3), (0.6, 0.6), (0.4, 0.6)):
            tap(screen, x, y)
        page.click("#finish")
        page.wait_for_selector("#changes >> text=新增：多边形 1")
        save(screen)
        fence = east(hospital).fence
        assert fence is not None
        assert [type(shape) for shape in fence.shapes] == [Circle, Polygon]
        assert fence.shapes[0] == before.shapes[0], "what nobody touched is as it was"
        page.click("text=恢复到这次保存之前")
        assert "已恢复" in page.inner_text("[role=status].flash")
    assert east(hospital).fence == before
    assert screen.complaints == []


def test_a_figure_is_drawn_and_moved_by_keyboard_alone(chromium: str, hospital: Hospital) -> None:
    Ward(hospital)
    with a_screen(chromium, hospital) as screen:
        page = screen.page
        screen.sign_in(member(hospital, "g0001", Role.HOSPITAL_ADMIN))
        drawing(screen)
        page.focus("[data-mode=polygon]")
        page.keyboard.press("Enter")
        page.focus("#middle")
        page.keyboard.press("Enter")
        page.wait_for_selector("#corner-0-3-east")
        page.focus(".handle[data-corner='0']")
        was = float(page.input_value("#corner-0-0-east"))
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Shift+ArrowRight")
        assert float(page.input_value("#corner-0-0-east")) == pytest.approx(was + 11)
        page.keyboard.press("Enter")
        assert page.locator("[id^=corner-0-][id$=-east]").count() == 5
        page.keyboard.press("Control+z")
        page.keyboard.press("Control+z")
        assert float(page.input_value("#corner-0-0-east")) == pytest.approx(was + 1)
        page.fill("#corner-0-1-north", "-45.5")
        page.keyboard.press("Tab")
        page.fill("#figure-name", "急诊楼")
        page.keyboard.press("Tab")
        page.wait_for_selector("#changes >> text=新增：急诊楼")
        save(screen)
    fence = east(hospital).fence
    assert fence is not None
    assert [shape.name for shape in fence.shapes] == ["东院区", "急诊楼"]
    assert screen.complaints == []


def test_an_outline_that_crosses_itself_is_marked_and_not_saved(
    chromium: str, hospital: Hospital
) -> None:
    Ward(hospital)
    before = east(hospital).fence
    with a_screen(chromium, hospital) as screen:
        page = screen.page
        screen.sign_in(member(hospital, "g0001", Role.MEDICAL_AFFAIRS))
        drawing(screen)
        page.click("[data-mode=polygon]")
        for x, y in ((0.4, 0.3), (0.6, 0.6), (0.6, 0.3), (0.4, 0.6)):
            tap(screen, x, y)
        page.click("#finish")
        page.wait_for_selector("#trouble:not([hidden])")
        assert "边线自己相交了" in page.inner_text("#trouble")
        assert page.locator(".trouble-spot").count() == 1
        page.click("#save")
        assert page.locator("#trouble").is_visible()
        page.click("#undo")
        page.wait_for_selector("#trouble", state="hidden")
    assert east(hospital).fence == before


def test_a_position_is_tried_on_the_draft_and_a_file_is_read(
    chromium: str, hospital: Hospital
) -> None:
    Ward(hospital)
    square = [[120.31, 30.30], [120.311, 30.30], [120.311, 30.301], [120.31, 30.301]]
    shape = {"type": "Polygon", "coordinates": [[*square, square[0]]]}
    data = json.dumps({"type": "Feature", "properties": {"name": "后门"}, "geometry": shape})
    with a_screen(chromium, hospital) as screen:
        page = screen.page
        screen.sign_in(member(hospital, "g0001", Role.MEDICAL_AFFAIRS))
        drawing(screen)
        for east_m, said in (("0", "在围栏内"), ("295", "不能确定"), ("400", "在围栏外")):
            page.fill("#first", east_m)
            page.fill("#second", "0")
            page.click("#try button")
            page.wait_for_selector(f"#tried >> text={said}")
        file = {"name": "f.geojson", "mimeType": "application/json", "buffer": data.encode()}
        page.set_input_files("#file", file)  # type: ignore[arg-type]
        page.select_option("#datum", "gcj02")
        page.click("#import button")
        page.wait_for_selector("#changes >> text=新增：后门")
        assert "GCJ-02" in page.inner_text("#datum-now")
        save(screen)
    fence = east(hospital).fence
    assert fence is not None
    assert [shape.datum.value for shape in fence.shapes] == ["wgs84", "gcj02"]
    assert screen.complaints == []


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", [*SIZES, "wide"])
def test_the_drawing_table_is_whole_large_enough_and_open_to_all(
    chromium: str, hospital: Hospital, size: str, language: str
) -> None:
    Ward(hospital)
    wrong: list[str] = []
    with a_screen(chromium, hospital, {**SIZES, "wide": (1920, 1080)}[size]) as screen:
        page = screen.page
        screen.open("/console/sign-in")
        screen.speak(language)
        screen.sign_in(member(hospital, "g0001", Role.MEDICAL_AFFAIRS))
        screen.open(FENCES)
        wrong += screen.wrong()
        drawing(screen)
        page.click("[data-mode=polygon]")
        page.click("#middle")
        page.wait_for_selector("#corner-0-3-east")
        wrong += screen.wrong()
    assert wrong == []
    assert screen.complaints == []
