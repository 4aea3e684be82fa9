"""In and out, without a browser: cookies, forms of other sites, and ways back."""

import base64
import re
from datetime import timedelta
from itertools import groupby

import pytest

from console.headers import POLICY
from console.pages import Page
from console.registry import PAGES
from tests.verifier.serving.hospital import Hospital
from tests.verifier.serving.local_http import LocalHttp
from tests.verifier.serving.staff import Member, invited, member
from verifier.trust.accounts.roles import Role, roles_with
from verifier.trust.accounts.sessions import IDLE, MOST_FAILURES

from .desk import Desk, code, leads_to

SIGN_IN = "/console/sign-in"


@pytest.fixture
def wang(hospital: Hospital) -> Member:
    """A system administrator with an account."""
    return member(hospital, "g0001", Role.SYSTEM_ADMIN)


def signed_in(hospital: Hospital, somebody: Member) -> Desk:
    desk = Desk(hospital)
    assert desk.sign_in(somebody).status_code == 303
    return desk


def test_who_is_not_signed_in_is_led_to_the_form_and_back(hospital: Hospital, wang: Member) -> None:
    desk = Desk(hospital)
    way = leads_to(desk.get("/console/accounts?number=g1"))
    assert way == f"{SIGN_IN}?back=%2Fconsole%2Faccounts%3Fnumber%3Dg1"
    assert 'value="/console/accounts?number=g1"' in desk.get(way).text
    done = desk.sign_in(wang, back="/console/accounts?number=g1")
    assert leads_to(done) == "/console/accounts?number=g1"
    assert "系统管理员" in desk.get("/console").text


@pytest.mark.parametrize(
    "back",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "/console/../v1/accounts",
     "/consoles", "/console//evil.example", "/console?x=\r\nset-cookie:a=b", "javascript:alert(1)"],
)  # fmt: skip
def test_a_way_back_leads_nowhere_else(hospital: Hospital, wang: Member, back: str) -> None:
    assert leads_to(Desk(hospital).sign_in(wang, back=back)) == "/console"


def test_the_session_is_in_a_cookie_that_no_script_and_no_other_site_gets(
    hospital: Hospital, wang: Member
) -> None:
    (cookie,) = Desk(hospital).sign_in(wang).headers.get_list("set-cookie")
    assert re.fullmatch(r"session=[\w-]{43}; HttpOnly; Path=/; SameSite=strict", cookie), (
        "plain HTTP from this machine: no Secure, which would keep it away"
    )


def test_over_tls_every_cookie_is_bound_to_host_and_tls(hospital: Hospital, wang: Member) -> None:
    desk = Desk(hospital, SecureHttp(hospital))
    desk.get(SIGN_IN)
    assert list(desk.cookies) == ["__Host-browser"]
    (cookie,) = desk.sign_in(wang).headers.get_list("set-cookie")
    assert cookie.startswith("__Host-session=")
    assert cookie.endswith("; HttpOnly; Path=/; SameSite=strict; Secure")
    assert desk.get("/console").status_code == 200
    desk.cookies["session"] = desk.cookies.pop("__Host-session")
    assert leads_to(desk.get("/console")).startswith(SIGN_IN), "a plain cookie is none there"


class SecureHttp(LocalHttp):
    """The same app as it is reached over TLS."""

    def __init__(self, hospital: Hospital) -> None:
        self._inner = hospital.http

    def request(self, method, path, **said):  # type: ignore[no-untyped-def]
        return self._inner.request(method, f"https://verifier{path}", **said)


def test_over_an_open_network_no_page_opens(hospital: Hospital) -> None:
    with LocalHttp(hospital.http.app, client=("192.168.1.9", 5000), running=True) as from_afar:
        answer = Desk(hospital, from_afar).get(SIGN_IN)
        assert (answer.status_code, code(answer)) == (403, "console.needs_tls")
        assert "<form" not in answer.text.partition("<main")[2]


@pytest.mark.parametrize("wrong", ["password", "totp", "login"])
def test_one_wrong_factor_is_told_as_any_other(
    hospital: Hospital, wang: Member, wrong: str
) -> None:
    answer = Desk(hospital).sign_in(wang, **{wrong: "000000"})
    assert answer.status_code == 401
    assert "工号、密码或动态码不对，或账号已锁定" in answer.text
    assert "session" not in answer.headers.get("set-cookie", "")


def test_five_wrong_attempts_lock_the_account_and_the_page_says_for_how_long(
    hospital: Hospital, wang: Member
) -> None:
    desk = Desk(hospital)
    for _ in range(MOST_FAILURES):
        desk.sign_in(wang, password="Wrong-Harbour-27")
    answer = desk.sign_in(wang)
    assert answer.status_code == 401, "though both are right"
    assert "15分钟" in answer.text


def test_who_guesses_is_told_when_to_come_again(hospital: Hospital) -> None:
    desk = Desk(hospital)
    said = {"login": "nobody", "password": "x", "totp": "000000"}
    for _ in range(10):
        assert desk.post(SIGN_IN, SIGN_IN, **said).status_code == 401
    last = desk.post(SIGN_IN, SIGN_IN, **said)
    assert last.status_code == 429
    assert int(last.headers["retry-after"]) > 0


def test_who_signed_out_is_out_and_is_told_so_once(hospital: Hospital, wang: Member) -> None:
    desk = signed_in(hospital, wang)
    held = dict(desk.cookies)
    assert leads_to(desk.post("/console/sign-out", "/console")) == SIGN_IN
    assert "session" not in desk.cookies
    assert "已退出登录" in desk.get(SIGN_IN).text
    assert "已退出登录" not in desk.get(SIGN_IN).text
    desk.cookies = held
    assert leads_to(desk.get("/console")).startswith(SIGN_IN), "the old token counts no more"


def test_an_idle_session_ends_and_its_cookie_goes(hospital: Hospital, wang: Member) -> None:
    desk = signed_in(hospital, wang)
    token = desk.token()
    hospital.clock.ahead += IDLE + timedelta(seconds=1)
    late = desk.send("/console/language", {"form_token": token, "language": "en"})
    assert code(late) == "form.stale", "its token was the session's"
    assert leads_to(desk.get("/console")).startswith(SIGN_IN)
    assert "session" not in desk.cookies


def test_an_account_is_taken_up_on_the_pages(hospital: Hospital) -> None:
    zhao, desk = invited(hospital, "g1001"), Desk(hospital)
    weak = desk.post("/console/activation", "/console/activation", code=zhao.code, password="weak")
    assert (weak.status_code, "12位以上" in weak.text) == (409, True)
    shown = desk.post(
        "/console/activation", "/console/activation", code=zhao.code, password=zhao.password
    )
    secret = re.search(r"<code>([A-Z2-7 ]+)</code>", shown.text)
    assert secret is not None
    assert '<svg class="qr"' in shown.text
    zhao.secret = from_base32(secret[1])
    token = re.search(r'name="form_token" value="([^"]+)"', shown.text)
    assert token is not None
    form = {"form_token": token[1], "code": zhao.code}
    wrong = desk.send("/console/activation/confirmation", form | {"totp": "000000"})
    assert (wrong.status_code, secret[1] in wrong.text) == (403, False)
    right = desk.send("/console/activation/confirmation", form | {"totp": zhao.shown()})
    assert leads_to(right) == SIGN_IN
    hospital.clock.ahead += timedelta(seconds=30)
    assert leads_to(desk.sign_in(zhao)) == "/console"
    assert "您还没有角色" in desk.get("/console").text


def from_base32(text: str) -> bytes:
    bare = text.replace(" ", "")
    return base64.b32decode(bare + "=" * (-len(bare) % 8))


# Forms


def test_a_form_without_its_token_changes_nothing(hospital: Hospital, wang: Member) -> None:
    forms = sorted((page for page in PAGES if page.method == "POST"), key=roles_for)
    assert len(forms) > 100
    for number, (roles, pages) in enumerate(groupby(forms, roles_for)):
        desk = signed_in(hospital, member(hospital, f"g1{number:03d}", *roles))
        for page in pages:
            path = page.path.replace("{account}", wang.account).replace("{terminal}", wang.account)
            for token in ("", "x", "é", Desk(hospital).token(SIGN_IN)):
                answer = desk.send(path, {"form_token": token, "state": "suspended"})
                assert (answer.status_code, code(answer)) == (403, "form.stale"), path
    with hospital.database.app.connect() as conn:
        states = conn.exec_driver_sql("SELECT DISTINCT state FROM accounts").scalars().all()
    assert states == ["active"]


def roles_for(page: Page) -> list[Role]:
    return [] if page.permission is None else roles_with(page.permission)[:1]


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site", "origin": "null"},
        {"sec-fetch-site": "same-site", "origin": "null"},
        {"sec-fetch-site": "none", "origin": "null"},
        {"sec-fetch-site": "same-origin", "origin": "https://evil.example"},
        {"sec-fetch-site": "cross-site", "origin": "http://verifier"},
    ],
    ids=str,
)
def test_a_form_of_another_site_changes_nothing(
    hospital: Hospital, wang: Member, headers: dict[str, str]
) -> None:
    desk = signed_in(hospital, wang)
    answer = desk.send("/console/sign-out", {"form_token": desk.token()}, headers)
    assert (answer.status_code, code(answer)) == (403, "form.stale")
    assert desk.get("/console").status_code == 200


@pytest.mark.parametrize(("origin", "status"), [("http://verifier", 303), ("null", 403)])
def test_a_browser_that_says_only_the_origin_is_believed_if_it_is_ours(
    hospital: Hospital, wang: Member, origin: str, status: int
) -> None:
    desk = signed_in(hospital, wang)
    said = {"form_token": desk.token(), "language": "en"}
    path = "/console/language"
    held = {"cookie": f"session={desk.cookies['session']}", "origin": origin}
    assert hospital.http.post(path, data=said, headers=held).status_code == status


def test_what_a_session_was_to_be_told_is_not_believed_of_another(
    hospital: Hospital, wang: Member
) -> None:
    desk, other = signed_in(hospital, wang), Desk(hospital)
    desk.post("/console/proof", "/console/proof", password=wang.password, back="/console")
    other.get(SIGN_IN)
    other.cookies["flash"] = desk.cookies["flash"]
    assert "密码已确认" not in other.get(SIGN_IN).text
    for broken in ("x", "x.y", "é", "." * 50):
        desk.cookies["flash"] = broken
        assert desk.get("/console").status_code == 200


# Every answer


def test_every_answer_carries_the_strict_headers(hospital: Hospital, wang: Member) -> None:
    desk = signed_in(hospital, wang)
    for path in ("/console", "/console/", "/console/nowhere", SIGN_IN, "/console/accounts/x"):
        answer = desk.get(path)
        said = {name: answer.headers[name] for name in answer.headers}
        assert said["content-security-policy"] == POLICY
        assert said["permissions-policy"] == "camera=(), geolocation=(), microphone=()"
        assert said["cache-control"] == "no-store"
        assert said["referrer-policy"] == "no-referrer"
        assert said["x-content-type-options"] == "nosniff"
        assert said["x-frame-options"] == "DENY"


def test_what_is_not_there_is_a_page_in_both_languages(hospital: Hospital) -> None:
    desk = Desk(hospital)
    answer = desk.get("/console/nowhere")
    assert (answer.status_code, code(answer)) == (404, "request.not_found")
    assert "这里没有内容" in answer.text
    desk.post("/console/language", SIGN_IN, language="en")
    assert "Nothing stands at this address" in desk.get("/console/nowhere").text


def test_what_nobody_foresaw_is_a_page_without_a_trace(
    hospital: Hospital, wang: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = signed_in(hospital, wang)

    def broken(_: object) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr("verifier.api.account_changes.listed", broken)
    answer = desk.get("/console/accounts")
    assert (answer.status_code, code(answer)) == (500, "verifier.internal")
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text


def test_only_what_a_page_loads_is_handed_out(hospital: Hospital) -> None:
    for path in ("/web/tokens.css", "/console/static/console.css", "/web/dom.mjs"):
        first = hospital.http.get(path)
        assert first.status_code == 200
        again = hospital.http.get(path, headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    for path in ("/web/__init__.py", "/web/notices", "/console/static/..%2fapp.py", "/web/"):
        assert hospital.http.get(path).status_code == 404, path


def test_no_id_becomes_a_label_of_the_metrics(hospital: Hospital, wang: Member) -> None:
    desk = signed_in(hospital, wang)
    for path in (f"/console/accounts/{wang.account}", "/web/secret.css", "/console/secret"):
        desk.get(path)
    said = hospital.http.get("/metrics").text
    assert wang.account not in said
    assert "secret" not in said
    assert "/console/accounts/{account}" in said
