"""Terminals that never rest: each asks for a challenge, signs, sends, and begins again.

HTTP is spoken by hand over kept connections, and signatures are made by the bare primitive, since
client libraries would take more of the two cores than the verifier does.
"""

import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime

from joserfc.jwk import OKPKey

from verifier.protocol import jose
from verifier.protocol.challenge import AUTH_SCHEME
from verifier.protocol.values import b64url, new_id, sha256_b64url

from .claims_world import INSTITUTION, NOTICE, PURPOSE

JSON = "application/json"
JOSE = "application/jose"


@dataclass
class Load:
    """What came back: seconds from asking for a challenge to holding the receipt."""

    seconds: list[float] = field(default_factory=list)
    outcomes: dict[str, int] = field(default_factory=dict)
    began: float = 0.0
    ended: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def rate(self) -> float:
        """Receipts a second."""
        return len(self.seconds) / (self.ended - self.began)

    def add(self, outcome: str, started: float, done: float) -> None:
        """One visit, if it ended after the warm-up."""
        if done < self.began:
            return
        with self._lock:
            self.seconds.append(done - started)
            self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1
            self.ended = max(self.ended, done)


@dataclass
class Asker:
    """A terminal: its key, its counter and its last recorded claim."""

    name: str
    key: OKPKey
    counter: int = 0
    previous: str | None = None


def press(
    port: int,
    terminals: list[Asker],
    evidence: Iterator[str],
    warm_s: float,
    seconds: float,
) -> Load:
    """All terminals at once; what ends in the first `warm_s` seconds is not counted."""
    load = Load(began=time.perf_counter() + warm_s)
    end = load.began + seconds
    with ThreadPoolExecutor(len(terminals)) as pool:
        for done in [pool.submit(_visits, port, t, evidence, load, end) for t in terminals]:
            done.result()
    return load


def _visits(port: int, terminal: Asker, evidence: Iterator[str], load: Load, end: float) -> None:
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while (started := time.perf_counter()) < end:
            outcome = _visit(line, terminal, next(evidence))
            load.add(outcome, started, time.perf_counter())


def _visit(line: socket.socket, terminal: Asker, sealed: str) -> str:
    body = json.dumps({"purpose": PURPOSE, "visit": new_id()}).encode()
    proof = f"{AUTH_SCHEME} {_jws(jose.REQUEST, terminal, _proof(terminal.name, body))}"
    challenge = _post(line, "/v1/challenges", body, JSON, proof)
    terminal.counter += 1
    claim = _signed(challenge, terminal, sealed)
    answer = _post(line, "/v1/claims", claim, JOSE)
    terminal.previous = sha256_b64url(claim)
    return str(answer.get("code") or answer["decision"]["outcome"])  # type: ignore[index]


def _signed(challenge: dict[str, str], terminal: Asker, sealed: str) -> bytes:
    now = datetime.now(UTC).isoformat()
    payload = {
        "v": 1,
        "aud": INSTITUTION,
        "terminal": terminal.name,
        "challenge": challenge["challenge"],
        "visit": challenge["visit"],
        "purpose": PURPOSE,
        "mode": "central",
        "counter": terminal.counter,
        "previous": terminal.previous,
        "created_at": now,
        "legal_basis": {"notice_version": NOTICE, "consent": "separate", "touched_at": now},
        "evidence": sealed,
    }
    return _jws(jose.CLAIM, terminal, json.dumps(payload).encode()).encode()


def _proof(name: str, body: bytes) -> bytes:
    said = {
        "terminal": name,
        "method": "POST",
        "path": "/v1/challenges",
        "body_digest": sha256_b64url(body),
        "jti": new_id(),
        "issued_at": datetime.now(UTC).isoformat(),
    }
    return json.dumps(said).encode()


def _jws(kind: jose.Kind, terminal: Asker, payload: bytes) -> str:
    """The same compact JWS as `jose.sign` makes."""
    header = json.dumps({"alg": kind.alg, "typ": kind.typ, "kid": terminal.name}).encode()
    signed = f"{b64url(header)}.{b64url(payload)}"
    signature = terminal.key.private_key.sign(signed.encode())
    return f"{signed}.{b64url(signature)}"


def _post(
    line: socket.socket, path: str, body: bytes, media_type: str, proof: str | None = None
) -> dict[str, str]:
    head = (
        f"POST {path} HTTP/1.1\r\nhost: verifier\r\ncontent-type: {media_type}\r\n"
        f"content-length: {len(body)}\r\n"
    )
    if proof:
        head += f"authorization: {proof}\r\n"
    line.sendall(head.encode() + b"\r\n" + body)
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += _more(line)
    head_bytes, _, got = answer.partition(b"\r\n\r\n")
    length = next(
        int(field.split(b":")[1])
        for field in head_bytes.split(b"\r\n")
        if field.lower().startswith(b"content-length")
    )
    while len(got) < length:
        got += _more(line)
    found: dict[str, str] = json.loads(got)
    return found


def _more(line: socket.socket) -> bytes:
    got = line.recv(65536)
    if not got:
        raise ConnectionError("the verifier hung up")
    return got
