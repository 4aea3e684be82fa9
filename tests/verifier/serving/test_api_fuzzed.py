"""The whole interface under generated requests: nothing surprises it, and nothing is a 500."""

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, status_code_conformance
from starlette.types import ASGIApp, Receive, Scope, Send

from verifier.api.app import bare_app, openapi
from verifier.trust.accounts import second_factor
from verifier.trust.accounts.roles import Role
from verifier.trust.accounts.sessions import LOCKED, SignInRefused
from verifier.trust.clients import IDENTIFY, READ_SUPERVISION, SCOPES

from .hospital import Clock, Hospital, Terminal
from .staff import NEXT, member
from .test_api_access import His

DOCUMENT = openapi(bare_app())
OPERATIONS = [(verb, path) for path, verbs in DOCUMENT["paths"].items() for verb in verbs]
REQUESTS = int(os.environ.get("SHUALIAN_API_REQUESTS", "15"))
Caller = Callable[[], dict[str, str]]
CHECKS = [not_a_server_error, content_type_conformance, status_code_conformance]
GENTLY = settings(
    max_examples=15, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)


def _only_http(app: ASGIApp) -> ASGIApp:
    """The app's life has begun already; schemathesis would begin and end it at each request."""

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            for ended in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{ended}.complete"})
        else:
            await app(scope, receive, send)

    return served


@schemathesis.serializer("application/jose")
def _as_it_is(_: object, value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


@pytest.mark.parametrize(("verb", "path"), OPERATIONS)
@GENTLY
@given(data=st.data())
def test_generated_requests_get_a_documented_answer(
    hospital: Hospital, data: st.DataObject, verb: str, path: str
) -> None:
    document: Any = schemathesis.openapi.from_dict(DOCUMENT)
    document.app = _only_http(hospital.http.app)
    case = data.draw(document[path][verb].as_strategy())
    case.call_and_validate(checks=CHECKS)


def _nobody(_: Hospital) -> Caller:
    return dict


def _staff(role: Role) -> Callable[[Hospital], Caller]:
    def signed_in(hospital: Hospital) -> Caller:
        someone = member(hospital, "g0001", role)

        telephone = Clock()
        telephone.ahead, hospital.clock.ahead = hospital.clock.ahead, timedelta()

        def again(later: timedelta) -> None:
            telephone.ahead += later
            shown = second_factor.code_at(someone.secret, telephone())
            said = (someone.login, someone.password, shown, telephone())
            someone.token = hospital.site.doors.sign_in(*said)

        def headers() -> dict[str, str]:
            """Generated requests sign out too: sign in again, by a telephone ahead of the clock.
            They also give wrong passwords until the account is locked: then it waits that long.
            """
            if hospital.site.doors.of_token(someone.token, hospital.clock()) is None:
                try:
                    again(NEXT)
                except SignInRefused:
                    again(LOCKED)
            return {"authorization": f"Session {someone.token}"}

        return headers

    return signed_in


def _client(hospital: Hospital) -> Caller:
    his = His(hospital, scopes=sorted(SCOPES["his"]))

    def headers() -> dict[str, str]:
        return {"authorization": f"Bearer {his.token()}"}

    return headers


def _supervisor(hospital: Hospital) -> Caller:
    hospital.site.parts = replace(hospital.site.parts, region_key=b"r" * 32)
    scopes = (READ_SUPERVISION, IDENTIFY)
    region = His(hospital, "region", scopes=scopes, role="supervisor")

    def headers() -> dict[str, str]:
        return {"authorization": f"Bearer {region.token()}"}

    return headers


def _terminal(hospital: Hospital) -> Caller:
    terminal = hospital.terminal()

    def headers() -> dict[str, str]:
        return terminal.proof("POST", "/v1/challenges", b"{}")

    return headers


CALLERS: dict[str, Callable[[Hospital], Caller]] = {
    "nobody": _nobody,
    "terminal": _terminal,
    "client": _client,
    "supervisor": _supervisor,
    **{role.value: _staff(role) for role in Role},
}


@pytest.mark.parametrize("caller", CALLERS)
@settings(GENTLY, max_examples=REQUESTS)
@given(data=st.data())
def test_nothing_that_anybody_sends_is_a_server_error(
    hospital: Hospital, data: st.DataObject, caller: str, asked: dict[str, Caller]
) -> None:
    """`make fuzz-api` sends 5,000 as each."""
    document: Any = schemathesis.openapi.from_dict(DOCUMENT)
    document.app = _only_http(hospital.http.app)
    if caller not in asked:
        asked[caller] = CALLERS[caller](hospital)
    verb, path = data.draw(st.sampled_from(OPERATIONS))
    case = data.draw(document[path][verb].as_strategy())
    case.call_and_validate(checks=CHECKS, headers=asked[caller]())


@pytest.fixture
def asked() -> dict[str, Caller]:
    """Who signed in already in this test: once for all its requests."""
    return {}


@GENTLY
@given(body=st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
def test_any_bytes_with_a_terminals_proof_get_a_documented_answer(
    hospital: Hospital, terminal: Terminal, body: bytes
) -> None:
    answer = terminal.post("/v1/challenges", body)
    assert answer.json()["code"] == "request.malformed"
