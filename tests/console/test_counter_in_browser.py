"""The counter in a real Chromium: referral, emergency, proxy, lost card, second person."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from tests.verifier.fixtures import INSTITUTION
from tests.verifier.serving.counters import findings
from tests.verifier.serving.hospital import (
    Hospital,
    Person,
    Terminal,
    card,
    invent,
    visit_of,
)
from tests.verifier.serving.staff import PASSWORD, member
from verifier.identity import authorisations, face_marks, ties
from verifier.protocol.claim import Evidence
from verifier.protocol.decision import ClaimAnswer
from verifier.protocol.desk import DESK, SentReading
from verifier.protocol.receipt import Receipt, check_receipt
from verifier.protocol.values import Assurance, Outcome, visit_number
from verifier.trust.accounts.roles import Role
from verifier.trust.accounts.sessions import PROVEN

from .browser import SIZES, Screen, a_screen
from .desk import Desk, code, leads_to

pytestmark = pytest.mark.browser

COUNTER = "/console/counter"
ZHANG, LI = invent(1), invent(2, "李四")


def referred(hospital: Hospital, terminal: Terminal, purpose: str = "dispensing") -> ClaimAnswer:
    """Zhang's card with another's face: the terminal sends to the counter."""
    hospital.enrol(ZHANG)
    answer = terminal.decide(visit_of(ZHANG, LI.face), purpose)
    assert "counter" in answer.decision.next_steps
    return answer


def receipt_of(hospital: Hospital, visit: str) -> Receipt:
    """The newest receipt of a visit, as its HIS checks it."""
    with hospital.database.app.connect() as conn:
        compact = conn.scalar(
            text(
                "SELECT r.compact FROM receipts AS r JOIN decisions AS d ON d.id = r.decision "
                "WHERE d.visit = :visit ORDER BY d.decided_at DESC LIMIT 1"
            ),
            {"visit": visit},
        )
    jwks = hospital.http.get("/.well-known/jwks.json").json()
    return check_receipt(
        str(compact), jwks, audience=INSTITUTION, visit=visit, accept_simulated=True
    )


def verify(screen: Screen, person: Person) -> None:
    """The clerk types what the document says."""
    screen.page.fill("#number", person.number)
    screen.page.check("input[name=seen]")
    screen.page.click("form[action$='/document'] button")


def test_a_referral_made_at_the_terminal_is_resolved_at_the_counter_and_the_person_passes(
    chromium: str, hospital: Hospital
) -> None:
    terminal = hospital.terminal()
    visit = referred(hospital, terminal).decision.visit
    clerk = member(hospital, "c0001", Role.COUNTER)
    with a_screen(chromium, hospital) as screen:
        page = screen.page
        screen.sign_in(clerk)
        page.click("nav >> text=人工窗口")
        line = page.locator("#board tr", has_text=visit_number(visit))
        assert "镜头里的样子与登记照片没对上" in line.inner_text()
        assert "张" not in line.inner_text(), "no name before somebody took it"
        line.locator("button").click()
        assert "张*" in page.inner_text(".pairs")
        wrong = ZHANG.number[:-1] + ("1" if ZHANG.number[-1] != "1" else "2")
        page.fill("#number", wrong)
        assert "校验位不符" in page.inner_text("#number-check")
        verify(screen, ZHANG)
        assert "已核对" in page.inner_text("[role=status]")
        assert "居民身份证" in page.inner_text("main")
        assert ZHANG.number not in page.content()
        assert visit not in page.url
    receipt = receipt_of(hospital, visit)
    assert (receipt.outcome, receipt.assurance) == (Outcome.ACCEPTED, Assurance.COUNTER_DOCUMENT)
    assert receipt.sub is not None
    assert screen.complaints == []
    assert findings(hospital) == []


def test_a_document_of_the_desks_own_reader_resolves_without_typing(
    chromium: str, hospital: Hospital
) -> None:
    visit = referred(hospital, hospital.terminal()).decision.visit
    desk = hospital.terminal([DESK])
    clerk = member(hospital, "c0001", Role.COUNTER)
    with a_screen(chromium, hospital) as screen:
        page = screen.page
        screen.sign_in(clerk)
        screen.open(COUNTER)
        page.click("#board .button.primary")
        page.check("input[value=reading]")
        page.check("input[name=seen]")
        page.click("form[action$='/document'] button")
        assert "没有新读到的证件" in page.inner_text("[role=alert]")
        lay(desk, ZHANG)
        page.check("input[name=seen]")
        page.click("form[action$='/document'] button")
        assert "窗口读卡器" in page.inner_text("main")
    assert receipt_of(hospital, visit).assurance is Assurance.COUNTER_DOCUMENT
    assert findings(hospital) == []


def lay(desk: Terminal, person: Person) -> None:
    """The card on the desk's reader, sealed and signed by its agent."""
    challenge = desk.get("/v1/readings/key").json()
    from joserfc.jwk import OKPKey

    key = OKPKey.import_key({**challenge["seal_key"]})
    sent = SentReading(evidence=Evidence(reading=card(person)).sealed(key))
    assert desk.post("/v1/readings", sent.model_dump_json().encode()).status_code == 204


def test_an_emergency_gets_a_wristband_in_one_touch_and_is_verified_later(
    chromium: str, hospital: Hospital
) -> None:
    person = hospital.register(ZHANG)
    clerk = member(hospital, "c0001", Role.COUNTER)
    with a_screen(chromium, hospital) as screen:
        page = screen.page
        screen.sign_in(clerk)
        hospital.clock.ahead += PROVEN  # one touch, whenever the password was given
        screen.open(COUNTER)
        page.click("text=急诊先救")
        number = page.inner_text(".wristband .ticket")
        assert re.fullmatch(r"JZ\d{6}001", number)
        assert page.locator(".wristband svg.qr").count() == 1
        page.click("nav >> text=补核验")
        page.click("main .button.primary")
        verify(screen, ZHANG)
        assert "已核对" in page.inner_text("[role=status]")
    with hospital.database.app.connect() as conn:
        visit, whose, state = conn.execute(
            text("SELECT visit, person, state FROM counter_items")
        ).one()
    assert (whose, state) == (person, "resolved")
    assert receipt_of(hospital, visit).reasons == ["entered_later"]
    assert findings(hospital) == []


def by_proxy(screen: Screen) -> None:
    """The clerk sees Li's document and Zhang's."""
    screen.open(COUNTER)
    screen.page.click("#board .button.primary")
    screen.page.click("summary >> text=由他人代办")
    screen.page.check("input[name=proxy]")
    screen.page.fill("#proxy_number", LI.number)
    verify(screen, ZHANG)
    assert "代办人证件" in screen.page.inner_text("main")


def test_a_proxy_comes_to_the_counter_with_both_documents(
    chromium: str, hospital: Hospital
) -> None:
    hospital.register(LI)
    visit = referred(hospital, hospital.terminal()).decision.visit
    clerk = member(hospital, "c0001", Role.COUNTER)
    with a_screen(chromium, hospital) as screen:
        screen.sign_in(clerk)
        by_proxy(screen)
    assert receipt_of(hospital, visit).reasons == ["by_proxy"]
    assert findings(hospital) == []


def test_a_standing_authorisation_is_named_and_counted_until_it_is_used_up(
    chromium: str, hospital: Hospital
) -> None:
    terminal, proxy = hospital.terminal(), hospital.register(LI)
    visits = [referred(hospital, terminal).decision.visit]
    patient = hospital.register(ZHANG)
    ends = datetime.now(UTC) + timedelta(days=30)
    given = {"scope": ["dispensing"], "uses": 1, "expires_at": ends, "by": "e0001"}
    with hospital.database.app.begin() as conn:
        ties.tie(conn, INSTITUTION, patient, proxy, "proxy", "child", "e0001")
        authorisations.give(conn, INSTITUTION, patient, proxy, **given)  # type: ignore[arg-type]
    clerk = member(hospital, "c0001", Role.COUNTER)
    with a_screen(chromium, hospital) as screen:
        screen.sign_in(clerk)
        by_proxy(screen)
        again = terminal.decide(visit_of(ZHANG, LI.face), "dispensing")
        visits.append(again.decision.visit)
        by_proxy(screen)
    reasons = [receipt_of(hospital, visit).reasons for visit in visits]
    assert reasons == [["by_proxy", "standing_authorisation"], ["by_proxy"]]
    assert hospital.count("standing_authorisations", "used = 1") == 1
    assert findings(hospital) == []


def test_a_colleague_agrees_to_letting_pass_in_a_session_of_the_own(
    chromium: str, hospital: Hospital
) -> None:
    visit = referred(hospital, hospital.terminal(), "settlement").decision.visit
    clerk = member(hospital, "c0001", Role.COUNTER)
    office = member(hospital, "o0001", Role.INSURANCE_OFFICE)
    with a_screen(chromium, hospital) as screen:
        page = screen.page
        screen.sign_in(clerk)
        screen.open(COUNTER)
        page.click("#board .button.primary")
        hospital.clock.ahead += PROVEN
        page.reload()
        assert page.locator("#why").count() == 0, "the password first"
        page.click("a[href^='/console/proof']")
        page.fill("#password", PASSWORD)
        page.click("main form button")
        page.select_option("#why", "appearance")
        page.click("text=请同事复核")
        assert "已请同事复核" in page.inner_text("[role=status]")
        page.click("nav >> text=双人复核")
        assert "由另一位同事复核" in page.inner_text("main")
        screen.sign_out()
        screen.sign_in(office)
        page.click("nav >> text=双人复核")
        assert "容貌有变化" in page.inner_text("main")
        page.click("text=同意放行")
        assert "已同意放行" in page.inner_text("[role=status]")
    receipt = receipt_of(hospital, visit)
    assert (receipt.assurance, receipt.reasons) == (None, ["let_pass", "let_pass.appearance"])
    assert findings(hospital) == []


def test_a_lost_card_is_referred_until_two_identifiers_take_it_off(
    chromium: str, hospital: Hospital
) -> None:
    terminal = hospital.terminal()
    hospital.enrol(ZHANG)
    clerk = member(hospital, "c0001", Role.COUNTER)
    with a_screen(chromium, hospital) as screen:
        page = screen.page
        screen.sign_in(clerk)
        page.click("nav >> text=挂失")
        page.select_option("#document", "resident_id")
        page.fill("#number", ZHANG.number)
        page.fill("#second_number", "张三")
        page.click("form[action='/console/counter/lost'] button")
        assert "已挂失" in page.inner_text("[role=status]")
        assert ZHANG.number[-4:] not in page.inner_text("main")
        answer = terminal.decide(visit_of(ZHANG))
        assert answer.decision.reasons == ["card_on_hold"]
        assert answer.decision.outcome is Outcome.REFER
        page.select_option("#off_document", "resident_id")
        page.fill("#off_number", ZHANG.number)
        page.fill("#second_number_off", "李四")
        page.click("form[action$='/ended'] button")
        assert "不相符" in page.inner_text("[role=alert]")
        page.select_option("#off_document", "resident_id")
        page.fill("#off_number", ZHANG.number)
        page.fill("#second_number_off", "张三")
        page.click("form[action$='/ended'] button")
        assert "已解除挂失" in page.inner_text("[role=status]")
    assert terminal.decide(visit_of(ZHANG)).decision.outcome is Outcome.ACCEPTED
    assert findings(hospital) == []


def test_a_line_of_a_downtime_sheet_is_entered_with_both_times(
    chromium: str, hospital: Hospital
) -> None:
    person = hospital.register(ZHANG)
    clerk = member(hospital, "c0001", Role.COUNTER)
    with a_screen(chromium, hospital) as screen:
        page = screen.page
        screen.sign_in(clerk)
        page.click("nav >> text=停机补录")
        page.click("text=停机登记单 >> nth=0")
        line = page.locator(".grid tbody th").first.inner_text()
        assert re.fullmatch(r"TJ\w{6}-01", line)
        screen.open(f"{COUNTER}/downtime")
        was = hospital.clock() - timedelta(hours=3) + timedelta(hours=8)
        page.fill("#line", line)
        page.fill("#happened_at", f"{was:%Y-%m-%dT%H:%M}")
        page.fill("#number", ZHANG.number)
        page.check("input[name=seen]")
        page.click("main form button")
        assert "已补录" in page.inner_text("[role=status]")
        assert "补录时间" in page.inner_text(".pairs >> nth=0")
        screen.open(f"{COUNTER}/downtime")
        page.fill("#line", line)
        page.fill("#happened_at", f"{was:%Y-%m-%dT%H:%M}")
        page.fill("#number", ZHANG.number)
        page.check("input[name=seen]")
        page.click("main form button")
        assert "已经补录过" in page.inner_text("[role=alert]")
    with hospital.database.app.connect() as conn:
        row = conn.execute(
            text("SELECT happened_at, entered_at, entered_by, person, visit FROM counter_items")
        ).one()
    assert timedelta(hours=2.9) < row.entered_at - row.happened_at < timedelta(hours=3.1)
    assert (row.entered_by, row.person) == (clerk.account, person)
    assert receipt_of(hospital, row.visit).reasons == ["entered_later"]
    assert findings(hospital) == []


def test_who_goes_without_a_face_is_not_asked_again(hospital: Hospital) -> None:
    person = hospital.enrol(ZHANG)
    hospital.terminal().decide(visit_of(ZHANG, LI.face), "dispensing")
    desk = Desk(hospital)
    desk.cookies["session"] = member(hospital, "c0001", Role.COUNTER).token
    found = re.search(r"/console/counter/items/[\w-]{22}", desk.get(COUNTER).text)
    assert found is not None
    desk.post(f"{found[0]}/taken", COUNTER)
    assert "不刷脸，已登记" not in desk.get(found[0]).text
    with hospital.database.app.begin() as conn:
        face_marks.mark(conn, INSTITUTION, person, "own_wish", None, "e0001", hospital.clock())
    assert "不刷脸，已登记" in desk.get(found[0]).text


def test_a_result_is_taken_back_and_its_receipt_is_gone(hospital: Hospital) -> None:
    visit = referred(hospital, hospital.terminal()).decision.visit
    clerk = member(hospital, "c0001", Role.COUNTER)
    desk = Desk(hospital)
    desk.cookies["session"] = clerk.token
    found = re.search(r"/console/counter/items/[\w-]{22}", desk.get(COUNTER).text)
    assert found is not None
    one = found[0]
    assert leads_to(desk.post(f"{one}/taken", COUNTER)) == one
    said = {"document": "resident_id", "number": ZHANG.number, "seen": "yes"}
    assert leads_to(desk.post(f"{one}/document", one, **said)) == one
    receipt = receipt_of(hospital, visit)
    assert clerk.ask("GET", f"/v1/receipts/{receipt.jti}").status_code == 200
    assert leads_to(desk.post(f"{one}/reversed", one, sure="yes")) == one
    assert clerk.refused("GET", f"/v1/receipts/{receipt.jti}") == "receipt.reversed"
    assert code(desk.post(f"{one}/reversed", one)) == "counter.state"


GIVEN = "演示医院|刷脸|中文|张\\*"
"""Names that somebody gave, and the switch to Chinese."""


def look(screen: Screen, name: str, language: str) -> list[str]:
    """What is wrong with the page, and what is left untranslated."""
    screen.page.wait_for_load_state()  # its style too
    wrong = [f"{name}: {each}" for each in screen.wrong()]
    if language == "en":
        said = re.sub(GIVEN, "", screen.page.inner_text("body"))
        wrong += [f"{name}: {each}" for each in re.findall("[一-鿿]+", said)]
    return wrong


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", SIZES)
def test_every_page_of_the_counter_is_whole_large_enough_and_open_to_all(
    chromium: str, hospital: Hospital, size: str, language: str
) -> None:
    terminal = hospital.terminal()
    desk = hospital.terminal([DESK])
    for purpose in ("dispensing", "settlement", "admission"):
        referred(hospital, terminal, purpose)
    clerk = member(hospital, "c0001", Role.COUNTER)
    wrong: list[str] = []
    with a_screen(chromium, hospital, SIZES[size]) as screen:
        page = screen.page
        screen.open("/console/sign-in")
        screen.speak(language)
        screen.sign_in(clerk)
        screen.open(COUNTER)
        wrong += look(screen, "queue", language)
        page.click(".urgent")
        wrong += look(screen, "wristband", language)
        hospital.site.prints.ask(desk.id, "ready")
        page.reload()
        wrong += look(screen, "wristband with a printer", language)
        page.locator("form[action$='/wristband'] button").click()
        (job,) = hospital.site.prints.ask(desk.id, "ready")
        hospital.site.prints.done(desk.id, job.job, "no_paper")
        page.locator("text=/装纸后重打|print again/").wait_for()  # the page looks again by itself
        wrong += look(screen, "wristband without paper", language)
        screen.open(COUNTER)
        page.click("#board .button.primary >> nth=0")
        page.locator("main summary").first.click()
        wrong += look(screen, "one visit", language)
        verify(screen, ZHANG)
        wrong += look(screen, "resolved", language)
        screen.open(COUNTER)
        page.locator("#board tr", has_text=re.compile("结算|settlement")).locator("button").click()
        page.select_option("#why", "minor")
        page.click(".button.care")
        wrong += look(screen, "asked", language)
        for path in ("", "/later", "/second", "/lost", "/downtime", "/downtime/sheet"):
            screen.open(COUNTER + path)
            wrong += look(screen, path or "queue again", language)
    assert wrong == []
    assert screen.complaints == []
