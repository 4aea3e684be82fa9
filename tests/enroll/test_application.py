"""What a row asks for, and the first thing that is wrong with it."""

from datetime import UTC, date, datetime, timedelta

import pytest

from enroll import application, reasons
from enroll.application import CHINA, application_of, listed, masked_number
from enroll.errors import PersonRefused
from enroll.table import COLUMNS, Row
from models import errors as model_errors
from verifier.policy.models import Policy
from verifier.protocol.values import Consent

from .conftest import PEOPLE, born

TODAY = date(2025, 11, 20)
GOOD = {
    "number": PEOPLE[0].number,
    "name": "张甲",
    "photo": "0.jpg",
    "consent": "单独同意",
    "notice_version": "2025-11",
    "consented_at": "2025-11-03 09:30",
}


def code_of(policy: Policy, **changed: str) -> str:
    """The code with which such a row is refused."""
    with pytest.raises(PersonRefused) as error:
        application_of(Row(2, {**GOOD, **changed}), policy, TODAY)
    assert error.value.detail.endswith("。")
    return error.value.code


def test_a_good_row_says_who_and_on_which_consent(policy: Policy) -> None:
    found = application_of(Row(2, {**GOOD, "evidence": "表格 17"}), policy, TODAY)
    assert (found.number.number, found.name) == (PEOPLE[0].number, "张甲")
    assert found.consent.kind is Consent.SEPARATE
    assert found.consent.evidence == "表格 17"
    assert found.consent.given_at == datetime(2025, 11, 3, 1, 30, tzinfo=UTC)
    assert found.masked_name == "张*"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"number": ""}, "number_missing"),
        ({"number": "9.90101E+17"}, "id_number.length"),
        ({"number": "99010119820312001A"}, "id_number.characters"),
        ({"number": "990101198213320017"}, "id_number.birth_date"),
        ({"number": "990101198203120018"}, "id_number.check_digit"),
        ({"name": ""}, "name_missing"),
        ({"name": "张" * 65}, "name_invalid"),
        ({"name": "张\u202e甲"}, "name_invalid"),
        ({"consent": ""}, "consent_missing"),
        ({"consent": "yes"}, "consent_unknown"),
        ({"consent": "不同意"}, "consent_declined"),
        ({"consent": "监护人同意"}, "guardian_required"),
        ({"consented_at": ""}, "consent_time_missing"),
        ({"consented_at": "昨天"}, "consent_time_invalid"),
        ({"consented_at": "2025-02-30"}, "consent_time_invalid"),
        ({"consented_at": "2999-01-01"}, "consent_time_invalid"),
        ({"notice_version": ""}, "notice_missing"),
        ({"notice_version": "2019-01"}, "notice_unknown"),
        ({"consented_at": "2024-01-01"}, "notice_not_in_force"),
        ({"evidence": "x" * 65}, "evidence_invalid"),
        ({"look_alike": "1234"}, "look_alike_invalid"),
    ],
)
def test_the_first_thing_that_is_wrong_is_told(
    policy: Policy, changed: dict[str, str], code: str
) -> None:
    changed = {**changed}
    if code == "id_number.check_digit":
        last = PEOPLE[0].number[-1]
        changed["number"] = PEOPLE[0].number[:-1] + ("1" if last != "1" else "2")
    assert code_of(policy, **changed) == code


@pytest.mark.parametrize(
    ("version", "day", "code"),
    [
        ("2025-11", "2026-10-31", ""),
        ("enrol-2026-11", "2026-11-01", ""),
        ("2025-11", "2026-11-01", "notice_other_purpose"),
        ("staff-2026-11", "2026-10-31", "notice_other_purpose"),
        ("staff-2026-11", "2026-11-02", "notice_other_purpose"),
        ("enrol-2026-11", "2026-10-31", "notice_not_in_force"),
    ],
)
def test_a_consent_counts_under_the_notice_of_enrolment_of_its_day(
    policy: Policy, monkeypatch: pytest.MonkeyPatch, version: str, day: str, code: str
) -> None:
    # Whatever day it is where this runs, none of these is in the future.
    monkeypatch.setattr(application, "_CLOCK_SLACK", timedelta(days=3650))
    said = {"notice_version": version, "consented_at": f"{day} 09:30"}
    if code:
        assert code_of(policy, **said) == code
    else:
        assert application_of(Row(2, {**GOOD, **said}), policy, TODAY).consent.given_at


def test_where_a_hospital_has_no_notice_of_enrolment_its_general_one_counts(policy: Policy) -> None:
    table = policy.model_dump(mode="json")
    table["notices"] = [n for n in table["notices"] if n["version"] != "enrol-2026-11"]
    now = datetime.now(CHINA).isoformat()
    row = Row(2, {**GOOD, "consented_at": now})
    assert application_of(row, Policy.model_validate(table), TODAY).consent.notice_version


def test_a_person_is_refused_until_the_fourteenth_birthday(policy: Policy) -> None:
    assert code_of(policy, number=born("20111121")) == "guardian_required"
    application_of(Row(2, {**GOOD, "number": born("20111120")}), policy, TODAY)


@pytest.mark.parametrize(
    "cell",
    [
        "2025-11-03",
        "2025/11/3",
        "2025年11月3日",
        "2025.11.03",
        "20251103",
        "2025-11-03T00:00+08:00",
    ],
)
def test_a_day_is_read_as_it_is_written_in_china(policy: Policy, cell: str) -> None:
    found = application_of(Row(2, {**GOOD, "consented_at": cell}), policy, TODAY)
    assert found.consent.given_at == datetime(2025, 11, 3, tzinfo=CHINA)


def test_a_consent_of_just_now_is_no_future(policy: Policy) -> None:
    now = datetime.now(CHINA)
    just_now = {"consented_at": now.isoformat(), "notice_version": "enrol-2026-11"}
    found = application_of(Row(2, {**GOOD, **just_now}), policy, TODAY)
    assert now - found.consent.given_at < timedelta(seconds=1)


def test_a_number_behind_an_apostrophe_or_with_a_small_x_is_taken(policy: Policy) -> None:
    days = (f"198001{day:02d}" for day in range(1, 32))
    number = next(born(day) for day in days if born(day).endswith("X"))
    for cell in (f"'{number}", number.lower(), f" {number} "):
        found = application_of(Row(2, {**GOOD, "number": cell}), policy, TODAY)
        assert found.number.number == number


def test_an_application_shows_nothing_personal(policy: Policy) -> None:
    shown = repr(application_of(Row(2, GOOD), policy, TODAY))
    assert "张" not in shown
    assert PEOPLE[0].number not in shown
    assert PEOPLE[0].number[-4:] not in shown


def test_a_cell_may_hold_several() -> None:
    assert listed("a.jpg; b.jpg；c.jpg;") == ["a.jpg", "b.jpg", "c.jpg"]
    assert listed(" ") == []


def test_only_the_last_four_of_a_number_are_shown() -> None:
    assert masked_number(PEOPLE[0].number) == "*" * 14 + PEOPLE[0].number[-4:]
    assert masked_number("my name is Zhang") == ""


def test_every_reason_has_a_sentence_in_both_languages_and_a_column() -> None:
    for code in reasons.codes():
        assert reasons.detail_of(code).endswith("。")
        english = reasons.detail_of(code, language="en")
        assert english.isascii() or "“" in english
        assert english.endswith((".", "?"))
        assert "{" not in english
        assert reasons.column_of(code) in COLUMNS


@pytest.mark.parametrize(
    ("code", "column"),
    [
        ("id_number.check_digit", "number"),
        ("name_differs", "name"),
        ("consent_declined", "consent"),
        ("consent_time_invalid", "consented_at"),
        ("notice_other_purpose", "notice_version"),
        ("quality.blurred", "photo"),
        ("look_alike_invalid", "look_alike"),
    ],
)
def test_a_reason_names_the_column_to_look_at(code: str, column: str) -> None:
    assert reasons.column_of(code) == column


def test_every_reason_of_the_quality_gate_has_a_sentence() -> None:
    codes = {
        "no_face", "many_faces", "too_small", "too_dark", "too_bright", "blurred", "turned",
        "cut_off", "covered_mask", "covered_eyes", "covered",
    }  # fmt: skip
    assert {f"quality.{code}" for code in codes} <= reasons.codes()


def test_every_way_in_which_a_picture_is_refused_has_a_sentence() -> None:
    said = model_errors.ImageRefused.__doc__ or ""
    codes = {part.strip("`., \n") for part in said.split() if part.startswith("`image.")}
    assert "image.truncated" in codes
    assert codes <= reasons.codes()


def test_a_sentence_tells_the_clerk_what_to_do_and_takes_its_name() -> None:
    assert "张*" in reasons.detail_of("looks_like_another", "张*")
    assert all(reasons.detail_of(code).endswith("。") for code in reasons.codes())
    with pytest.raises(KeyError):
        reasons.detail_of("unheard_of")
