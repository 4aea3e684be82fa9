"""Who may call what: as documented, and as it is."""

import json
import re
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, OKPKey

from verifier.api import docs_page, snapshot
from verifier.api.access import Access
from verifier.api.app import bare_app, openapi
from verifier.identity.galleries import Gallery
from verifier.protocol import jose
from verifier.protocol.values import new_id
from verifier.receipts.issue import issuer_of
from verifier.store.database import Database
from verifier.trust import clients, terminal_states
from verifier.trust.keys import KeyRing
from verifier.trust.terminal_states import State

from ..fixtures import INSTITUTION
from .hospital import Hospital, Terminal, faceless, invent, open_hospital
from .local_http import LocalHttp

ZHANG = invent(1)
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def routes() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, verbs in openapi(bare_app())["paths"].items():
        for verb, operation in verbs.items():
            yield verb.upper(), path, operation


@pytest.mark.parametrize(("verb", "path", "operation"), list(routes()), ids=lambda v: str(v)[:40])
def test_every_route_says_who_may_call_it_and_holds_to_it(
    hospital: Hospital, verb: str, path: str, operation: dict[str, Any]
) -> None:
    access = Access(operation["x-access"])
    answer = hospital.http.request(verb, path.replace("{receipt_id}", new_id()))
    if access in (Access.ANYONE, Access.LOOPBACK):
        assert answer.status_code == 200
    elif access in (Access.REGISTRATION_CODE, Access.ACCOUNT_CODE, Access.SIGN_IN):
        assert answer.status_code == 422, "without a code there is nobody"
    elif access in (Access.SIGNED_CLAIM, Access.CLIENT_ASSERTION):
        assert answer.status_code == 415, "without a body there is nobody"
    else:
        assert answer.status_code == 401


@pytest.mark.parametrize(("verb", "path", "operation"), list(routes()), ids=lambda v: str(v)[:40])
def test_every_route_is_described(verb: str, path: str, operation: dict[str, Any]) -> None:
    assert operation["description"].endswith(".")
    assert operation["responses"], path


@pytest.mark.parametrize("path", ["/metrics", "/docs", "/openapi.json"])
def test_what_is_for_this_machine_is_refused_to_others(hospital: Hospital, path: str) -> None:
    with LocalHttp(hospital.http.app, client=("192.168.1.9", 5000), running=True) as from_afar:
        assert from_afar.get(path).status_code == 403
    for header in ("x-forwarded-for", "forwarded", "x-real-ip"):
        passed_on = hospital.http.get(path, headers={header: "for=192.168.1.9"})
        assert passed_on.status_code == 403, "a proxy on this machine speaks for others"


def test_the_committed_documents_are_what_the_app_says() -> None:
    assert snapshot.main(["--check"]) == 0, "run python -m verifier.api.snapshot"


def test_the_page_of_documents_needs_nothing_from_elsewhere(hospital: Hospital) -> None:
    answer = hospital.http.get("/docs")
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["content-security-policy"] == docs_page.POLICY
    assert not re.search(r"https?://|<script|@import|src=", answer.text)
    for verb, path, _ in routes():
        assert f'href="#{verb.lower()}' in answer.text
        assert path in answer.text


def test_the_openapi_document_is_served_as_committed(hospital: Hospital) -> None:
    served = hospital.http.get("/openapi.json").json()
    assert served == json.loads((snapshot.FOLDER / "openapi.json").read_text("utf-8"))


# A terminal's proof


def test_a_proof_counts_once(terminal: Terminal) -> None:
    body = f'{{"purpose":"settlement","visit":"{new_id()}"}}'.encode()
    headers = terminal.proof("POST", "/v1/challenges", body)
    first = terminal.http.post("/v1/challenges", content=body, headers=headers)
    again = terminal.http.post("/v1/challenges", content=body, headers=headers)
    assert (first.status_code, again.status_code) == (200, 401)


def test_a_proof_of_another_body_path_or_method_does_not_count(terminal: Terminal) -> None:
    body = f'{{"purpose":"settlement","visit":"{new_id()}"}}'.encode()
    for said in (
        ("POST", "/v1/challenges", b"{}"),
        ("POST", "/v1/receipts", body),
        ("GET", "/v1/challenges", body),
    ):
        headers = terminal.proof(*said)
        answer = terminal.http.post("/v1/challenges", content=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "auth.invalid")


def test_a_proof_signed_by_another_terminal_does_not_count(
    hospital: Hospital, terminal: Terminal
) -> None:
    terminal.key = hospital.terminal().key
    assert terminal.ask().json()["code"] == "auth.invalid"


def test_an_unregistered_terminal_is_unknown(hospital: Hospital) -> None:
    stranger = Terminal(new_id(), OKPKey.generate_key("Ed25519"), hospital.http)
    assert stranger.ask().json()["code"] == "terminal.unknown"
    for name in ("", "x" * 500, "\0" * 22, "'; DROP TABLE terminals; --"):
        stranger.id = name
        header = jose.sign(jose.REQUEST, name, b"{}", stranger.key)
        answer = hospital.http.post(
            "/v1/challenges", content=b"{}", headers={"authorization": f"Shualian {header}"}
        )
        assert answer.status_code == 401


@pytest.mark.parametrize(
    "header", ["", "Shualian", "Shualian  ", "Shualian x", "Basic abc", "x.y.z"]
)
def test_what_is_no_proof_is_refused(hospital: Hospital, header: str) -> None:
    answer = hospital.http.post("/v1/challenges", headers={"authorization": header})
    assert answer.json()["code"] in ("auth.missing", "auth.invalid")


def test_a_suspended_terminal_gets_no_challenge(hospital: Hospital, terminal: Terminal) -> None:
    with hospital.database.app.begin() as conn:
        terminal_states.change(conn, INSTITUTION, terminal.id, State.SUSPENDED)
    assert terminal.ask().json()["code"] == "terminal.suspended"


@pytest.mark.parametrize("purpose", ["dispensing", "surgery"])
def test_a_purpose_that_is_not_the_terminals_gets_no_challenge(
    hospital: Hospital, purpose: str
) -> None:
    terminal = hospital.terminal(purposes=["settlement", "surgery"])
    assert terminal.ask(purpose).json()["code"] == "purpose.unknown"


# Receipts and machine clients


class His:
    """A machine client's side of `private_key_jwt`."""

    def __init__(
        self,
        hospital: Hospital,
        name: str = "his",
        kind: str = "EC",
        scopes: Sequence[str] = ("receipts:read",),
        role: str = "his",
    ) -> None:
        self.name, self.http = name, hospital.http
        self.key: Any = (
            ECKey.generate_key("P-256") if kind == "EC" else OKPKey.generate_key("Ed25519")
        )
        self.alg = "ES256" if kind == "EC" else "Ed25519"
        with hospital.database.app.begin() as conn:
            public = self.key.as_dict(private=False)
            clients.register(conn, name, INSTITUTION, public, scopes, role)

    def assertion(self, **changes: Any) -> str:
        said = {
            "iss": self.name,
            "sub": self.name,
            "aud": issuer_of(INSTITUTION),
            "jti": new_id(),
            "exp": int(time.time()) + 120,
        }
        header = {"alg": self.alg, "typ": jose.CLIENT_ASSERTION.typ, "kid": self.name}
        header |= changes.pop("header", {})
        body = json.dumps(said | changes).encode()
        return jws.serialize_compact(header, body, self.key, algorithms=[str(header["alg"])])

    def ask(self, assertion: str | None = None, **form: str) -> Any:
        fields = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion or self.assertion(),
        }
        return self.http.post("/v1/token", data=fields | form)

    def token(self, **form: str) -> str:
        answer = self.ask(**form)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def read(self, receipt: str, token: str | None = None) -> Any:
        headers = {"authorization": f"Bearer {token or self.token()}"}
        return self.http.get(f"/v1/receipts/{receipt}", headers=headers)


def test_a_receipt_is_read_by_its_terminal_and_by_its_institutions_his(
    hospital: Hospital, terminal: Terminal
) -> None:
    answer = terminal.decide(faceless(ZHANG))
    for reading in (
        terminal.get(f"/v1/receipts/{answer.receipt_id}"),
        His(hospital).read(answer.receipt_id),
        His(hospital, "his-2", "OKP").read(answer.receipt_id),
    ):
        assert reading.status_code == 200, reading.text
        assert reading.text == answer.receipt
        assert reading.headers["content-type"] == "application/jose"


def test_a_receipt_is_not_read_by_another_terminal(hospital: Hospital, terminal: Terminal) -> None:
    answer = terminal.decide(faceless(ZHANG))
    other = hospital.terminal().get(f"/v1/receipts/{answer.receipt_id}")
    assert (other.status_code, other.json()["code"]) == (404, "receipt.unknown")


def test_a_receipt_of_another_institution_is_unknown(
    hospital: Hospital, terminal: Terminal
) -> None:
    answer = terminal.decide(faceless(ZHANG))
    with hospital.database.owner.begin() as conn:
        conn.exec_driver_sql(
            "INSERT INTO institutions (code, name, demo, created_at) "
            "VALUES ('H99010100002', 'other', true, now())"
        )
        conn.exec_driver_sql("UPDATE receipts SET institution = 'H99010100002'")
    assert His(hospital).read(answer.receipt_id).status_code == 404


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "urn:shualian:verifier:H0"},
        {"lasts": -1},
        {"lasts": 3600},
        {"iss": "somebody"},
        {"sub": "somebody"},
        {"jti": "short"},
        {"jti": "with\0zero-bytes"},
        {"header": {"typ": "JWT"}},
        {"header": {"kid": "somebody"}},
        {"header": {"kid": "his\0"}},
    ],
    ids=str,
)
def test_an_assertion_that_does_not_hold_buys_nothing(
    hospital: Hospital, changes: dict[str, Any]
) -> None:
    his = His(hospital)
    # Seconds from now become a time here, since parametrisation is the same in every worker.
    if "lasts" in changes:
        changes = {"exp": int(time.time()) + changes["lasts"]}
    answer = his.ask(his.assertion(**changes))
    assert (answer.status_code, answer.json()["code"]) == (401, "auth.invalid")


def test_an_assertion_counts_once(hospital: Hospital) -> None:
    his = His(hospital)
    assertion = his.assertion()
    assert his.ask(assertion).status_code == 200
    assert his.ask(assertion).json()["code"] == "auth.invalid"


def test_an_assertion_signed_by_another_key_buys_nothing(hospital: Hospital) -> None:
    his, other = His(hospital), His(hospital, "other")
    his.key = other.key
    assert his.ask().json()["code"] == "auth.invalid"


@pytest.mark.parametrize(
    "form",
    [
        {"grant_type": "password"},
        {"client_assertion_type": "other"},
        {"client_assertion": ""},
    ],
)
def test_a_form_that_asks_for_something_else_is_malformed(
    hospital: Hospital, form: dict[str, str]
) -> None:
    assert His(hospital).ask(**form).json()["code"] == "request.malformed"


def test_a_scope_that_the_client_has_not_is_refused(hospital: Hospital) -> None:
    assert His(hospital).ask(scope="people:write").json()["code"] == "auth.forbidden"


def test_a_token_lives_five_minutes(hospital: Hospital, terminal: Terminal) -> None:
    answer = terminal.decide(faceless(ZHANG))
    his = His(hospital)
    token = his.token()
    hospital.clock.ahead = timedelta(minutes=5, seconds=1)
    assert his.read(answer.receipt_id, token).json()["code"] == "auth.invalid"


def test_a_suspended_clients_token_ends_at_once(hospital: Hospital, terminal: Terminal) -> None:
    answer = terminal.decide(faceless(ZHANG))
    his = His(hospital)
    token = his.token()
    with hospital.database.app.begin() as conn:
        conn.exec_driver_sql("UPDATE clients SET state = 'suspended'")
    assert his.read(answer.receipt_id, token).json()["code"] == "auth.forbidden"
    assert his.ask().json()["code"] == "auth.forbidden"


def test_a_receipt_is_no_token_and_a_token_is_no_receipt(
    hospital: Hospital, terminal: Terminal
) -> None:
    answer = terminal.decide(faceless(ZHANG))
    his = His(hospital)
    assert his.read(answer.receipt_id, answer.receipt).json()["code"] == "auth.invalid"
    kids = {key["kid"] for key in hospital.keyring.jwks()["keys"]}
    assert jose.protected_header(his.token())["kid"] not in kids


def test_a_token_of_another_verifier_does_not_count(
    database: Database, keyring: KeyRing, gallery: Gallery
) -> None:
    with open_hospital(database, keyring, gallery) as hospital:
        terminal = hospital.terminal()
        answer = terminal.decide(faceless(ZHANG))
        with open_hospital(database, KeyRing.new(), gallery) as other:
            token = His(other).token()
        assert His(hospital).read(answer.receipt_id, token).json()["code"] == "auth.invalid"
