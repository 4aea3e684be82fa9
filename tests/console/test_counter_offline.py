"""The offline page: opened from a disk with no network, and its file handed in afterwards."""

import json
import os
import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright
from sqlalchemy import text

from tests.kiosk.browser import ARGUMENTS
from tests.verifier.serving.counters import findings
from tests.verifier.serving.hospital import Hospital, invent
from tests.verifier.serving.staff import member
from verifier.trust.accounts.roles import Role

from .browser import CUT_OFF, SIZES, a_screen
from .desk import Desk, code

ZHANG = invent(1)
DOWNTIME = "/console/counter/downtime"


@pytest.fixture
def clerk(hospital: Hospital) -> Desk:
    desk = Desk(hospital)
    desk.cookies["session"] = member(hospital, "c0001", Role.COUNTER).token
    return desk


def kept(clerk: Desk, folder: Path) -> Path:
    """The page as a clerk keeps it."""
    answer = clerk.get(f"{DOWNTIME}/page")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["cache-control"] == "no-store"
    file = folder / "shualian-downtime.html"
    file.write_bytes(answer.content)
    return file


def test_the_page_asks_for_nothing_from_elsewhere_and_lets_in_its_own_script_alone(
    clerk: Desk, tmp_path: Path
) -> None:
    page = kept(clerk, tmp_path).read_text(encoding="utf-8")
    (policy,) = re.findall(r'content-security-policy" content="([^"]+)"', page)
    assert re.fullmatch(
        r"default-src 'none'; script-src 'sha256-[\w+/=]+'; style-src 'sha256-[\w+/=]+'; "
        r"base-uri 'none'; form-action 'none'",
        policy.replace("&#39;", "'"),
    )
    assert not re.search(r'(?:src|href)="|\burl\(|\bimport |https?://', page)
    assert " on" + "click=" not in page
    assert ' style="' not in page


@pytest.mark.browser
@pytest.mark.parametrize("size", SIZES)
def test_visits_are_entered_with_the_network_down_and_handed_in_when_it_is_back(
    chromium: str, hospital: Hospital, clerk: Desk, tmp_path: Path, size: str
) -> None:
    person, file, saved = hospital.register(ZHANG), kept(clerk, tmp_path), tmp_path / "saved.json"
    wrong: list[str] = []
    with sync_playwright() as playwright:
        width, height = SIZES[size]
        context = playwright.chromium.launch_persistent_context(
            str(tmp_path / "profile"), executable_path=chromium, args=[*ARGUMENTS],
            viewport={"width": width, "height": height}, offline=True, accept_downloads=True,
        )  # fmt: skip
        page = context.new_page()
        page.on("console", lambda said: wrong.append(said.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(file.as_uri())
        first = page.inner_text("#line")
        assert re.fullmatch(r"TJ\w{6}-01", first)
        page.fill("#number", ZHANG.number[:-1])
        page.click("#add")
        assert "号码不对" in page.inner_text("#trouble")
        page.fill("#number", ZHANG.number)
        page.click("#add")
        assert "先看原件" in page.inner_text("#trouble")
        page.check("#seen")
        page.click("#add")
        page.locator("#lines li").nth(0).wait_for()
        page.select_option("#document", "none")
        page.click("#add")
        page.locator("#lines li").nth(1).wait_for()
        page.reload()
        assert page.locator("#lines li").count() == 2, "a crash loses nothing"
        for language in ("zh", "en"):
            wrong += page.evaluate(CUT_OFF)
            found = Axe().run(page).response["violations"]
            wrong += [v["id"] for v in found if v["impact"] in ("serious", "critical")]
            if folder := os.environ.get("SHUALIAN_SHOTS"):
                page.screenshot(path=f"{folder}/offline-{size}-{language}.png", full_page=True)
            page.click("#language")
        assert "一行" in page.inner_text("main")
        with page.expect_download() as download:
            page.click("#save")
        download.value.save_as(saved)
        assert "文件已保存" in page.inner_text("#saved")
        held = page.evaluate("JSON.stringify(localStorage)")
        page.click("#fresh summary")
        page.click("#fresh-do")
        assert page.inner_text("#line")[:8] != first[:8]
        context.close()
    assert wrong == []
    assert ZHANG.number not in held + saved.read_text()
    found_on_disk = [
        path for path in (tmp_path / "profile").rglob("*")
        if path.is_file() and ZHANG.number.encode() in path.read_bytes()
    ]  # fmt: skip
    assert found_on_disk == [], "no number in the clear in the browser's own files"
    with a_screen(chromium, hospital, SIZES[size]) as screen:
        screen.sign_in(member(hospital, "c0002", Role.COUNTER))
        damaged = json.loads(saved.read_text())
        damaged["lines"].append("a.b.c.d.e")
        saved.write_text(json.dumps(damaged))
        for language, times in (("zh", "已补录"), ("en", "nothing was added")):
            screen.open(DOWNTIME)
            screen.speak(language)
            wrong += screen.wrong()
            screen.page.set_input_files("#saved", saved)
            screen.page.click("form[action$='/file'] button")
            screen.page.locator(f"text={times}").first.wait_for()
            wrong += screen.wrong()
            if folder := os.environ.get("SHUALIAN_SHOTS"):
                name = f"{folder}/offline-rows-{size}-{language}.png"
                screen.page.screenshot(path=name, full_page=True)
        assert screen.complaints == []
    assert wrong == []
    with hospital.database.app.connect() as conn:
        rows = conn.execute(
            text("SELECT number, person, entered_at, happened_at FROM counter_items ORDER BY 1")
        ).all()
    assert [row.number for row in rows] == [first, first[:-1] + "2"]
    assert [row.person for row in rows] == [person, None]
    assert all(row.entered_at > row.happened_at for row in rows)
    assert findings(hospital) == []


def test_a_file_that_is_none_says_so_and_enters_nothing(hospital: Hospital, clerk: Desk) -> None:
    fields = {"form_token": clerk.token(DOWNTIME)}
    for data, said in ((b"\x00\x01", "不是停机登记页"), (b"{}", "不是停机登记页")):
        files = {"saved": ("x.json", data, "application/json")}
        answer = clerk.send(f"{DOWNTIME}/file", fields, files=files)
        assert said in answer.text
        assert answer.status_code == 422
    foreign = json.dumps(
        {"format": "shualian-downtime/1", "institution": "X", "sheet": "TJ222222", "lines": ["a"]}
    ).encode()
    files = {"saved": ("x.json", foreign, "application/json")}
    assert "另一家机构" in clerk.send(f"{DOWNTIME}/file", fields, files=files).text
    assert code(clerk.send(f"{DOWNTIME}/file", {"form_token": "x"}, files=files)) != ""
    assert hospital.count("counter_items") == 0
