"""Rosters on the pages, without a browser: who may, what is refused, what is sent back."""

from datetime import UTC, datetime

import pytest

from console.roster_draft import Draft, packed, unpacked
from tests.verifier.practice.hospital import EMERGENCY, LUNG, open_hospital, planned
from tests.verifier.serving.hospital import Hospital
from tests.verifier.serving.staff import member
from tests.verifier.shifts.invented import CHEN, CODES, DECEMBER, KNOWN, LIN, PLACE, at
from verifier.practice import roster, roster_keepers
from verifier.shifts import Assignment, Month, RosterRefused, read_grid
from verifier.trust.accounts.roles import Role

from .desk import Desk, code, leads_to

AT = "/console/roster"
THERE = f"department={LUNG}&month=2026-12"
MONTH = f"{AT}?{THERE}"
CELL = {"department": LUNG, "physician": CHEN, "day": "2026-12-20"}
GRID = "2026年12月\n姓名,20,21\n陈甲,门上,{}\n"


@pytest.fixture
def town(hospital: Hospital) -> Hospital:
    """The invented hospital on 9 December, with a short plan."""
    hospital.clock.ahead = at(9, 9) - datetime.now(UTC)
    with hospital.database.app.begin() as conn:
        open_hospital(conn, hospital.keyring, hospital.site.parts.institution)
    save(hospital, [planned("门上", 20), planned("病房", 21, LIN)])
    return hospital


def save(hospital: Hospital, plan: list[Assignment]) -> None:
    parts = hospital.site.parts
    with hospital.database.app.begin() as conn:
        roster.save(
            conn, parts.institution, LUNG, DECEMBER, plan, "operator",
            codes=CODES, at=parts.clock(),
        )  # fmt: skip


def stored(hospital: Hospital) -> set[Assignment]:
    parts = hospital.site.parts
    with hospital.database.app.begin() as conn:
        return set(roster.month(conn, parts.institution, LUNG, DECEMBER))


def desk_of(hospital: Hospital, role: Role, *departments: str) -> Desk:
    """Somebody signed in with a role; a scheduler with departments."""
    someone, parts = member(hospital, f"g{role.value[:8]}", role), hospital.site.parts
    with hospital.database.app.begin() as conn:
        for each in departments:
            given = (someone.account, each, parts.clock(), "operator")
            roster_keepers.give(conn, parts.institution, *given)
    desk = Desk(hospital)
    desk.cookies["session"] = someone.token
    return desk


def looked_at(desk: Desk, grid: str, department: str = LUNG) -> str:
    """The page before saving."""
    fields = {"form_token": desk.token(), "department": department, "month": ""}
    files = {"grid": ("a.csv", grid.encode(), "text/csv")}
    return desk.send(f"{AT}/upload", fields, files=files).text


def hidden(page: str, name: str) -> str:
    return page.partition(f'name="{name}" value="')[2].partition('"')[0]


def test_a_scheduler_opens_the_own_department_and_no_other(town: Hospital) -> None:
    desk = desk_of(town, Role.SCHEDULER, LUNG)
    assert "陈甲" in desk.get(AT).text
    base = hidden(
        desk.get(f"{AT}/cell?{'&'.join(f'{k}={v}' for k, v in CELL.items())}").text, "base"
    )
    for path in ("", "/file", "/swaps"):
        there = desk.get(f"{AT}{path}?department={EMERGENCY}&month=2026-12")
        assert (there.status_code, code(there)) == (403, "roster.department_not_yours")
    assert code(desk.get(f"{AT}?department=x")) == "roster.department_unknown"
    other = CELL | {"department": EMERGENCY, "base": base, "code": "门上"}
    assert code(desk.post(f"{AT}/cell", AT, **other)) == "roster.department_not_yours"
    draft = packed(EMERGENCY, DECEMBER, base, [])
    assert code(desk.post(f"{AT}/saved", AT, draft=draft)) == "roster.department_not_yours"


def test_a_scheduler_without_a_department_is_told_who_gives_one(town: Hospital) -> None:
    assert "请医务科指定" in desk_of(town, Role.SCHEDULER).get(AT).text


def test_medical_affairs_change_every_department_and_an_auditor_none(town: Hospital) -> None:
    affairs, auditor = desk_of(town, Role.MEDICAL_AFFAIRS), desk_of(town, Role.AUDITOR)
    assert "导入排班表" in affairs.get(f"{AT}?department={EMERGENCY}").text
    page = auditor.get(MONTH).text
    assert "导入排班表" not in page
    assert "撤销" not in page
    assert "/console/roster/cell" not in page
    assert code(auditor.get(f"{AT}/upload")) == "account.forbidden"


def test_a_month_is_looked_at_saved_and_taken_back(town: Hospital) -> None:
    desk = desk_of(town, Role.SCHEDULER, LUNG)
    before = stored(town)
    page = looked_at(desk, GRID.format("门下"))
    assert stored(town) == before
    done = desk.post(f"{AT}/saved", AT, draft=hidden(page, "draft"))
    assert leads_to(done) == MONTH
    assert stored(town) == {planned("门上", 20), planned("门下", 21)}
    page = desk.get(MONTH).text
    assert "改动2格" in page
    undo = {"version": hidden(page, "version"), "department": LUNG, "month": "2026-12"}
    assert leads_to(desk.post(f"{AT}/restored", AT, **undo)) == MONTH
    assert stored(town) == before
    again = desk.post(f"{AT}/restored", AT, **undo)
    assert code(again) == "roster.changed_meanwhile"


def test_what_was_looked_at_is_not_saved_over_a_later_change(town: Hospital) -> None:
    desk = desk_of(town, Role.SCHEDULER, LUNG)
    draft = hidden(looked_at(desk, GRID.format("门下")), "draft")
    save(town, [planned("手术", 22)])
    answer = desk.post(f"{AT}/saved", AT, draft=draft)
    assert (answer.status_code, code(answer)) == (409, "roster.changed_meanwhile")
    assert stored(town) == {planned("手术", 22)}


def test_what_blocks_cannot_be_confirmed_and_a_draft_of_it_is_refused(town: Hospital) -> None:
    desk = desk_of(town, Role.SCHEDULER, LUNG)
    page = looked_at(desk, GRID.format("门下/休"))
    assert "必须先解决" in page
    assert hidden(page, "draft") == ""
    own = [planned("门下", 21), planned("休", 21)]
    base = unpacked(hidden(looked_at(desk, GRID.format("休")), "draft")).base
    forged = packed(LUNG, DECEMBER, base, own)
    assert code(desk.post(f"{AT}/saved", AT, draft=forged)) == "roster.conflicts_block"


def test_a_file_that_is_no_grid_brings_the_form_back_with_the_reason(town: Hospital) -> None:
    desk = desk_of(town, Role.SCHEDULER, LUNG)
    assert "没有找到表头" in looked_at(desk, "hello")
    assert "请选择年月" in looked_at(desk, "姓名,20\n陈甲,门上\n")


def test_one_day_is_changed_unless_it_is_over_or_was_changed_meanwhile(town: Hospital) -> None:
    desk = desk_of(town, Role.SCHEDULER, LUNG)
    form = f"{AT}/cell?department={LUNG}&physician={CHEN}&day=2026-12-20"
    base = hidden(desk.get(form).text, "base")
    said = CELL | {"base": base, "code": "手术"}
    assert leads_to(desk.post(f"{AT}/cell", AT, **said)) == MONTH
    assert planned("手术", 20) in stored(town)
    assert code(desk.post(f"{AT}/cell", AT, **said)) == "roster.changed_meanwhile"
    assert code(desk.post(f"{AT}/cell", AT, **said | {"day": "2026-12-08"})) == "roster.day_over"
    for wrong in ({"day": "2026-12-32"}, {"day": ""}):
        assert code(desk.post(f"{AT}/cell", AT, **said | wrong)) == "form.malformed"
    nobody = desk.get(form.replace(CHEN, "D9"))
    assert code(nobody) == "form.malformed"


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_month_is_a_file_that_can_be_imported_again(town: Hospital, kind: str) -> None:
    desk = desk_of(town, Role.AUDITOR)
    answer = desk.get(f"{AT}/file?{THERE}&kind={kind}")
    assert answer.headers["content-disposition"] == f'attachment; filename="roster-2026-12.{kind}"'
    assert answer.headers["cache-control"] == "no-store"
    report = read_grid(answer.content, PLACE, CODES, KNOWN)
    assert (len(report.accepted), report.problems, report.month) == (2, (), DECEMBER)


def test_an_address_that_means_no_month_is_refused(town: Hospital) -> None:
    desk = desk_of(town, Role.AUDITOR)
    for query in ("month=12", "month=2026-13", "month=0001-01"):
        assert code(desk.get(f"{AT}?{query}")) == "form.malformed"
    assert code(desk.get(f"{AT}/file?{THERE}&kind=pdf")) == "form.malformed"
    assert "2100年12月" in desk.get(f"{AT}?month=2100-12").text
    assert "2000年1月" in desk.get(f"{AT}?month=2000-01").text


def test_a_draft_is_read_back_and_nothing_else_is() -> None:
    text = packed(LUNG, DECEMBER, "b", [planned("门上", 20)])
    cells = ((CHEN, planned("门上", 20).day, "门上"),)
    assert unpacked(text) == Draft(LUNG, Month(2026, 12), "b", cells)
    for broken in ("", "x", text[:-6], "eJwDAAAAAAE"):
        with pytest.raises(RosterRefused, match=r"roster\.cells_malformed"):
            unpacked(broken)


def test_medical_affairs_give_a_department_and_take_it_away(town: Hospital) -> None:
    affairs, scheduler = desk_of(town, Role.MEDICAL_AFFAIRS), desk_of(town, Role.SCHEDULER)
    given = {"login": "gschedule", "department": LUNG}
    there = f"{AT}/keepers"
    assert leads_to(affairs.post(there, there, **given)) == there
    assert "呼吸内科" in scheduler.get(AT).text
    assert "gschedule" in affairs.get(there).text
    assert leads_to(affairs.post(f"{there}/taken", there, **given)) == there
    assert "请医务科指定" in scheduler.get(AT).text
    nobody = affairs.post(there, there, **given | {"login": "nobody"})
    assert nobody.status_code == 404
    assert (
        code(affairs.post(f"{there}/taken", there, **given | {"login": "x"})) == "account.unknown"
    )
    assert code(scheduler.get(there)) == "account.forbidden"
