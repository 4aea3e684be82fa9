"""That a request is a terminal's own: its signature over method, path and body, used once."""

import threading
from collections import OrderedDict
from datetime import datetime

from verifier.decision.terminals import TerminalDirectory
from verifier.protocol import jose
from verifier.protocol.challenge import AUTH_SCHEME, RequestProof, parse_proof
from verifier.protocol.errors import refusal
from verifier.trust.terminals import Kind, TerminalRecord

_PROOFS: dict[Kind, jose.Kind] = {"fixed": jose.REQUEST, "phone": jose.PHONE_REQUEST}
MOST_REMEMBERED = 100_000


class Replays:
    """The newest proofs' ids, in memory and of this process only.

    That suffices. A proof reaches a stranger only by breaking TLS, and replayed after all it can do
    little: a second challenge serves only the terminal's own key and at worst closes the open one,
    which the terminal answers by asking again; a receipt read twice is the same receipt. Nothing is
    decided by a proof. It cannot be bound to a time, since terminals with wrong clocks are served.
    What a phone's proof does change is written so that the same again changes nothing: a check-in
    has a number of its own, a check-out and a time said later name their window.
    """

    def __init__(self, most: int = MOST_REMEMBERED) -> None:
        self._most = most
        self._seen: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._lock = threading.Lock()

    def first_time(self, terminal: str, jti: str) -> bool:
        """Whether this proof is new."""
        with self._lock:
            if (terminal, jti) in self._seen:
                return False
            self._seen[(terminal, jti)] = None
            if len(self._seen) > self._most:
                self._seen.popitem(last=False)
            return True


def compact_proof(authorization: str | None) -> str:
    """The compact JWS of the header. Raises `Refused` with `auth.missing`."""
    scheme, _, compact = (authorization or "").partition(" ")
    if scheme != AUTH_SCHEME or not compact:
        raise refusal("auth.missing")
    return compact


def claimed_terminal(compact: str) -> str:
    """Who says to have signed it, unverified. Raises `Refused` with `auth.invalid`."""
    try:
        return str(jose.protected_header(compact).get("kid", ""))
    except jose.BadSignature as error:
        raise refusal("auth.invalid", note=str(error)) from None


def check_proof(
    compact: str, record: TerminalRecord, kind: Kind, method: str, path: str, body: bytes
) -> RequestProof:
    """The proof of a terminal of this kind, its signature checked.

    Raises `Refused`: `auth.invalid`, `terminal.suspended`.
    """
    if record.kind != kind:
        raise refusal("auth.invalid", note=f"a {record.kind} terminal has nothing to ask here")
    try:
        payload = jose.verify(_PROOFS[kind], compact, {record.id: record.public_key}.get)
    except jose.BadSignature as error:
        raise refusal("auth.invalid", note=str(error)) from None
    proof = parse_proof(payload, method, path, body)
    if proof.terminal != record.id:
        raise refusal("auth.invalid", note="signed by another terminal")
    if not record.active:
        raise refusal("terminal.suspended")
    return proof


def clock_skew(proof: RequestProof, directory: TerminalDirectory, now: datetime) -> float:
    """Seconds by which the terminal's clock is ahead of ours; remembered for its claims."""
    skew = (proof.issued_at - now).total_seconds()
    directory.note_skew(proof.terminal, skew)
    return skew
