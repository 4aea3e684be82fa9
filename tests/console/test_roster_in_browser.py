"""A scheduler's month in a real Chromium: import, problems, a conflict, the grid, one cell."""

import io
from datetime import UTC, datetime
from typing import Any

import openpyxl
import pytest

from tests.verifier.practice.hospital import EMERGENCY, LUNG, open_hospital, planned
from tests.verifier.serving.hospital import Hospital
from tests.verifier.serving.staff import Member, member
from tests.verifier.shifts.invented import CHEN, CODES, DECEMBER, LIN, WU, at
from verifier.practice import roster, roster_keepers
from verifier.practice.roster_swaps import ask_swap
from verifier.shifts import Assignment, SwapKind
from verifier.trust.accounts.roles import Role

from .browser import SIZES, Screen, a_screen

pytestmark = pytest.mark.browser

GIVEN: dict[str, Any] = {"codes": CODES, "at": at(9, 9)}


def workbook(*rows: tuple[object, ...]) -> bytes:
    book, file = openpyxl.Workbook(), io.BytesIO()
    assert book.active is not None
    book.active.append(["2026年12月 呼吸内科 排班表"])
    book.active.append(["工号", "姓名", "职称", *range(1, 32)])
    for row in rows:
        book.active.append([*row])
    book.save(file)
    return file.getvalue()


def grid(tenth: str = "门上") -> bytes:
    """Chen's, Lin's and Wu's December; Lin is planned elsewhere on the 10th."""
    round_of = ["门上", "门下", "夜班", "下夜休", "休", "值24", "下夜休", "病房/二线", "门全"]
    chen = [round_of[day % 9] for day in range(31)]
    lin = ["病房"] * 9 + [tenth] + ["" if day % 7 in (5, 6) else "听班" for day in range(21)]
    wu = ["门下"] * 5 + ["门诊部"] + [round_of[(day + 4) % 9] for day in range(25)]
    return workbook(
        ("00123", "陈甲", "主任医师", *chen), ("124", "林乙", "", *lin), ("A0125", "吴丙", "", *wu)
    )


@pytest.fixture
def scheduler(hospital: Hospital) -> Member:
    """Keeps the lung department; the emergency department has planned Lin."""
    hospital.clock.ahead = at(9, 9) - datetime.now(UTC)
    someone = member(hospital, "g0003", Role.SCHEDULER)
    parts = hospital.site.parts
    with hospital.database.app.begin() as conn:
        open_hospital(conn, parts.keyring, parts.institution)
        args = (conn, parts.institution)
        roster_keepers.give(*args, someone.account, LUNG, parts.clock(), "operator")
        elsewhere = [planned("急白", 10, LIN, EMERGENCY)]
        roster.save(*args, EMERGENCY, DECEMBER, elsewhere, "operator", **GIVEN)
    return someone


def save(hospital: Hospital, plan: list[Assignment]) -> None:
    parts = hospital.site.parts
    with hospital.database.app.begin() as conn:
        roster.save(conn, parts.institution, LUNG, DECEMBER, plan, "operator", **GIVEN)


def upload(screen: Screen, data: bytes) -> None:
    screen.page.set_input_files(
        "#grid", {"name": "12月.xlsx", "mimeType": "application/octet-stream", "buffer": data}
    )
    screen.page.click("main form button.primary")


@pytest.mark.parametrize("size", SIZES)
def test_a_scheduler_imports_a_month_and_changes_a_day(
    chromium: str, hospital: Hospital, scheduler: Member, size: str
) -> None:
    with a_screen(chromium, hospital, SIZES[size]) as screen:
        page = screen.page
        screen.sign_in(scheduler)
        screen.room("排班")
        assert page.inner_text("h1") == "呼吸内科 · 2026年12月"
        assert page.locator("#department option").all_inner_texts() == ["呼吸内科"]
        assert screen.wrong() == []

        page.click("text=导入排班表")
        assert screen.wrong() == []
        upload(screen, grid())
        assert "有1处冲突必须先解决" in page.inner_text("[role=alert]")
        assert "林乙 · 12月10日 周四" in page.inner_text("section:has-text('必须先解决的冲突')")
        assert page.locator("tr:has-text('I5') td").first.inner_text() == "门诊部"
        assert "未读取的列：C 职称" in page.inner_text("main")
        assert page.locator("text=确认保存").count() == 0
        assert screen.wrong() == []

        page.click("text=换一个文件")
        upload(screen, grid(""))
        page.click("section:has-text('将要改动') summary:has-text('陈甲')")
        assert "12月9日 周三\n未排 → 门全" in page.inner_text("main details[open]")
        assert screen.wrong() == []
        page.click("text=确认保存")
        assert "排班已保存" in page.inner_text("[role=status]")
        assert page.locator(".roster tbody tr").count() == 3
        assert "今天" in page.inner_text(".roster thead .today")
        assert screen.wrong() == []

        page.click(f"a[href*='physician={WU}'][href*='day=2026-12-20']")
        assert page.inner_text("h1") == "吴丙 · 12月20日 周日"
        page.check("input[value='手术']")
        page.check("input[value='年假']")
        page.keyboard.press("Enter")
        page.wait_for_selector("[role=alert]")
        assert "不能排在同一天" in page.inner_text("main")
        assert screen.wrong() == []
        ticked = page.locator("input:checked")
        while ticked.count():
            ticked.first.uncheck()
        page.check("input[value='手术']")
        page.click("text=保存这一天")
        assert "该日排班已保存" in page.inner_text("[role=status]")
        cell = page.locator(f"a[href*='physician={WU}'][href*='day=2026-12-20']")
        assert "手术" in cell.inner_text()
        page.click("text=撤销上次保存")
        assert "已恢复" in page.inner_text("[role=status]")
        assert "手术" not in cell.inner_text()
    assert [each for each in screen.complaints if "409" not in each] == []


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", SIZES)
def test_every_page_of_rosters_is_whole_large_enough_and_open_to_all(
    chromium: str, hospital: Hospital, scheduler: Member, size: str, language: str
) -> None:
    plan = [
        planned("门上", 15),
        planned("夜门", 12, LIN),
        planned("二线", 9),
        planned("休", 11, WU),
    ]
    save(hospital, plan)
    parts = hospital.site.parts
    with hospital.database.app.begin() as conn:
        swap = (SwapKind.SWAP, planned("门上", 15), LIN, planned("夜门", 12, LIN))
        ask_swap(conn, parts.institution, *swap, **GIVEN)
    wrong: list[str] = []
    where = f"department={LUNG}&month=2026-12"
    with a_screen(chromium, hospital, SIZES[size]) as screen:
        screen.sign_in(scheduler)
        screen.speak(language)
        for path in (
            f"?{where}",
            f"/swaps?{where}",
            f"/upload?{where}",
            f"/cell?department={LUNG}&physician={CHEN}&day=2026-12-15",
            f"/cell?department={LUNG}&physician={CHEN}&day=2026-12-01",
            f"?department={LUNG}&month=2026-10",
            f"?department={EMERGENCY}",
        ):
            screen.open(f"/console/roster{path}")
            wrong += [f"{path}: {each}" for each in screen.wrong()]
            if screen.page.locator("main summary").count():
                screen.page.click("main summary")
                wrong += [f"{path}, opened: {each}" for each in screen.wrong()]
        screen.open(f"/console/roster/upload?{where}")
        upload(screen, b"no grid")
        wrong += [f"refused: {each}" for each in screen.wrong()]
        upload(screen, grid(""))
        wrong += [f"preview: {each}" for each in screen.wrong()]
        screen.sign_out()
        screen.sign_in(member(hospital, "g0004", Role.MEDICAL_AFFAIRS))
        for path in ("", "/keepers"):
            screen.open(f"/console/roster{path}")
            wrong += [f"{path} of medical affairs: {each}" for each in screen.wrong()]
    assert wrong == []
