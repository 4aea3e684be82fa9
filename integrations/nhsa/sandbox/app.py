"""The sandbox as an ASGI app: the platform's two channels, and knobs beside them."""

import asyncio
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from verifier.protocol.values import now
from verifier.trust.sealing import Secret

from ..headers import tif_signature
from ..plain import ReplyMalformed, document
from ..wire import SANDBOX_HEADER
from . import answers
from .knobs import Fault, Knob
from .people import Insured, NotInvented, invented
from .state import CodeKind, State

CODES, SOCIAL, INSTITUTION = "/ec", "/essc", "/info"
"""Paths of 医保码, 电子社保卡 and the numbered transactions."""

MAX_REQUEST = 256 * 1024
FRESH_S = 300
"""How old a signed header may be, in seconds."""

_TICK_S = 0.02
_LONGEST_SILENCE_S = 60.0


class Wanted(BaseModel):
    """Body of `POST /sandbox/codes` and `/sandbox/present`: for whom; else number `index`."""

    model_config = ConfigDict(extra="forbid")

    kind: CodeKind = "nhsa_qr"
    name: str | None = Field(None, min_length=1, max_length=50)
    number: str | None = Field(None, max_length=18)
    index: int = Field(0, ge=0, le=999)

    def person(self) -> Insured:
        """Raises `NotInvented`."""
        somebody = invented(self.index)
        return Insured(self.name or somebody.name, self.number or somebody.number)


class Sandbox:
    """One platform's state and its app.

    `token` is the gateway's: with it, requests must be signed by the scheme `tif`.
    """

    def __init__(
        self,
        clock: Callable[[], datetime] = now,
        *,
        token: Secret | None = None,
        code_field: str = "ecQrCode",
        lateness_s: float = 0.3,
    ) -> None:
        self.state = State(clock)
        self._token, self._code_field, self._lateness_s = token, code_field, lateness_s
        self.app = Starlette(
            routes=[
                Route(CODES, self._codes, methods=["POST"]),
                Route(SOCIAL, self._social, methods=["POST"]),
                Route(INSTITUTION, self._institution, methods=["POST"]),
                Route("/sandbox/codes", self._issue, methods=["POST"]),
                Route("/sandbox/present", self._stand_before, methods=["POST"]),
                Route("/sandbox/knobs", self._turn, methods=["POST"]),
                Route("/sandbox/knobs", self._clear, methods=["DELETE"]),
            ]
        )

    async def _codes(self, request: Request) -> Response:
        return await self._credential(request, "nhsa_qr")

    async def _social(self, request: Request) -> Response:
        return await self._credential(request, "e_social_card")

    async def _credential(self, request: Request, kind: CodeKind) -> Response:
        said = await self._heard(request)
        if isinstance(said, Response):
            return said
        faults = self.state.faults(str(said.get("transType")))
        reply = answers.credential(self.state, said, self._code_field, kind)
        return await self._spoiled(request, said, reply, faults)

    async def _institution(self, request: Request) -> Response:
        said = await self._heard(request)
        if isinstance(said, Response):
            return said
        faults = self.state.faults(str(said.get("infno")))
        if Fault.SIGN_IN_LOST in faults:
            self.state.sign_ins.clear()
        reply = answers.institution(self.state, said, faults)
        return await self._spoiled(request, said, reply, faults)

    async def _heard(self, request: Request) -> dict[str, Any] | Response:
        """The request's object, or why it is not heard."""
        if not self._is_signed(request):
            return _json({"message": "【沙箱】签名校验失败"}, 401)
        body = await request.body()
        try:
            if len(body) > MAX_REQUEST:
                raise ReplyMalformed("too long")
            return document(body)
        except ReplyMalformed:
            return _json({"code": -1, "infcode": -1, "message": "【沙箱】报文不是JSON"})

    def _is_signed(self, request: Request) -> bool:
        if self._token is None:
            return True
        said = request.headers
        second, nonce = said.get("x-tif-timestamp", ""), said.get("x-tif-nonce", "")
        if not second.isdigit() or len(second) > 12 or not nonce:
            return False
        fresh = abs(self.state.clock().timestamp() - int(second)) <= FRESH_S
        due = tif_signature(second, self._token.decode("utf-8", "replace"), nonce)
        return fresh and hmac.compare_digest(due, said.get("x-tif-signature", ""))

    async def _spoiled(
        self,
        request: Request,
        said: Mapping[str, Any],
        reply: dict[str, Any],
        faults: frozenset[Fault],
    ) -> Response:
        """The reply as it leaves under these faults."""
        if Fault.TIMEOUT in faults:
            await _silence(request)
        if Fault.SLOW in faults:
            await asyncio.sleep(self._lateness_s)
        if Fault.DOWN in faults:
            return _CutOff()
        if Fault.BUSY in faults:
            return _json({"message": "【沙箱】系统繁忙"}, 503)
        if Fault.NOT_JSON in faults:
            return _marked(Response("<h1>【沙箱】502</h1>", media_type="text/html"))
        if Fault.HUGE in faults:
            reply["message"] = reply["err_msg"] = "长" * 1_000_000
        return _encoded(_changed(said, reply, faults), faults)

    async def _issue(self, request: Request) -> Response:
        try:
            wanted = Wanted.model_validate_json(await request.body() or b"{}")
            person = wanted.person()
        except (ValidationError, NotInvented) as error:
            return _refused(error)
        code, issued = self.state.issue(wanted.kind, person)
        said = {"code": code, "expires_at": issued.expires_at.isoformat()}
        return _json(said | {"name": person.name, "number": person.number}, 201)

    async def _stand_before(self, request: Request) -> Response:
        try:
            self.state.present = Wanted.model_validate_json(await request.body() or b"{}").person()
        except (ValidationError, NotInvented) as error:
            return _refused(error)
        return _json({"name": self.state.present.name}, 201)

    async def _turn(self, request: Request) -> Response:
        try:
            knob = Knob.model_validate_json(await request.body())
        except ValidationError as error:
            return _refused(error)
        self.state.knobs.append(knob)
        return _json({"knobs": [each.model_dump(mode="json") for each in self.state.knobs]}, 201)

    async def _clear(self, _: Request) -> Response:
        self.state.knobs.clear()
        return _json({"knobs": []})


def _changed(
    said: Mapping[str, Any], reply: dict[str, Any], faults: frozenset[Fault]
) -> dict[str, Any]:
    if Fault.WRONG_MESSAGE in faults:
        echo = f"【沙箱】系统异常：{json.dumps(said, ensure_ascii=False)}"[:2000]
        reply |= {"code": 500001, "infcode": -9, "message": echo, "err_msg": echo, "data": None}
    if Fault.DATA_NOT_JSON in faults:
        reply |= {"data": "{无", "output": "{无"}
    if Fault.NUMBERS_AS_STRINGS in faults:
        reply |= {name: str(reply[name]) for name in ("code", "infcode") if name in reply}
    return reply


def _encoded(reply: Mapping[str, Any], faults: frozenset[Fault]) -> Response:
    response = _json(reply)
    if Fault.GB18030 in faults:
        text = json.dumps(answers.marked(reply), ensure_ascii=False)
        response = _marked(Response(text.encode("gb18030"), media_type="application/json"))
    return response


class _CutOff(Response):
    """Promises a body and hangs up before it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        headers = [(b"content-length", b"100"), (SANDBOX_HEADER.encode(), b"1")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})


async def _silence(request: Request) -> None:
    """Until the other side has gone."""
    for _ in range(int(_LONGEST_SILENCE_S / _TICK_S)):
        if await request.is_disconnected():
            return
        await asyncio.sleep(_TICK_S)


def _refused(error: ValidationError | NotInvented) -> Response:
    """Says where, not what: the body may hold a number."""
    if isinstance(error, NotInvented):
        return _json({"error": error.code, "message": str(error)}, 422)
    places = ["/".join(map(str, e["loc"])) for e in error.errors(include_input=False)[:5]]
    return _json({"error": "sandbox.malformed", "message": "; ".join(places)}, 422)


def _json(said: Mapping[str, Any], status: int = 200) -> Response:
    text = json.dumps(answers.marked(said), ensure_ascii=False)
    return _marked(Response(text, status, media_type="application/json"))


def _marked(response: Response) -> Response:
    response.headers[SANDBOX_HEADER] = "1"
    return response
