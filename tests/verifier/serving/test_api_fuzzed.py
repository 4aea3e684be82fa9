"""The whole interface under generated requests: nothing surprises it, and nothing is a 500."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, status_code_conformance
from starlette.types import ASGIApp, Receive, Scope, Send

from verifier.api.app import bare_app, openapi

from .hospital import Hospital, Terminal

DOCUMENT = openapi(bare_app())
OPERATIONS = [(verb, path) for path, verbs in DOCUMENT["paths"].items() for verb in verbs]
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


@GENTLY
@given(body=st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
def test_any_bytes_with_a_terminals_proof_get_a_documented_answer(
    hospital: Hospital, terminal: Terminal, body: bytes
) -> None:
    answer = terminal.post("/v1/challenges", body)
    assert answer.json()["code"] == "request.malformed"
