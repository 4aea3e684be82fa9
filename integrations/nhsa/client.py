"""The two channels, spoken: a codec's bytes over a wire, its answer back or a typed refusal."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ParamSpec, TypeVar

from verifier.identity.resolver import CodeExpired, PlatformConfused, PlatformRefused

from . import credential, envelope, transactions
from .credential import CredentialReply, Desk, IdentitySet, TransType
from .envelope import InstitutionReply, MessageIds, Sender
from .plain import ReplyMalformed
from .transactions import InsuredPerson
from .wire import Wire

P = ParamSpec("P")
T = TypeVar("T")
Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Heard:
    """An identity, and whether a sandbox says that it gave it."""

    identity: IdentitySet
    sandbox: bool


class CredentialChannel:
    """Codes and face authorisations. Safe to share between threads.

    Nothing here is sent twice once it may have arrived: whether asking spends a code is not known.
    """

    def __init__(
        self,
        wire: Wire,
        desk: Desk,
        ids: MessageIds,
        clock: Clock,
        *,
        expired: tuple[str, ...],
        code_field: str,
    ) -> None:
        self._wire, self._desk, self._ids, self._clock = wire, desk, ids, clock
        self._expired, self._code_field = frozenset(expired), code_field

    def query(self, code: str, business: str, trans_type: str = TransType.QUERY) -> Heard:
        """Whom a code stands for. Raises `Unresolved`, `CodeExpired` among them."""
        return self._identity(
            credential.query(self._desk, trans_type, business, self._code_field, code)
        )

    def read_and_query(self, business: str) -> Heard:
        """Whom the code stands for that the platform's own terminal reads. Raises `Unresolved`."""
        return self._identity(credential.read_and_query(self._desk, business))

    def face_authorise(self, business: str) -> str:
        """The number that the platform's own terminal gives for a face. Raises `Unresolved`."""
        number = self._ids.next_business(self._clock())
        reply = self._asked(credential.face_authorise(self._desk, business, number))
        return _understood(reply.sandbox, credential.auth_no_of, reply)

    def face_check(self, auth_no: str, business: str) -> Heard:
        """Whom an authorisation number stands for. Raises `Unresolved`."""
        number = self._ids.next_business(self._clock())
        return self._identity(credential.face_check(self._desk, business, number, auth_no))

    def _identity(self, request: bytes) -> Heard:
        reply = self._asked(request)
        return Heard(_understood(reply.sandbox, credential.identity_of, reply), reply.sandbox)

    def _asked(self, request: bytes) -> CredentialReply:
        answer = self._wire.ask(request, idempotent=False)
        reply = _understood(answer.sandbox, credential.parse, answer.body, answer.sandbox)
        if reply.succeeded:
            return reply
        # The message may repeat what was sent, so only the code is told on.
        if reply.code in self._expired:
            raise CodeExpired(f"code {reply.code}", simulated=reply.sandbox)
        raise PlatformRefused(f"code {reply.code}", simulated=reply.sandbox)


class InstitutionChannel:
    """Numbered transactions, signed in when needed. Safe to share between threads."""

    def __init__(
        self,
        wire: Wire,
        sender: Sender,
        ids: MessageIds,
        clock: Clock,
        *,
        mac: str,
        address: str,
        sign_in_lost: tuple[str, ...],
    ) -> None:
        self._wire, self._sender, self._ids, self._clock = wire, sender, ids, clock
        self._mac, self._address, self._lost = mac, address, sign_in_lost
        self._sign_no = ""
        self._signing = threading.Lock()

    def person(self, ec_token: str) -> InsuredPerson:
        """1101 by an electronic credential's token. Raises `Unresolved`."""
        content = transactions.person_by_token(ec_token, self._clock())
        reply = self._signed(transactions.PERSON, content)
        return _understood(reply.sandbox, transactions.person_of, reply.output)

    def _signed(self, infno: str, content: Mapping[str, Any]) -> InstitutionReply:
        """The transaction under the present sign-in; once more under a new one if that is lost."""
        sign_no = self._sign_in(unless="")
        reply = self._asked(infno, content, sign_no)
        if reply.infcode != 0 and any(word in reply.message for word in self._lost):
            reply = self._asked(infno, content, self._sign_in(unless=sign_no))
        return _succeeded(reply)

    def _sign_in(self, unless: str) -> str:
        """The sign-in's number; a new one if it still is `unless`, so that one of many asks."""
        with self._signing:
            if self._sign_no == unless:
                self._sign_no = ""
                content = transactions.sign_in(self._sender.operator, self._mac, self._address)
                reply = _succeeded(self._asked(transactions.SIGN_IN, content, ""))
                self._sign_no = _understood(reply.sandbox, transactions.sign_no_of, reply.output)
            return self._sign_no

    def _asked(self, infno: str, content: Mapping[str, Any], sign_no: str) -> InstitutionReply:
        at = self._clock()
        msgid = self._ids.next(at)
        request = envelope.build(self._sender, infno, msgid, at, content, sign_no=sign_no)
        # Both transactions only read, so whoever is asked twice says the same twice.
        answer = self._wire.ask(request, idempotent=True)
        return _understood(answer.sandbox, envelope.parse, answer.body, answer.sandbox)


def _succeeded(reply: InstitutionReply) -> InstitutionReply:
    if reply.infcode != 0:
        note = f"infcode {reply.infcode} {reply.reference}".strip()
        raise PlatformRefused(note, simulated=reply.sandbox)
    return reply


def _understood(sandbox: bool, read: Callable[P, T], *said: P.args, **more: P.kwargs) -> T:
    try:
        return read(*said, **more)
    except ReplyMalformed as error:
        raise PlatformConfused(error.rule, simulated=sandbox) from None
