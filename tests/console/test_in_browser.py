"""The staff's pages in a real Chromium: a day of two administrators and a new colleague."""

import re

import pytest

from tests.verifier.serving.hospital import Hospital
from tests.verifier.serving.staff import NEXT, PASSWORD, Member, invited, member
from verifier.trust.accounts.roles import Role
from verifier.trust.accounts.sessions import MOST_FAILURES, PROVEN

from .browser import SIZES, Screen, a_screen
from .test_session import from_base32

pytestmark = pytest.mark.browser


def take_up(screen: Screen, someone: Member) -> None:
    """From the one-time code to the sign-in page, with a telephone that types the secret."""
    page = screen.page
    screen.open("/console/activation")
    page.fill("#code", someone.code)
    page.fill("#password", PASSWORD)
    page.click("main form button")
    assert page.locator("svg.qr path").count() == 1
    page.click("main summary")
    someone.secret = from_base32(page.inner_text("dd code"))
    page.fill("#totp", someone.shown())
    page.click("main form button")
    page.wait_for_url("**/console/sign-in")
    screen.hospital.clock.ahead += NEXT


def test_an_account_is_made_taken_up_given_a_role_and_used(
    chromium: str, hospital: Hospital
) -> None:
    system = member(hospital, "g0001", Role.SYSTEM_ADMIN)
    security = member(hospital, "g0002", Role.SECURITY_ADMIN)
    with a_screen(chromium, hospital) as screen:
        page = screen.page
        screen.open("/console")
        screen.sign_in(system)
        assert page.inner_text(".who") == "g0001\n系统管理员"
        page.click("nav >> text=账号")
        page.click("text=新建账号")
        page.fill("#login", "g1001")
        page.click("main form button")
        someone = Member(hospital, "g1001", page.inner_text(".once code"), "")
        assert page.locator("button[name=language]").count() == 0, "it is shown once"
        screen.sign_out()
        assert "已退出登录" in page.inner_text("[role=status]")

        take_up(screen, someone)
        assert "账号已启用" in page.inner_text("[role=status]")
        screen.sign_in(someone)
        assert "您还没有角色" in page.inner_text("main")
        screen.sign_out()

        screen.sign_in(security)
        hospital.clock.ahead += PROVEN
        page.click("nav >> text=账号")
        page.click("text=g1001")
        assert page.locator("main form").count() == 0, "no change without the password"
        page.click("text=输入密码")
        screen.prove(security)
        page.click("li:has-text('医院管理员') >> text=授予")
        assert "角色已授予" in page.inner_text("[role=status]")
        page.click("li:has-text('审计员') >> text=授予")
        assert "不能由同一人担任" in page.inner_text("main")
        screen.sign_out()

        screen.sign_in(someone)
        shown = page.locator("nav a").all_inner_texts()
        assert [shown[0], shown[-1]] == ["首页", "我的账号"]
        assert "终端" in shown
        assert "账号" not in shown, "an administrator of the hospital makes no accounts"
    assert [each for each in screen.complaints if "409" not in each] == []


def test_the_language_is_switched_on_the_page_where_one_is_and_stays(
    chromium: str, hospital: Hospital
) -> None:
    system = member(hospital, "g0001", Role.SYSTEM_ADMIN)
    with a_screen(chromium, hospital) as screen:
        screen.open("/console/accounts?number=g0")
        screen.speak("en")
        assert screen.page.inner_text("h1") == "Sign in"
        screen.sign_in(system)
        assert screen.page.url.endswith("/console/accounts?number=g0")
        assert screen.page.get_attribute("html", "lang") == "en"
        screen.speak("zh")
        assert screen.page.url.endswith("/console/accounts?number=g0")
        assert screen.page.inner_text("h1") == "账号"
        assert screen.complaints == []


def test_on_a_phone_the_rooms_are_behind_one_touch(chromium: str, hospital: Hospital) -> None:
    auditor = member(hospital, "g0001", Role.AUDITOR)
    with a_screen(chromium, hospital, SIZES["phone"]) as screen:
        page = screen.page
        screen.sign_in(auditor)
        rooms = page.locator("nav")
        assert rooms.bounding_box()["height"] < 80, "the page begins on the first screen"  # type: ignore[index]
        assert "首页" in rooms.inner_text()
        page.focus("nav summary")
        page.keyboard.press("Enter")
        page.click("nav >> text=疑点")
        assert page.inner_text("nav summary").endswith("疑点")
        assert screen.wrong() == []
        page.set_viewport_size({"width": 1366, "height": 768})
        page.wait_for_function("() => document.querySelector('nav details').open")
        assert page.locator("nav a").first.is_visible()


def test_a_wrong_password_is_told_where_the_eyes_are_and_five_lock(
    chromium: str, hospital: Hospital
) -> None:
    system = member(hospital, "g0001", Role.SYSTEM_ADMIN)
    with a_screen(chromium, hospital) as screen:
        for _ in range(MOST_FAILURES):
            screen.sign_in(system, "Wrong-Harbour-27")
        screen.sign_in(system)
        assert "连续五次不对会锁定15分钟" in screen.page.inner_text("[role=alert]:focus")
        assert screen.page.input_value("#login") == "g0001"
        assert screen.page.input_value("#password") == ""


def test_cookies_are_out_of_reach_of_scripts(chromium: str, hospital: Hospital) -> None:
    system = member(hospital, "g0001", Role.SYSTEM_ADMIN)
    with a_screen(chromium, hospital) as screen:
        screen.sign_in(system)
        assert screen.page.evaluate("document.cookie") == ""
        held = {cookie["name"]: cookie for cookie in screen.page.context.cookies()}  # type: ignore[typeddict-item]
        assert set(held) == {"session", "browser"}
        for cookie in held.values():
            assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")  # type: ignore[typeddict-item]


def test_a_form_of_which_the_token_is_gone_is_refused(chromium: str, hospital: Hospital) -> None:
    system = member(hospital, "g0001", Role.SYSTEM_ADMIN)
    with a_screen(chromium, hospital) as screen:
        screen.sign_in(system)
        screen.page.evaluate(
            "document.querySelectorAll('[name=form_token]').forEach((each) => each.remove())"
        )
        screen.sign_out()
        assert screen.page.get_attribute("[data-code]", "data-code") == "form.stale"
        screen.open("/console")
        assert screen.page.inner_text(".who strong") == "g0001"


def test_a_script_in_the_page_does_not_run(chromium: str, hospital: Hospital) -> None:
    with a_screen(chromium, hospital) as screen:
        screen.open("/console/sign-in")
        screen.page.evaluate(
            "() => { const s = document.createElement('script'); s.text = 'window.bad = 1';"
            " document.body.append(s); }"
        )
        assert screen.page.evaluate("window.bad") is None
        assert any("Content Security Policy" in each for each in screen.complaints)


def test_the_keyboard_is_enough_and_its_place_is_seen(chromium: str, hospital: Hospital) -> None:
    system = member(hospital, "g0001", Role.SYSTEM_ADMIN)
    with a_screen(chromium, hospital) as screen:
        page = screen.page
        screen.open("/console/sign-in")
        for text in (system.login, system.password, system.shown()):
            page.keyboard.type(text)
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_url("**/console")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        outline = "parseFloat(getComputedStyle(document.activeElement).outlineWidth)"
        assert page.evaluate(outline) >= 3
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "card way"


def test_a_form_is_sent_once_however_often_it_is_pressed(chromium: str, hospital: Hospital) -> None:
    system = member(hospital, "g0001", Role.SYSTEM_ADMIN)
    with a_screen(chromium, hospital) as screen:
        screen.sign_in(system)
        screen.open("/console/accounts/new")
        screen.page.fill("#login", "g1001")
        screen.page.dblclick("main form button")
        screen.page.wait_for_selector(".once code")
        posts = [a for a in screen.answers if a.request.method == "POST"]
        assert len([a for a in posts if a.url.endswith("/accounts/new")]) == 1


LOOKED_AT = (
    "/console",
    "/console/accounts",
    "/console/accounts/new",
    "/console/accounts/{account}",
    "/console/terminals",
    "/console/terminals/{terminal}",
    "/console/proof",
    "/console/self",
    "/console/self/password",
    "/console/nowhere",
)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", SIZES)
def test_every_page_is_whole_large_enough_and_open_to_all(
    chromium: str, hospital: Hospital, size: str, language: str
) -> None:
    system = member(hospital, "g0001", Role.SYSTEM_ADMIN)
    security = member(hospital, "g0002", Role.SECURITY_ADMIN)
    clerk = invited(hospital, "g1001.the-longest-login-number.x", Role.COUNTER)
    terminal = hospital.terminal()
    terminal.challenge()
    wrong: list[str] = []

    def look(screen: Screen, name: str) -> None:
        wrong.extend(f"{name}: {each}" for each in screen.wrong())
        if language == "en":
            text = re.sub("演示医院|刷脸|中文", "", screen.page.inner_text("body"))
            wrong.extend(f"{name}: {each}" for each in re.findall("[一-鿿]+", text))

    with a_screen(chromium, hospital, SIZES[size]) as screen:
        screen.open("/console/sign-in")
        screen.speak(language)
        look(screen, "sign in")
        screen.sign_in(system, "Wrong-Harbour-27")
        look(screen, "wrong")
        screen.open("/console/activation")
        look(screen, "activation")
        screen.page.fill("#code", clerk.code)
        screen.page.fill("#password", PASSWORD)
        screen.page.click("main form button")
        look(screen, "second factor")
        screen.sign_in(system)
        for path in LOOKED_AT:
            screen.open(path.format(account=clerk.account, terminal=terminal.id))
            look(screen, path)
            if screen.page.locator("main summary").count():
                screen.page.click("main summary")
                look(screen, f"{path}, opened")
        screen.open("/console/accounts/new")
        screen.page.fill("#login", "g1002")
        screen.page.click("main form button")
        look(screen, "one-time code")
        screen.sign_out()
        screen.sign_in(security)
        screen.open(f"/console/accounts/{clerk.account}")
        look(screen, "roles")
        hospital.clock.ahead += PROVEN
        screen.page.reload()
        look(screen, "roles without the password")
    assert wrong == []
