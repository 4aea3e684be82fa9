"""The physician's phone in a real Chromium, with its own WebCrypto and a position of the test's."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.verifier.fixtures import INSTITUTION
from tests.verifier.practice import clinic
from tests.verifier.practice.clinic import EAST, WEST
from tests.verifier.serving.hospital import Hospital
from tests.verifier.serving.phones import at_site, enrolled, invite
from tests.verifier.serving.staff import member
from verifier.practice.registry import HOSPITAL
from verifier.trust import terminal_states
from verifier.trust.accounts.roles import Role
from verifier.trust.accounts.sessions import PROVEN
from verifier.trust.terminal_states import State

from .browser import SIZES, a_screen
from .physician import PAGE, STEP, Physician, a_physician

pytestmark = pytest.mark.browser

EDGE = (EAST[0] + 0.0026, EAST[1])
"""Some 290 m north of the middle of a circle of 300: the accuracy reaches over the fence."""

EXPORTS = """async () => {
  const database = await new Promise((resolve, reject) => {
    const request = indexedDB.open('shualian-phone');
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const kept = await new Promise((resolve) => {
    const got = database.transaction('phone').objectStore('phone').get('mine');
    got.onsuccess = () => resolve(got.result);
  });
  const { privateKey } = kept.keys;
  const tried = await Promise.all(['pkcs8', 'jwk'].map((format) =>
    crypto.subtle.exportKey(format, privateKey).then(() => 'exported', (error) => error.name)));
  return { extractable: privateKey.extractable, tried, usages: privateKey.usages };
}"""


@pytest.fixture
def physician(chromium: str, hospital: Hospital) -> Iterator[Physician]:
    with a_physician(chromium, hospital) as made:
        made.stand(EAST)
        yield made
        known = re.compile("status of 40[139]|status of 403")
        assert [each for each in made.screen.complaints if not known.search(each)] == []


def test_a_phone_is_enrolled_at_a_site_and_its_key_cannot_be_read_out(
    physician: Physician,
) -> None:
    physician.enrol()
    assert physician.page.url.endswith(PAGE), "the code is gone from the address"
    said = physician.page.evaluate(EXPORTS)
    assert said == {
        "extractable": False,
        "tried": ["InvalidAccessError", "InvalidAccessError"],
        "usages": ["sign"],
    }
    physician.open()
    assert "现在没有签到" in physician.stands()


def test_without_a_site_s_code_of_now_it_is_not_enrolled(physician: Physician) -> None:
    code, old = invite(physician.hospital, physician.doctor.person), physician.code()
    physician.later(2 * STEP)
    physician.open()
    for said in ("", "ABCDEFGH", old):
        physician.page.fill("#own-code", code)
        assert "院区码不对或已过期" in physician.enter(said, "登记")
    assert physician.hospital.count("terminals", "kind = 'phone'") == 0
    physician.page.fill("#own-code", "AAAA-AAAA-AAAA-AAAA")
    assert "登记码无效或已过期" in physician.enter(physician.code(), "登记")
    physician.page.fill("#own-code", code.lower().replace("-", " "))
    assert "手机已登记" in physician.enter(physician.code(), "登记")


def test_on_shift_with_the_code_in_and_out_again(physician: Physician) -> None:
    physician.on_shift()
    physician.enrol()
    assert "心内科 · 东院区" in physician.page.inner_text(".stretches")
    assert "已签到" in physician.enter(physician.code().lower())
    stands = physician.stands()
    assert "在岗 · 东院区" in stands
    assert "由医务科复核；在科室终端刷脸即可直接确认" in stands
    where = "state = 'provisional' AND way = 'other' AND proof = 'site_code' AND decision IS NULL"
    assert physician.count(where) == 1
    assert physician.hospital.count("practice_points") == 1
    physician.press("签退")
    assert "已签退" in physician.told()
    assert physician.count("closed_by = 'out'") == 1


def test_with_no_position_given_the_code_alone_proves(physician: Physician) -> None:
    physician.on_shift()
    physician.stand(None)
    physician.enrol()
    assert "已签到" in physician.enter(physician.code())
    assert physician.hospital.count("practice_points") == 0


def test_near_the_fence_the_position_says_nothing_and_the_code_proves(
    physician: Physician,
) -> None:
    physician.on_shift()
    physician.stand(EDGE, accuracy=60.0)
    physician.enrol()
    assert "请输入科室终端上的院区码" in physician.enter("")
    assert "已签到" in physician.enter(physician.code())


def test_who_is_outside_is_told_though_the_code_is_right(physician: Physician) -> None:
    physician.on_shift()
    physician.enrol()
    physician.stand(WEST)
    assert "手机位置在院区外" in physician.enter("")
    assert "院区码对，但手机位置明显在院区外" in physician.enter(physician.code())
    assert physician.count() == 0


def test_no_code_a_wrong_one_an_old_one_and_one_used_before_are_told_apart(
    physician: Physician,
) -> None:
    physician.on_shift()
    physician.enrol()
    assert "手机位置不能单独证明在院内" in physician.enter("")
    assert "院区码不对或已过期" in physician.enter("ABCDEFGH")
    assert physician.page.input_value("#site-code") == "", "type a new one"
    old = physician.code()
    physician.later(2 * STEP)
    assert "院区码不对或已过期" in physician.enter(old)
    code = physician.code()
    assert "已签到" in physician.enter(code)
    physician.press("签退")
    assert "这个院区码您用过了" in physician.enter(code)
    assert physician.count() == 1


def test_outside_the_shift_one_touch_of_a_reason_checks_in_for_review(
    physician: Physician,
) -> None:
    physician.enrol()
    assert "今天没有排班" in physician.page.inner_text("main")
    names = physician.page.locator(".entry button").all_inner_texts()
    assert names == ["抢救", "急会诊", "替班", "手术延时", "加班"]
    assert "已签到，由医务科复核" in physician.enter(physician.code(), "抢救")
    assert physician.count("reason = 'rescue' AND state = 'provisional'") == 1


def test_on_shift_elsewhere_the_reason_is_asked_for_and_the_code_stays(
    physician: Physician,
) -> None:
    physician.on_shift(site="west")
    physician.enrol()
    code = physician.code()
    assert "请点一个原因签到" in physician.enter(code)
    assert physician.page.input_value("#site-code") == code
    assert "已签到" in physician.enter(None, "急会诊")


def test_from_another_site_the_person_is_asked_before_leaving_it(physician: Physician) -> None:
    physician.on_shift()
    physician.enrol()
    physician.stand(None)
    physician.enter(physician.code())
    physician.later(timedelta(minutes=40))
    page = physician.page
    for answer, site in (("不离开", "东院区"), ("确认离开", "西院区")):
        physician.open()
        page.click("main summary")
        assert "请点一个原因签到" in physician.enter(physician.code(physician.west))
        page.get_by_role("button", name="急会诊").click()
        dialog = page.get_by_role("dialog")
        assert "您正在 东院区 执业" in dialog.inner_text()
        assert physician.screen.wrong() == []
        dialog.get_by_role("button", name=answer).click()
        physician.settle()
        assert f"在岗 · {site}" in physician.stands()
    assert physician.count("closed_by = 'elsewhere'") == 1


def test_a_forgotten_check_out_is_said_the_next_day(physician: Physician) -> None:
    physician.on_shift(hours=6)
    physician.enrol()
    physician.enter(physician.code())
    physician.later(timedelta(hours=20))
    physician.open()
    forgot = physician.page.inner_text(".forgot")
    assert "忘了签退" in forgot
    physician.press("补签")
    assert "已补签" in physician.told()
    assert physician.page.locator(".forgot").count() == 0
    assert physician.count("said_out_at < until - interval '1 hour'") == 1, "the shift's end"


def test_a_colleague_s_request_is_answered_and_one_is_made(physician: Physician) -> None:
    noon = physician.now().astimezone(HOSPITAL).replace(hour=8, minute=0, second=0)
    with physician.hospital.database.app.begin() as conn:
        other = clinic.doctor(conn, physician.hospital.keyring, INSTITUTION, 2)
        for who, days in ((physician.doctor, 3), (other, 6)):
            clinic.shift(conn, INSTITUTION, who, noon + timedelta(days=days), 4)
    lin = enrolled(physician.hospital, other.person, physician.west)
    seen = lin.get("/v1/practice/phone/swaps").json()
    said = {"given": seen["own"][0], "accepter": physician.doctor.code, "taken": seen["theirs"][0]}
    assert lin.post("/v1/practice/phone/swaps", json.dumps(said).encode()).status_code == 200
    physician.enrol()
    assert "华佗 想用" in physician.page.inner_text(".swaps")
    assert physician.screen.wrong() == []
    physician.press("同意")
    assert "已同意，班次已改" in physician.told()
    physician.page.locator("summary").last.click()
    physician.page.select_option("#swap-theirs", index=1)
    physician.press("发出申请")
    assert "已发出" in physician.told()
    assert len(lin.get("/v1/practice/phone/swaps").json()["requests"]) == 1


def test_a_revoked_phone_is_told_and_may_be_enrolled_anew(physician: Physician) -> None:
    physician.on_shift()
    physician.enrol()
    with physician.hospital.database.app.begin() as conn:
        (phone,) = conn.exec_driver_sql("SELECT id FROM terminals WHERE kind = 'phone'").scalars()
        terminal_states.change(conn, INSTITUTION, phone, State.REVOKED)
    assert "这部手机已停用" in physician.enter(physician.code())
    assert physician.count() == 0
    physician.press("重新登记")
    physician.page.fill("#own-code", invite(physician.hospital, physician.doctor.person))
    assert "手机已登记" in physician.enter(physician.code(), "登记")


def test_without_the_network_the_same_touch_again_counts_once(physician: Physician) -> None:
    physician.on_shift()
    physician.enrol()
    address, page = "**/v1/practice/phone/check-ins", physician.page
    lost: list[int] = []

    def lose(route):  # type: ignore[no-untyped-def]
        route.fetch()
        lost.append(1)
        route.abort()

    page.route(address, lose, times=1)
    assert "网络不通" in physician.enter(physician.code())
    assert lost == [1]
    assert "已签到" in physician.enter()
    assert physician.count() == 1
    physician.screen.complaints.clear()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_state_is_whole_large_enough_and_open_to_all(
    physician: Physician, language: str
) -> None:
    wrong: list[str] = []
    page = physician.page

    def look(name: str) -> None:
        wrong.extend(f"{name}: {each}" for each in physician.screen.wrong())
        if language == "en":
            text = re.sub(
                "演示医院|东院区|西院区|心内科|门上|华佗|中文", "", page.inner_text("body")
            )
            wrong.extend(f"{name}: {each}" for each in re.findall("[一-鿿]+", text))

    physician.enrol()
    physician.screen.speak(language)
    physician.settle()
    look("off shift")
    page.locator(".entry button").first.click()
    physician.settle()
    look("no code")
    physician.on_shift(hours=4)
    physician.open()
    page.click("main summary")
    look("on shift, changing shifts")
    page.fill("#site-code", physician.code())
    page.locator(".entry button").last.click()
    physician.settle()
    look("in")
    page.click("main summary")
    look("to another site")
    physician.later(timedelta(hours=20))
    physician.open()
    look("forgotten")
    with physician.hospital.database.app.begin() as conn:
        conn.exec_driver_sql("UPDATE terminals SET state = 'revoked' WHERE kind = 'phone'")
    page.locator(".entry button").first.click()
    physician.settle()
    look("revoked")
    page.locator("main button").click()
    look("enrolment")
    assert wrong == []


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", SIZES)
def test_the_desk_s_pages_are_whole_large_enough_and_open_to_all(
    chromium: str, hospital: Hospital, size: str, language: str
) -> None:
    with hospital.database.app.begin() as conn:
        clinic.build(conn, INSTITUTION)
        hua = clinic.doctor(conn, hospital.keyring, INSTITUTION)
    enrolled(hospital, hua.person, at_site(hospital, "east")).state()
    affairs = member(hospital, "g3001", Role.MEDICAL_AFFAIRS)
    wrong: list[str] = []
    with a_screen(chromium, hospital, SIZES[size]) as screen:

        def look(name: str) -> None:
            wrong.extend(f"{name}: {each}" for each in screen.wrong())
            if language == "en":
                text = re.sub("演示医院|东院区|华佗|刷脸|中文", "", screen.page.inner_text("body"))
                wrong.extend(f"{name}: {each}" for each in re.findall("[一-鿿]+", text))

        screen.open("/console/sign-in")
        screen.speak(language)
        screen.sign_in(affairs)
        screen.open("/console/practice/phones?who=D99")
        look("phones")
        screen.page.click("main summary")
        look("revoking")
        screen.page.click(".rows .button.primary")
        look("code")
        hospital.clock.ahead += PROVEN
        screen.open("/console/practice/phones?who=D99")
        look("without the password")
    assert wrong == []
