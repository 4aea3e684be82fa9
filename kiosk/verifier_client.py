"""The terminal's way to the verifier: time-outs, retries that resend the very same bytes, typed
errors.
"""

import ipaddress
import ssl
from dataclasses import dataclass
from typing import Self, TypeVar

import httpx
import stamina
from pydantic import BaseModel, Field, ValidationError

from verifier.protocol import challenge as challenges
from verifier.protocol.challenge import Challenge, ChallengeRequest
from verifier.protocol.claim import claim_hash
from verifier.protocol.claim_status import ClaimStatus
from verifier.protocol.counter import AtCounter
from verifier.protocol.decision import ClaimAnswer
from verifier.protocol.desk import DeskAsks, JobDone, PrintJobs, SealKey, SentReading
from verifier.protocol.errors import Problem
from verifier.protocol.practice import CheckedIn, CheckIn
from verifier.protocol.registration import PhoneAsked, PhoneInvited, Registered
from verifier.protocol.ticket import TicketBatch
from verifier.protocol.values import UtcTime

from .errors import (
    InsecureAddress,
    VerifierConfused,
    VerifierRefused,
    VerifierUnreachable,
)
from .identity import TerminalIdentity

JOSE_MEDIA_TYPE = "application/jose"

M = TypeVar("M", bound=BaseModel)


class _KeySet(BaseModel):
    keys: list[dict[str, str]]


class _Proof(BaseModel):
    proof: list[str] = Field(max_length=64)


class SiteCode(BaseModel):
    """What a site's terminal shows: as a QR code, and to be typed."""

    payload: str = Field(max_length=200)
    code: str = Field(max_length=16)
    until: UtcTime


@dataclass(frozen=True)
class Patience:
    """How long the terminal waits, in seconds, and how often it asks."""

    connect: float = 2.0
    answer: float = 8.0
    attempts: int = 4
    total: float = 15.0
    first_wait: float = 0.2


class VerifierClient:
    """One terminal's connection. Not bound to a visit; safe to share between tasks of one event
    loop.
    """

    def __init__(
        self,
        identity: TerminalIdentity,
        *,
        patience: Patience | None = None,
        ca_file: str | None = None,
        context: ssl.SSLContext | None = None,
    ) -> None:
        """Raises `InsecureAddress` for plain HTTP to another machine."""
        refuse_plain_http(identity.verifier_url)
        self.identity = identity
        self.patience = patience or Patience()
        self._http = httpx.AsyncClient(
            base_url=identity.verifier_url,
            timeout=httpx.Timeout(self.patience.answer, connect=self.patience.connect),
            verify=context or (ssl.create_default_context(cafile=ca_file) if ca_file else True),
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close its connections."""
        await self._http.aclose()

    async def challenge(self, purpose: str, visit: str) -> Challenge:
        """A fresh challenge; it replaces the terminal's open one."""
        body = ChallengeRequest(purpose=purpose, visit=visit).model_dump_json().encode()
        given = await self._ask("POST", "/v1/challenges", body, Challenge)
        if (given.purpose, given.visit) != (purpose, visit):
            raise VerifierConfused("a challenge for another visit")
        return given

    async def send(self, compact: str) -> ClaimAnswer:
        """The decision on a signed claim. Every retry sends the same bytes, so that one claim has
        one effect.
        """
        answer = await self._ask("POST", "/v1/claims", compact.encode("ascii"), ClaimAnswer, True)
        if answer.decision.claim_digest != claim_hash(compact):
            raise VerifierConfused("a decision on another claim")
        return answer

    async def claim_status(self, claim_digest: str) -> ClaimStatus:
        """What became of a claim of this terminal."""
        status = await self._ask("GET", f"/v1/claims/{claim_digest}", b"", ClaimStatus)
        if status.claim_digest != claim_digest:
            raise VerifierConfused("the state of another claim")
        return status

    async def bring_key(self, body: bytes) -> Registered:
        """Put a new key in place of this terminal's."""
        answer = await self._ask("POST", "/v1/terminals/self/key", body, Registered)
        if answer.terminal != self.identity.terminal:
            raise VerifierConfused("the key of another terminal")
        return answer

    async def checkpoint_keys(self) -> dict[str, dict[str, str]]:
        """The public keys of the ledger's checkpoints, by `kid`."""
        found = await self._ask("GET", "/.well-known/checkpoint-jwks.json", b"", _KeySet)
        return {key["kid"]: key for key in found.keys if "kid" in key}

    async def ledger_consistency(self, first: int, second: int) -> list[str]:
        """The proof that the ledger of `first` entries begins the one of `second`."""
        path = f"/v1/ledger/consistency/{first}/{second}"
        return (await self._ask("GET", path, b"", _Proof)).proof

    async def tickets(self) -> TicketBatch:
        """This terminal's stock of tickets, for while the verifier cannot be reached."""
        return await self._ask("POST", "/v1/tickets", b"", TicketBatch)

    async def check_in(self, said: CheckIn) -> CheckedIn:
        """A practitioner's check-in or check-out. The same again gives the same window."""
        return await self._ask(
            "POST", "/v1/practice/check-ins", said.model_dump_json().encode(), CheckedIn
        )

    async def invite_phone(self, receipt: str) -> PhoneInvited:
        """A one-time code for the phone of whom this terminal just recognised by face."""
        body = PhoneAsked(receipt_id=receipt).model_dump_json().encode()
        return await self._ask("POST", "/v1/practice/phone-invitations", body, PhoneInvited)

    async def site_code(self) -> SiteCode:
        """The code of this terminal's site, which changes every 30 seconds."""
        return await self._ask("GET", "/v1/practice/site-code", b"", SiteCode)

    async def seal_key(self) -> SealKey:
        """The public key to which a desk's readings are sealed, and what may go with them."""
        return await self._ask("GET", "/v1/readings/key", b"", SealKey)

    async def send_reading(self, reading: SentReading) -> None:
        """A credential for the clerk of this desk."""
        await self._try("POST", "/v1/readings", reading.model_dump_json().encode(), False)

    async def prints(self, asked: DeskAsks) -> PrintJobs:
        """What waits for this desk's printer. A job is handed out once, and never again."""
        return await self._ask("POST", "/v1/prints", asked.model_dump_json().encode(), PrintJobs)

    async def print_done(self, job: str, done: JobDone) -> None:
        """What became of one of them. The same again changes nothing."""
        await self._try("POST", f"/v1/prints/{job}", done.model_dump_json().encode(), False)

    async def tell_counter(self, said: AtCounter) -> None:
        """Somebody is on the way to the counter. The same again changes nothing."""
        await self._try("POST", "/v1/counter/visits", said.model_dump_json().encode(), False)

    async def receipt(self, receipt_id: str) -> str:
        """A receipt that this terminal made, as compact JWS."""
        return (await self._try("GET", f"/v1/receipts/{receipt_id}", b"", False)).text.strip()

    async def _ask(
        self, method: str, path: str, body: bytes, answer: type[M], claim: bool = False
    ) -> M:
        response = await self._try(method, path, body, claim)
        try:
            return answer.model_validate_json(response.content)
        except ValidationError:
            raise VerifierConfused(f"{path} did not answer with a {answer.__name__}") from None

    async def _try(self, method: str, path: str, body: bytes, claim: bool) -> httpx.Response:
        patience = self.patience
        attempts = stamina.retry_context(
            on=_wait_before_retry,
            attempts=patience.attempts,
            timeout=patience.total,
            wait_initial=patience.first_wait,
        )
        try:
            async for attempt in attempts:
                with attempt:
                    return await self._once(method, path, body, claim)
        except httpx.HTTPError as error:
            raise VerifierUnreachable(type(error).__name__) from None
        except VerifierRefused as refused:
            if refused.problem.status == httpx.codes.SERVICE_UNAVAILABLE:
                raise VerifierUnreachable(refused.code) from None
            raise
        raise VerifierUnreachable("no attempt was made")

    async def _once(self, method: str, path: str, body: bytes, claim: bool) -> httpx.Response:
        headers = {"content-type": JOSE_MEDIA_TYPE if claim else "application/json"}
        if not claim:
            # A claim is signed itself; any other request carries a proof of its own, new each time.
            identity = self.identity
            headers["authorization"] = challenges.authorization(
                identity.terminal, identity.key, method, path, body
            )
        response = await self._http.request(method, path, content=body, headers=headers)
        if response.is_success:
            return response
        raise VerifierRefused(_problem(response))


def _problem(response: httpx.Response) -> Problem:
    try:
        return Problem.model_validate_json(response.content)
    except ValidationError:
        if response.status_code in (502, 503, 504):
            raise httpx.RemoteProtocolError("the verifier's front cannot reach it") from None
        raise VerifierConfused(f"status {response.status_code} without a problem") from None


def _wait_before_retry(error: Exception) -> bool | float:
    if isinstance(error, VerifierRefused):
        if error.code != "claim.in_progress" and error.problem.status not in (429, 503):
            return False
        return error.problem.retry_after or True
    return isinstance(error, httpx.TransportError)


def refuse_plain_http(url: str) -> None:
    """Raises `InsecureAddress` unless `url` is HTTPS, or HTTP to this very machine."""
    parsed = httpx.URL(url)
    if parsed.scheme == "https" or (parsed.scheme == "http" and _is_here(parsed.host)):
        return
    raise InsecureAddress("the verifier's address must begin with https://")


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
