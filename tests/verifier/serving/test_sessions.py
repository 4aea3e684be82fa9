"""Signing in: two factors, few attempts, and an end."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import text

from verifier.trust.accounts import accounts, passwords, sessions
from verifier.trust.accounts.roles import Role

from ..fixtures import INSTITUTION, SLOW_HASHER
from .hospital import Hospital
from .staff import NEXT, PASSWORD, Member, invited, member


@pytest.fixture(autouse=True)
def as_the_product_hashes(hospital: Hospital, monkeypatch: pytest.MonkeyPatch) -> None:
    """With 64 MiB and three passes."""
    monkeypatch.setattr(passwords, "_HASHER", SLOW_HASHER)


@pytest.fixture
def wang(hospital: Hospital) -> Member:
    """A system administrator, signed in."""
    return member(hospital, "g0001", Role.SYSTEM_ADMIN)


def kinds(hospital: Hospital) -> list[str]:
    with hospital.database.app.connect() as conn:
        return list(
            conn.scalars(text("SELECT kind FROM ledger WHERE body ? 'account' ORDER BY seq"))
        )


def test_an_account_is_taken_up_with_its_code_a_password_and_a_second_factor(
    hospital: Hospital,
) -> None:
    wang = invited(hospital, "g0001", Role.SYSTEM_ADMIN)
    assert wang.take_up().json()["login"] == "g0001"
    assert wang.sign_in().json()["code"] == "account.sign_in_failed", "not confirmed yet"
    assert wang.confirm("000000").json()["code"] == "account.code_invalid"
    assert wang.confirm().status_code == 204
    assert wang.confirm().json()["code"] == "account.code_invalid", "once"
    assert wang.sign_in().status_code == 200
    me = wang.ask("GET", "/v1/sessions/self").json()
    assert (me["login"], me["roles"], me["must_change_password"]) == (
        "g0001",
        ["system_admin"],
        False,
    )
    assert kinds(hospital) == [
        "account.created",
        "role.granted",
        "account.taken_up",
        "session.begun",
    ]


def test_a_code_that_is_old_or_of_nobody_takes_nothing_up(hospital: Hospital) -> None:
    late = invited(hospital, "g0001")
    hospital.clock.ahead += accounts.CODE_LIFE
    assert late.take_up().json()["code"] == "account.code_invalid"
    late.code = "0000-0000-0000-0000"
    assert late.take_up().json()["code"] == "account.code_invalid"


@pytest.mark.parametrize(
    "weak", ["Short-27", "g0001-Harbour-27", "allsmallletters", "AAAAbbbb1111", "x" * 129]
)
def test_a_weak_password_is_refused_and_the_code_still_counts(
    hospital: Hospital, weak: str
) -> None:
    wang = invited(hospital, "g0001")
    answer = wang.take_up(weak)
    assert answer.json()["code"] in ("account.password_weak", "request.malformed")
    assert weak not in answer.text
    assert wang.take_up().status_code == 200


def test_a_chinese_passphrase_is_a_password(hospital: Hospital) -> None:
    wang = invited(hospital, "g0001")
    assert wang.take_up("春眠不觉晓处处闻啼鸟-2026").status_code == 200


@pytest.mark.parametrize(
    "instead",
    [{"password": "Wrong-Harbour-27"}, {"totp": "000000"}, {"login": "nobody"}, {"login": "\0"}],
    ids=str,
)
def test_one_wrong_factor_is_told_as_any_other(wang: Member, instead: dict[str, str]) -> None:
    answer = wang.sign_in(**instead)
    assert (answer.status_code, answer.json()["code"]) == (401, "account.sign_in_failed")


def test_a_code_of_the_telephone_counts_once(wang: Member) -> None:
    shown = wang.shown()
    assert wang.sign_in(totp=shown).status_code == 200
    wang.hospital.clock.ahead -= NEXT
    assert wang.sign_in(totp=shown).json()["code"] == "account.sign_in_failed"


def test_five_wrong_attempts_lock_the_account_for_a_quarter_of_an_hour(wang: Member) -> None:
    for _ in range(sessions.MOST_FAILURES):
        wang.sign_in(password="Wrong-Harbour-27")
    assert wang.sign_in().json()["code"] == "account.sign_in_failed", "though both are right"
    assert "account.locked" in kinds(wang.hospital)
    wang.hospital.clock.ahead += sessions.LOCKED
    assert wang.sign_in().status_code == 200


def test_many_attempts_at_once_are_no_more_than_one_after_another(
    wang: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []
    real = passwords.matches

    def counted(password: str, phc: str | None) -> bool:
        if phc is not None:
            tried.append(password)
        return real(password, phc)

    monkeypatch.setattr(passwords, "matches", counted)
    with ThreadPoolExecutor(10) as pool:
        guesses = [pool.submit(wang.sign_in, password=f"Guess-Harbour-{n}") for n in range(10)]
        codes = {guess.result().json()["code"] for guess in guesses}
    assert codes <= {"account.sign_in_failed", "account.too_many", "verifier.busy"}
    assert len(tried) <= sessions.MOST_FAILURES


def test_one_source_is_stopped_before_it_has_tried_many_accounts(hospital: Hospital) -> None:
    said = {"login": "nobody", "password": PASSWORD, "totp": "123456"}
    codes = [hospital.http.post("/v1/sessions", json=said).json()["code"] for _ in range(11)]
    assert codes == ["account.sign_in_failed"] * 10 + ["account.too_many"]


def test_a_session_ends_after_fifteen_idle_minutes(wang: Member) -> None:
    for _ in range(3):
        wang.hospital.clock.ahead += sessions.IDLE - timedelta(minutes=1)
        assert wang.ask("GET", "/v1/sessions/self").status_code == 200
    wang.hospital.clock.ahead += sessions.IDLE + timedelta(seconds=1)
    assert wang.refused("GET", "/v1/sessions/self") == "account.session_ended"


def test_a_session_ends_after_twelve_hours_whatever_is_done_in_it(wang: Member) -> None:
    for _ in range(52):
        wang.hospital.clock.ahead += timedelta(minutes=14)
        last = wang.ask("GET", "/v1/sessions/self")
    assert last.json()["code"] == "account.session_ended"


def test_who_signed_out_is_out(wang: Member) -> None:
    assert wang.ask("DELETE", "/v1/sessions/self").status_code == 204
    assert wang.refused("GET", "/v1/sessions/self") == "account.session_ended"


def test_the_store_keeps_no_token_no_code_and_no_password(wang: Member) -> None:
    with wang.hospital.database.owner.connect() as conn:
        tables = ("accounts", "account_roles", "account_codes", "sessions", "ledger")
        kept = "".join(
            str(conn.execute(text(f"SELECT t::text FROM {table} AS t")).all()) for table in tables
        )
    for secret in (wang.token, wang.code, wang.password, wang.secret.hex()):
        assert secret not in kept
    assert "$argon2id$v=19$m=65536,t=3,p=4$" in kept


def test_what_matters_asks_for_the_password_again_after_five_minutes(wang: Member) -> None:
    said = {"json": {"login": "g0002"}}
    assert wang.ask("POST", "/v1/accounts", **said).status_code == 200
    wang.hospital.clock.ahead += sessions.PROVEN
    said = {"json": {"login": "g0003"}}
    assert wang.refused("POST", "/v1/accounts", **said) == "account.prove_again"
    assert wang.prove("Wrong-Harbour-27").json()["code"] == "account.sign_in_failed"
    assert wang.refused("POST", "/v1/accounts", **said) == "account.prove_again"
    assert wang.prove().status_code == 200
    assert wang.ask("POST", "/v1/accounts", **said).status_code == 200


def test_a_password_has_ninety_days_and_then_only_its_change_is_allowed(wang: Member) -> None:
    wang.hospital.clock.ahead += passwords.LIFE
    assert wang.sign_in().status_code == 200
    assert wang.refused("GET", "/v1/accounts") == "account.password_expired"
    path, fresh = "/v1/sessions/self/password", "Windy-Harbour-28"
    same = {"old": wang.password, "new": wang.password}
    assert wang.refused("POST", path, json=same) == "account.password_weak"
    wrong = {"old": "Wrong-Harbour-27", "new": fresh}
    assert wang.refused("POST", path, json=wrong) == "account.sign_in_failed"
    changed = {"old": wang.password, "new": fresh}
    assert wang.ask("POST", path, json=changed).status_code == 204
    assert wang.ask("GET", "/v1/accounts").status_code == 200
    assert wang.sign_in().status_code == 401
    wang.password = fresh
    assert wang.sign_in().status_code == 200


def test_another_password_ends_every_other_session(wang: Member) -> None:
    other = wang.token
    assert wang.sign_in().status_code == 200
    said = {"old": wang.password, "new": "Windy-Harbour-28"}
    assert wang.ask("POST", "/v1/sessions/self/password", json=said).status_code == 204
    assert wang.ask("GET", "/v1/sessions/self").status_code == 200
    wang.token = other
    assert wang.refused("GET", "/v1/sessions/self") == "account.session_ended"


@pytest.mark.parametrize("header", ["Session", "Session ", "session \0", "Session " + "x" * 9000])
def test_what_is_no_session_is_refused(hospital: Hospital, header: str) -> None:
    answer = hospital.http.get("/v1/sessions/self", headers={"authorization": header})
    assert answer.status_code == 401


def test_the_logs_name_nobody_and_no_secret(
    wang: Member, capsys: pytest.CaptureFixture[str]
) -> None:
    wang.sign_in(password="Wrong-Harbour-27")
    wang.take_up("g0001-Harbour-27")
    said = "".join(capsys.readouterr())
    for secret in ("Harbour", wang.token, wang.code, "g0001"):
        assert secret not in said


def test_another_institution_knows_neither_login_nor_session(
    wang: Member, hospital: Hospital
) -> None:
    doors = sessions.Doors(hospital.site.parts.engine, hospital.keyring, "H99010100002")
    assert doors.of_token(wang.token, hospital.clock()) is None
    with pytest.raises(sessions.SignInRefused):
        doors.sign_in(wang.login, wang.password, wang.shown(), hospital.clock())
    assert wang.ask("GET", "/v1/sessions/self").json()["institution"] == INSTITUTION
