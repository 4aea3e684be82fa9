"""What the page is told, and that no text is missing in either language."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

import kiosk
import web
from kiosk.instruments import DOORS
from kiosk.messages import Shown
from kiosk.notices import find_notice
from kiosk.practice_view import REFUSALS
from kiosk.reading import TROUBLES
from kiosk.settings import KioskSettings
from kiosk.states import Act, Door, SlipState, Step, Visit
from kiosk.view import HINTS, KNOWN_REASONS, first_hint, view
from kiosk.visit import ANOTHER_CODE
from kiosk.whereabouts import WARNING
from kiosk.witness import INCONSISTENT
from tests.kiosk.gallery import BASE, DECLINED, SCREENS, SETTINGS
from tests.kiosk.people import READING
from verifier.decision.facts import Reason
from verifier.protocol.practice import Outcome as Practice
from verifier.protocol.practice import Part
from verifier.protocol.practice import Reason as Why
from verifier.protocol.values import Assurance, Outcome
from web.notice import Notice

PAGES = [
    *(Path(kiosk.__file__).parent / "page").glob("*.mjs"),
    *Path(web.__file__).parent.glob("*.mjs"),
]


def used_keys() -> set[str]:
    """Every key that page or agent can ask for."""
    pages = "".join(page.read_text() for page in PAGES)
    keys = set(re.findall(r'(?:[(?]|(?<!type):)\s*"([a-z_]+\.[a-z_.]+)"', pages))
    keys |= {f"door.{door.value}" for door in Door}
    keys |= {f"door.open.{door.value}" for door in Door}
    keys |= {f"door.{state}" for state in ("declined", "unavailable")}
    keys |= {f"hint.{code}" for code in HINTS}
    keys |= {f"trouble.{code}" for code in (*TROUBLES.values(), "unreadable", "reader_down")}
    keys |= {f"trouble.{code}" for code in ANOTHER_CODE.values()}
    keys |= {f"card.{part}.{door.value}" for door in DOORS for part in ("title", "text", "waiting")}
    keys |= {f"demo.credential.{kind}" for kind in get_args(Shown)}
    keys |= {f"result.{reason}" for reason in KNOWN_REASONS}
    keys |= {f"result.{outcome.value}" for outcome in Outcome}
    keys |= {f"result.checked.{a.value.replace('+', '_')}" for a in Assurance}
    keys |= {f"next.{offer}" for offer in ("look_again", "card_instead")}
    keys |= {
        f"next.{step}{part}" for step in ("counter", "self_pay", "urgent") for part in ("", ".text")
    }
    keys |= {f"{step}.{part}" for step in ("opening", "checking") for part in ("title", "text")}
    keys |= {f"slip.{state}" for state in get_args(SlipState)}
    keys |= {f"slip.{part}" for part in ("heading", "time", "name", "query", "simulated")}
    keys |= {f"slip.wristband.{part}" for part in ("heading", "name", "came", "line")}
    keys |= {"counter.offline", "counter.fault", "counter.stopped"}
    keys |= {"health.clock_skew", f"health.{INCONSISTENT}", f"health.{WARNING}"}
    return keys | practice_keys()


def practice_keys() -> set[str]:
    """What 医护签到 says."""
    titles = (*Practice, "locked", "retry_out", "asks_reason", "asks_move", "kept")
    titles += ("recheck_open", "recheck_answered")
    keys = {f"practice.title.{title}" for title in titles}
    keys |= {f"staff.{way}" for way in ("check_in", "check_out", "site_code")}
    keys |= {f"practice.mode.{act}" for act in get_args(Act)}
    keys |= {f"practice.reason.{reason.value}" for reason in Why}
    keys |= {
        f"practice.do.{what}" for what in ("locked", "registration", "identity", "place", "recheck")
    }
    keys |= {f"practice.refused.{why}" for why in (*REFUSALS.values(), "fault")}
    parts = ("identity", "place", "registration")
    keys |= {f"practice.part.{part}" for part in (*parts, "shift")}
    keys |= {f"practice.{part}.{said.value}" for part in parts for said in Part}
    keys |= {f"practice.shift.{s}" for s in ("on_shift", "on_call", "off", "unscheduled")}
    return keys | {"practice.kept", "practice.reviewed", "practice.care_goes_on", "signing.text"}


def test_both_languages_have_the_same_keys_and_none_is_empty() -> None:
    zh, en = web.catalogue("zh"), web.catalogue("en")
    assert set(zh) == set(en)
    assert all(text.strip() for text in (*zh.values(), *en.values()))


def of_the_kiosk() -> set[str]:
    """The catalogue without the staff's pages, whose texts have a test of their own."""
    return {key for key in web.catalogue("zh") if not key.startswith("console.")}


def test_no_text_that_is_asked_for_is_missing() -> None:
    assert used_keys() - of_the_kiosk() == set()


def test_no_text_stands_there_that_nobody_asks_for() -> None:
    assert of_the_kiosk() - used_keys() == set()


def test_both_languages_have_the_same_places_for_values() -> None:
    zh, en = web.catalogue("zh"), web.catalogue("en")
    for key in zh:
        assert set(re.findall(r"\{\w+\}", zh[key])) == set(re.findall(r"\{\w+\}", en[key])), key


def test_no_text_accuses() -> None:
    for text in web.catalogue("zh").values():
        assert not re.search("冒名|冒用|(?<!请)假|失败|错误|拒绝|非法|可疑", text), text


def test_every_reason_of_a_decision_has_a_sentence() -> None:
    assert {reason.value for reason in Reason} == KNOWN_REASONS


@pytest.mark.parametrize("name", sorted(SCREENS))
def test_no_screen_is_told_anything_personal_but_the_masked_name(name: str) -> None:
    visit = replace(SCREENS[name], reading=READING, last_four="9876")
    said = view(visit, SETTINGS).model_dump_json()
    for secret in (*READING.fields.values(), "9876"):
        assert secret not in said


def test_all_five_doors_are_always_there_in_one_order() -> None:
    for name in ("doors", "doors-declined", "doors-few"):
        screen = view(SCREENS[name], SETTINGS)
        assert [each.door for each in screen.doors] == list(Door)


def test_a_closed_door_says_why() -> None:
    states = {d.door: d.state for d in view(SCREENS["doors-declined"], SETTINGS).doors}
    assert states[Door.FACE] == "declined"
    assert states[Door.SOCIAL_SECURITY_CARD] == "open"
    few = {d.door: d.state for d in view(SCREENS["doors-few"], SETTINGS).doors}
    assert few[Door.SOCIAL_SECURITY_CARD] == few[Door.NHSA_QR] == "unavailable"
    assert few[Door.RESIDENT_ID] == few[Door.COUNTER] == "open"
    shut = view(replace(SCREENS["doors"], identify=False), SETTINGS)
    assert {d.door: d.state for d in shut.doors}[Door.FACE] == "unavailable"


def test_the_notice_names_the_processor_and_the_contact_in_the_screen_s_language() -> None:
    screen = view(SCREENS["notice"], SETTINGS)
    assert screen.notice is not None
    text = "".join(point.text for point in screen.notice.text.points)
    assert "示范医院" in text
    assert "一楼综合服务窗口" in text
    assert "{" not in text
    english = view(replace(SCREENS["notice"], language="en"), SETTINGS)
    assert english.notice is not None
    assert "Model Hospital" in english.notice.text.points[0].text


def test_a_hospital_s_own_notice_comes_before_the_one_that_ships(tmp_path: Path) -> None:
    own = json.loads((web.NOTICES / "2025-11.json").read_text())
    own["zh"]["title"] = "本院告知"
    (tmp_path / "2025-11.json").write_text(json.dumps(own))
    found = find_notice("2025-11", KioskSettings(notices=tmp_path))
    assert found is not None
    assert found.zh.title == "本院告知"


@pytest.mark.parametrize("version", ["2031-01", "../2025-11", "/etc/passwd", "", ".", "a/b"])
def test_an_unknown_or_crooked_version_has_no_notice(version: str) -> None:
    assert find_notice(version, SETTINGS) is None


@pytest.mark.parametrize("path", sorted(web.NOTICES.glob("*.json")), ids=lambda path: path.stem)
def test_every_notice_that_ships_says_in_both_languages_who_what_for_how_long_and_the_other_way(
    path: Path,
) -> None:
    notice = Notice.model_validate_json(path.read_bytes())
    assert notice.version == path.stem
    assert len(notice.zh.points) == len(notice.en.points)
    for text in (notice.zh, notice.en):
        told = "".join(point.text for point in text.filled("本院", "窗口").points)
        assert "{" not in told
        assert "本院" in told
    zh = "".join(point.title + point.text for point in notice.zh.points)
    for said in ("用来做什么", "保存多久", "不", "也可以", "删除", "撤回"):
        assert said in zh, said
    assert max(len(point.text) for point in notice.zh.points) <= 120


def test_the_notice_of_enrolment_says_what_is_kept_whom_it_meets_and_who_sees_it() -> None:
    notice = Notice.model_validate_json((web.NOTICES / "enrol-2026-11.json").read_bytes())
    zh = "".join(point.title + point.text for point in notice.zh.points)
    for said in (
        "人脸模板", "加密", "照片不保存", "24个月", "立即删除", "双胞胎", "谁能看到", "医保办",
        "敏感个人信息", "单独同意", "不影响看病", "社保卡", "人工窗口", "谁也不能强迫",
        "未满14岁", "监护人同意", "更正", "个人信息保护法", "影响评估",
    ):  # fmt: skip
        assert said in zh, said
    en = "".join(point.text for point in notice.en.points)
    for said in ("24 months", "twins", "separate consent", "guardian", "withdrew", "the counter"):
        assert said in en, said


def test_a_changed_notice_has_another_digest() -> None:
    notice = Notice.model_validate_json((web.NOTICES / "2025-11.json").read_text())
    changed = notice.model_copy(update={"en": notice.zh})
    assert len(notice.sha256()) == 43
    assert notice.sha256() != changed.sha256()


def test_enrolment_is_not_offered_to_who_declined_the_face() -> None:
    asked = view(SCREENS["accepted-enrol"], SETTINGS).result
    spared = view(replace(SCREENS["accepted-enrol"], basis=DECLINED), SETTINGS).result
    assert asked is not None
    assert spared is not None
    assert (asked.enrolment_offered, spared.enrolment_offered) == (True, False)


def test_one_piece_of_advice_at_a_time() -> None:
    assert first_hint(()) is None
    assert first_hint(("blurred", "too_small")) == "too_small"
    assert first_hint(("something_new",)) == "no_face"


def test_only_the_counter_s_screen_has_a_reference() -> None:
    for name, visit in SCREENS.items():
        code = view(visit, SETTINGS).visit_code
        assert (code is not None) == (visit.step is Step.COUNTER), name


def test_the_start_says_nothing_of_anybody() -> None:
    screen = view(Visit(), SETTINGS)
    assert screen.result is screen.notice is screen.reason is None
    assert BASE.id is not None


@pytest.mark.parametrize("code", ["terminal.suspended", "terminal.clone_suspected"])
def test_staff_at_a_stopped_terminal_are_told_whom_to_ask(code: str) -> None:
    shown = view(replace(BASE, step=Step.COUNTER, reason=code, id="A" * 22), SETTINGS)
    assert shown.reason == "stopped"
    assert (
        "信息科"
        in json.loads((Path(web.__file__).parent / "catalogue.zh.json").read_text())[
            "counter.stopped"
        ]
    )
