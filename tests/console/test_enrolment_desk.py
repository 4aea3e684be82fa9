"""The enrolment desk's pages without a browser: what is typed, files, proxies, merges."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.verifier.fixtures import INSTITUTION
from tests.verifier.serving.hospital import CHILD, Hospital, invent
from tests.verifier.serving.staff import Member, member
from verifier.identity import templates
from verifier.identity.subject import export
from verifier.trust.accounts.roles import Role

from .desk import Desk, code, leads_to
from .enrolling import number_of

ENROL, PEOPLE, MERGES = "/console/enrol", "/console/people", "/console/merges"
WITHOUT = f"{PEOPLE}/without"
ZHANG = invent(1)
ADULT = number_of("19800105", "021")


def at_a_desk(hospital: Hospital, somebody: Member) -> Desk:
    desk = Desk(hospital)
    desk.cookies["session"] = somebody.token
    return desk


@pytest.fixture
def clerk(hospital: Hospital) -> Desk:
    return at_a_desk(hospital, member(hospital, "e0001", Role.ENROLMENT_CLERK))


@pytest.fixture
def office(hospital: Hospital) -> Desk:
    return at_a_desk(hospital, member(hospital, "e0002", Role.INSURANCE_OFFICE))


def opened(clerk: Desk, number: str) -> str:
    """The address of the file that has the number."""
    return leads_to(clerk.post(PEOPLE, PEOPLE, kind="resident_id", number=number))


def test_without_models_that_see_frames_nobody_is_enrolled_and_the_page_says_so(
    clerk: Desk,
) -> None:
    assert "本服务器不能登记人脸" in clerk.get(ENROL).text
    said = clerk.post(ENROL, ENROL, kind="resident_id", number=ADULT, name="张三")
    assert said.status_code == 409


def test_a_file_is_found_by_a_number_that_stands_in_no_address(
    hospital: Hospital, clerk: Desk
) -> None:
    person = hospital.enrol(ZHANG)
    assert opened(clerk, ZHANG.number) == f"{PEOPLE}/{person}"
    page = clerk.get(f"{PEOPLE}/{person}").text
    assert "张三" in page
    assert ZHANG.number not in page, "only its end is shown"
    assert "告知书 2025-11" in page


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("", "请输入证件号码"),
        ("12345", "应为18位"),
        (ADULT[:17] + ("1" if ADULT[17] != "1" else "2"), "校验码不符"),
        ("990101198013050211", "出生日期不存在"),
        (ADULT, "没有找到这份档案"),
    ],
)
def test_a_number_that_will_not_do_is_answered_in_words(
    clerk: Desk, number: str, said: str
) -> None:
    answer = clerk.post(PEOPLE, PEOPLE, kind="resident_id", number=number)
    assert answer.status_code in (404, 422)
    assert said in answer.text


def test_withdrawal_asks_whether_one_is_sure_and_leaves_no_template(
    hospital: Hospital, clerk: Desk
) -> None:
    one = f"{PEOPLE}/{hospital.enrol(ZHANG)}"
    assert code(clerk.post(f"{one}/withdrawn", one)) == "form.malformed"
    assert hospital.count("templates") == 1
    assert leads_to(clerk.post(f"{one}/withdrawn", one, sure="yes")) == one
    assert hospital.count("templates") == 0
    assert "没有有效的同意" in clerk.get(one).text


def test_who_agreed_under_an_earlier_notice_may_agree_to_the_present_one_without_a_picture(
    hospital: Hospital, clerk: Desk
) -> None:
    person = hospital.enrol(ZHANG)
    one = f"{PEOPLE}/{person}"
    with hospital.database.app.connect() as conn:
        before = conn.execute(text("SELECT id, vector_sealed, revision FROM templates")).one()
    page = clerk.get(one).text
    assert "登记时的告知是旧版" in page
    assert "24个月" in page, "the present notice stands there to be read"
    assert leads_to(clerk.post(f"{one}/agreed", one)) == one
    now = clerk.get(one).text
    assert "登记时的告知是旧版" not in now
    assert "告知书 enrol-2026-11" in now
    assert "withdrawn" in now, "and is as easily withdrawn"
    resting = "id IN (SELECT consent FROM templates) AND notice_version = 'enrol-2026-11'"
    assert hospital.count("consents", f"{resting} AND kind = 'separate'") == 1
    with hospital.database.app.connect() as conn:
        after = conn.execute(text("SELECT id, vector_sealed, revision FROM templates")).one()
    assert after == before, "no template was made anew"
    assert hospital.count("ledger", "kind = 'template.consent_renewed'") == 1
    clerk.post(f"{one}/agreed", one)
    assert hospital.count("consents") == 2, "a second touch changes nothing"


def test_a_consent_under_an_earlier_notice_stays_good_and_a_withdrawal_ends_both(
    hospital: Hospital, clerk: Desk
) -> None:
    person = hospital.enrol(ZHANG)
    one = f"{PEOPLE}/{person}"
    with hospital.database.app.begin() as conn:
        found = templates.for_decision(conn, hospital.keyring, hospital.gallery, person)
    assert isinstance(found, templates.TemplateForDecision)
    assert found.notice_version == "2025-11"
    clerk.post(f"{one}/agreed", one)
    clerk.post(f"{one}/withdrawn", one, sure="yes")
    assert hospital.count("consents", "withdrawn_at IS NULL") == 0
    assert hospital.count("templates") == 0
    clerk.post(f"{one}/agreed", one)
    assert hospital.count("consents", "withdrawn_at IS NULL") == 0, "nothing to renew"


def test_a_policy_decides_whether_people_are_asked_anew(hospital: Hospital, clerk: Desk) -> None:
    one = f"{PEOPLE}/{hospital.enrol(ZHANG)}"
    desk = hospital.http.app.state.enrolment
    quiet = desk.policy.enrolment.model_copy(update={"renew": False})
    desk.policy = desk.policy.model_copy(update={"enrolment": quiet})
    assert "登记时的告知是旧版" not in clerk.get(one).text
    clerk.post(f"{one}/agreed", one)
    assert hospital.count("consents") == 1


def test_a_childs_consent_is_renewed_by_a_guardian_alone(hospital: Hospital, clerk: Desk) -> None:
    one = f"{PEOPLE}/{hospital.enrol(CHILD)}"
    page = clerk.get(one).text
    assert "须监护人同意" in page
    assert f"{one}/agreed" not in page
    assert clerk.post(f"{one}/agreed", one).status_code == 422
    assert hospital.count("consents") == 1


def test_a_newborn_stands_under_the_mother_without_a_face_and_gets_a_number_later(
    hospital: Hospital, clerk: Desk
) -> None:
    said = {"kind": "newborn", "mother_number": ADULT, "mother_name": "李四", "name": "李四之女"}
    one = leads_to(clerk.post(WITHOUT, WITHOUT, **said))
    page = clerk.get(one).text
    assert "临时档案" in page
    assert "母亲" in page
    assert "李*" in page, "the mother's name is masked"
    assert hospital.count("people", "state = 'provisional'") == 1
    assert "李***" in clerk.get(WITHOUT).text
    newborn = {"kind": "resident_id", "number": CHILD.number, "name": "李小"}
    assert leads_to(clerk.post(f"{one}/number", one, **newborn)) == one
    assert hospital.count("people", "state = 'provisional'") == 0
    assert opened(clerk, CHILD.number) == one


def test_a_number_that_somebody_has_is_not_given_to_another(
    hospital: Hospital, clerk: Desk
) -> None:
    hospital.register(ZHANG)
    one = leads_to(clerk.post(WITHOUT, WITHOUT, kind="unknown", name="无名氏"))
    answer = clerk.post(f"{one}/number", one, kind="resident_id", number=ZHANG.number, name="张三")
    assert answer.status_code == 409
    assert "已属于另一份档案" in answer.text


def test_a_proxy_is_recorded_authorised_and_ended(hospital: Hospital, clerk: Desk) -> None:
    one = f"{PEOPLE}/{hospital.register(ZHANG)}"
    proxy = {"number": ADULT, "name": "李四", "relation": "spouse"}
    assert leads_to(clerk.post(f"{one}/proxies", one, **proxy)) == one
    page = clerk.get(one).text
    assert "配偶" in page
    found = re.search(r'<option value="([\w-]{22})">李\*', page)
    assert found is not None
    until = (hospital.clock() + timedelta(days=30)).date().isoformat()
    said = {"proxy": found[1], "scope": "settlement", "uses": "3", "until": until}
    assert leads_to(clerk.post(f"{one}/authorisations", one, **said)) == one
    page = clerk.get(one).text
    assert "医保结算" in page
    assert "已用 0/3 次" in page
    for wrong in ({"uses": "0"}, {"uses": "many"}, {"until": "2999-01-01"}, {"until": "x"}):
        assert clerk.post(f"{one}/authorisations", one, **(said | wrong)).status_code == 422
    assert clerk.post(f"{one}/authorisations", one, **(said | {"scope": "x"})).status_code == 422
    tie = re.search(r'name="tie" value="([\w-]{22})"', page)
    assert tie is not None
    clerk.post(f"{one}/ties/ended", one, tie=tie[1])
    assert "已收回" in clerk.get(one).text, "with the proxy goes what was given"


def test_who_goes_without_a_face_is_marked_and_the_mark_is_lifted(
    hospital: Hospital, clerk: Desk
) -> None:
    one = f"{PEOPLE}/{hospital.register(ZHANG)}"
    said = {"faceless_reason": "own_wish", "until": "2024-01-01"}
    assert "请选择今天或以后的日期" in clerk.post(f"{one}/faceless", one, **said).text
    assert leads_to(clerk.post(f"{one}/faceless", one, **said | {"until": ""})) == one
    assert "本人不愿刷脸" in clerk.get(one).text
    assert leads_to(clerk.post(f"{one}/faceless/lifted", one)) == one
    assert "没有登记。刷脸本来就是自愿的" in clerk.get(one).text
    assert "没有有效的登记" in clerk.post(f"{one}/faceless/lifted", one).text


def test_a_child_is_no_proxy(hospital: Hospital, clerk: Desk) -> None:
    one = f"{PEOPLE}/{hospital.register(ZHANG)}"
    proxy = {"number": CHILD.number, "name": "小明", "relation": "child"}
    assert "须为成年人" in clerk.post(f"{one}/proxies", one, **proxy).text


def test_a_merge_is_asked_by_one_and_approved_by_another(
    hospital: Hospital, clerk: Desk, office: Desk
) -> None:
    kept, other = hospital.enrol(ZHANG), hospital.enrol(invent(2, "张三"))
    one = f"{PEOPLE}/{kept}"
    said = {"number": invent(2).number, "reason": "registered_twice"}
    assert leads_to(clerk.post(f"{one}/merged", one, **said)) == one
    merge = re.search(r'name="merge" value="([\w-]{22})"', clerk.get(MERGES).text)
    assert merge is not None
    own = clerk.post(MERGES, MERGES, merge=merge[1], decision="approve")
    assert own.status_code == 403
    assert "申请人不能核准" in own.text
    assert leads_to(office.post(MERGES, MERGES, merge=merge[1], decision="approve")) == MERGES
    assert opened(clerk, invent(2).number) == one
    assert "已合并到另一份档案" in clerk.get(f"{PEOPLE}/{other}").text
    office.post(MERGES, MERGES, merge=merge[1], decision="undo")
    clerk.post(MERGES, MERGES, merge=merge[1], decision="approve")
    assert opened(clerk, invent(2).number) == f"{PEOPLE}/{other}"


def test_a_person_s_copy_tells_what_the_desk_wrote(hospital: Hospital, clerk: Desk) -> None:
    person = hospital.register(ZHANG)
    one = f"{PEOPLE}/{person}"
    proxy = {"number": ADULT, "name": "李四", "relation": "spouse"}
    clerk.post(f"{one}/proxies", one, **proxy)
    with hospital.database.app.begin() as conn:
        copy = export(conn, hospital.keyring, INSTITUTION, person)
    (tie,) = copy.stands
    assert (tie.form, tie.relation, tie.stands_for) == ("proxy", "spouse", False)
    assert "李四" not in copy.model_dump_json(), "a proxy's name is the proxy's"


def test_files_of_another_institution_are_not_there(hospital: Hospital, clerk: Desk) -> None:
    person = hospital.register(ZHANG)
    with hospital.database.owner.begin() as conn:
        conn.execute(
            text(
                "INSERT INTO institutions (code, name, demo, created_at) "
                "VALUES ('H99010100002', 'other', true, now())"
            )
        )
        conn.execute(text("UPDATE identifiers SET institution = 'H99010100002'"))
        conn.execute(text("UPDATE people SET institution = 'H99010100002'"))
    one = f"{PEOPLE}/{person}"
    assert clerk.get(one).status_code == 404
    for act in ("withdrawn", "number", "proxies", "merged", "enrolled"):
        answer = clerk.post(f"{one}/{act}", PEOPLE, sure="yes", number=ADULT, name="x", reason="")
        assert answer.status_code in (404, 409, 422), act
    assert hospital.count("person_ties") == 0
