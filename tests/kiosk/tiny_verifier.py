"""A verifier that can be broken at will: only for what happens on the way to one.

Challenges are real messages with a real key to seal to; decisions are scripted, since nothing here
judges. What a real verifier decides is tested with a real one, elsewhere.
"""

import asyncio
import json
import socket
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from kiosk.identity import TerminalIdentity
from tests.kiosk import people
from verifier.protocol import jose
from verifier.protocol.challenge import ChallengeRequest
from verifier.protocol.claim import Claim, claim_hash
from verifier.protocol.claim_status import ClaimState, ClaimStatus
from verifier.protocol.decision import ClaimAnswer
from verifier.protocol.errors import PROBLEM_MEDIA_TYPE, refusal
from verifier.protocol.practice import CheckedIn, CheckIn
from verifier.protocol.values import from_b64url, new_id, now

Judgement = Callable[[Claim, str], ClaimAnswer | str]
"""An answer to a claim and its bytes, or the code of a refusal."""


def accept(claim: Claim, compact: str) -> ClaimAnswer:
    """An accepted decision on just this claim."""
    return people.answer(claim.visit, name="张*", claim_digest=claim_hash(compact))


class TinyVerifier:
    """Runs inside the test's own event loop on a free port of 127.0.0.1."""

    def __init__(self) -> None:
        self.judge: Judgement = accept
        self.before_claims: deque[str] = deque()
        """What happens to the next claims instead of a judgement: `hang`, `drop`, `html`, or a
        refusal's code."""
        self.before_challenges: deque[str] = deque()
        self.challenges = 0
        self.lifetime = 120.0
        self.health: tuple[str, ...] = ()
        self.notice = people.NOTICE
        self.pack_digest = people.DIGEST
        self.bodies: list[bytes] = []
        self.asked: list[str] = []
        """Hashes of claims whose state was asked for."""
        self.states: deque[str] = deque()
        """What is answered to that; `unknown` where nothing is said."""
        self.check_ins: list[CheckIn] = []
        self.practice: deque[CheckedIn | str] = deque()
        """What is answered to the next check-ins: an answer, or how it breaks."""
        self.site_codes: deque[str] = deque()
        """The next codes; a refusal (`purpose.unknown`) where none is left."""
        self.code_lasts = 30.0
        self.tokens: list[str] = []
        self.url = ""

    def identity(self, folder: Path) -> TerminalIdentity:
        """A terminal registered here."""
        path = folder / "terminal.json"
        TerminalIdentity.create(path, "H99010100001", self.url)
        return TerminalIdentity.register(path, new_id())

    def claims(self, identity: TerminalIdentity) -> list[Claim]:
        """Every claim that arrived, its signature checked."""
        return [
            Claim.parse(jose.verify(jose.CLAIM, body.decode(), lambda _: identity.key))
            for body in self.bodies
        ]

    @asynccontextmanager
    async def running(self) -> AsyncIterator["TinyVerifier"]:
        listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        app = Starlette(
            routes=[
                Route("/v1/challenges", self._challenge, methods=["POST"]),
                Route("/v1/claims", self._claim, methods=["POST"]),
                Route("/v1/claims/{digest}", self._status, methods=["GET"]),
                Route("/v1/practice/check-ins", self._check_in, methods=["POST"]),
                Route("/v1/practice/site-code", self._site_code, methods=["GET"]),
            ]
        )
        config = uvicorn.Config(
            app, log_config=None, lifespan="off", timeout_graceful_shutdown=0, ws="none"
        )
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server._serve([listener]))
        try:
            yield self
        finally:
            server.should_exit = True
            await serving

    async def _challenge(self, request: Request) -> Response:
        asked = ChallengeRequest.model_validate_json(await request.body())
        self.tokens.append(request.headers["authorization"])
        self.challenges += 1
        if self.before_challenges:
            return await self._break(self.before_challenges.popleft())
        given = people.challenge(
            asked.visit, lifetime=self.lifetime, health=self.health, purpose=asked.purpose
        )
        named = {"notice_version": self.notice, "pack_digest": self.pack_digest}
        return _json(given.model_copy(update=named).model_dump_json())

    async def _claim(self, request: Request) -> Response:
        body = await request.body()
        self.bodies.append(body)
        if self.before_claims:
            return await self._break(self.before_claims.popleft())
        claim = Claim.parse(from_b64url(body.decode().split(".")[1]))
        judged = self.judge(claim, body.decode())
        if isinstance(judged, str):
            return await self._break(judged)
        return _json(judged.model_dump_json())

    async def _status(self, request: Request) -> Response:
        digest = request.path_params["digest"]
        self.asked.append(digest)
        state = self.states.popleft() if self.states else "unknown"
        return _json(ClaimStatus(claim_digest=digest, state=ClaimState(state)).model_dump_json())

    async def _check_in(self, request: Request) -> Response:
        self.check_ins.append(CheckIn.model_validate_json(await request.body()))
        answer = self.practice.popleft()
        if isinstance(answer, str):
            return await self._break(answer)
        return _json(answer.model_dump_json())

    async def _site_code(self, _: Request) -> Response:
        if not self.site_codes:
            return await self._break("purpose.unknown")
        code = self.site_codes.popleft() if len(self.site_codes) > 1 else self.site_codes[0]
        until = now() + timedelta(seconds=self.code_lasts)
        said = {"payload": f"SLC1:east:t:{code}", "code": code, "until": until.isoformat()}
        return _json(json.dumps(said))

    async def _break(self, how: str) -> Response:
        if how == "hang":
            await asyncio.sleep(30)
        if how == "drop":
            return _CutOff("cut off")
        if how == "html":
            return Response("<h1>502</h1>", 502, media_type="text/html")
        if how == "nonsense":
            return _json('{"decision": 1}')
        problem = refusal(how).problem()
        return Response(problem.model_dump_json(), problem.status, media_type=PROBLEM_MEDIA_TYPE)


class _CutOff(Response):
    """Promises a body and hangs up before it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})


def _json(text: str) -> Response:
    return Response(text, media_type="application/json")
