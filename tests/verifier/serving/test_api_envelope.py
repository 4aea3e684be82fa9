"""One envelope for every error, headers on every answer, limits while bytes stream."""

import asyncio
import io
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import structlog

from verifier.api import logs
from verifier.api.envelope import HEADERS
from verifier.api.limits import LIMIT
from verifier.api.routes import claims
from verifier.api.site import Load
from verifier.identity.galleries import Gallery
from verifier.protocol.errors import PROBLEM_MEDIA_TYPE, REFUSALS, Problem
from verifier.store.database import Database
from verifier.trust.keys import KeyRing

from .hospital import (
    Hospital,
    Terminal,
    capture,
    crop_of,
    faceless,
    invent,
    open_hospital,
    visit_of,
)
from .test_claim_again import HeldEmbedder

ZHANG = invent(1)
JOSE = {"content-type": "application/jose"}


def problem(answer, status: int, code: str) -> Problem:  # type: ignore[no-untyped-def]
    """The answer is just this problem, in the one envelope."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == PROBLEM_MEDIA_TYPE
    found = Problem.model_validate_json(answer.content)
    assert found.code == code
    kind = REFUSALS[code]
    assert (found.title, found.detail, found.status) == (kind.title, kind.detail, status)
    for name, value in HEADERS:
        assert answer.headers[name.decode()] == value.decode()
    return found


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/", 404, "request.not_found"),
        ("GET", "/v1/nothing", 404, "request.not_found"),
        ("POST", "/v1/claims/", 404, "request.not_found"),
        ("GET", "/v1/claims", 405, "request.method"),
        ("DELETE", "/v1/challenges", 405, "request.method"),
        ("POST", "/healthz", 405, "request.method"),
        ("POST", "/v1/challenges", 401, "auth.missing"),
        ("GET", f"/v1/receipts/{'A' * 22}", 401, "auth.missing"),
        ("GET", "/v1/receipts/short", 401, "auth.missing"),
        ("POST", "/v1/claims", 415, "request.media_type"),
        ("POST", "/v1/token", 415, "request.media_type"),
    ],
)
def test_every_error_has_one_form(
    hospital: Hospital, method: str, path: str, status: int, code: str
) -> None:
    problem(hospital.http.request(method, path), status, code)


def test_a_method_that_is_not_allowed_says_which_are(hospital: Hospital) -> None:
    assert hospital.http.get("/v1/claims").headers["allow"] == "POST"


def test_a_request_without_proof_says_how_to_prove(hospital: Hospital) -> None:
    answer = hospital.http.post("/v1/challenges", content=b"{}")
    assert answer.headers["www-authenticate"].startswith("Shualian")


def test_a_malformed_request_is_refused_without_repeating_it(
    hospital: Hospital, terminal: Terminal
) -> None:
    answer = terminal.post("/v1/challenges", b'{"purpose": "ZHANG SAN"}')
    problem(answer, 422, "request.malformed")
    assert "ZHANG" not in answer.text


def test_a_receipt_id_that_is_none_is_malformed(hospital: Hospital, terminal: Terminal) -> None:
    problem(terminal.get("/v1/receipts/short"), 422, "request.malformed")


def test_an_error_nobody_expected_says_nothing_of_itself(
    database: Database, keyring: KeyRing, gallery: Gallery, capsys: pytest.CaptureFixture[str]
) -> None:
    class Broken(HeldEmbedder):
        def embed(self, *_: object, **__: object):  # type: ignore[no-untyped-def, override]
            raise RuntimeError("secret text of 张三")

    with open_hospital(database, keyring, gallery, embedder=Broken()) as hospital:
        terminal = hospital.terminal()
        compact = terminal.sign(terminal.challenge(), visit_of(ZHANG))
        problem(terminal.send(compact), 500, "verifier.internal")
        said = capsys.readouterr()
        assert "secret text" not in said.out + said.err
        assert "RuntimeError" in said.out + said.err
        problem(terminal.send(compact), 409, "claim.undecided")
        assert hospital.count("decisions") == 0


def test_an_error_in_the_envelope_itself_has_the_one_form_too(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the log is full")

    monkeypatch.setattr(hospital.site, "note", broken)
    answer = hospital.http.get("/v1/nothing")
    assert (answer.status_code, answer.json()["code"]) == (500, "verifier.internal")


def test_a_log_that_cannot_be_written_stops_nobody(
    hospital: Hospital, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = structlog.get_config()
    closed = io.StringIO()
    closed.close()
    try:
        logs.configure()
        monkeypatch.setattr("sys.stderr", closed)
        assert terminal.decide(faceless(ZHANG)).decision.outcome == "accepted"
    finally:
        structlog.configure(**before)


@pytest.mark.parametrize("path", ["/v1/claims", "/v1/challenges", "/v1/token"])
def test_a_body_that_says_it_is_too_large_is_refused_unread(hospital: Hospital, path: str) -> None:
    answer = hospital.http.post(path, content=b"x", headers={"content-length": str(10**9)})
    problem(answer, 413, "request.too_large")


@pytest.mark.parametrize(
    ("path", "size", "headers"),
    [
        ("/v1/claims", 4 * 1024 * 1024 + 1, JOSE),
        ("/v1/token", LIMIT + 1, {"content-type": "application/x-www-form-urlencoded"}),
    ],
)
def test_a_body_that_does_not_say_its_size_is_cut_while_it_streams(
    hospital: Hospital, path: str, size: int, headers: dict[str, str]
) -> None:
    sent = 0

    async def endless():  # type: ignore[no-untyped-def]
        nonlocal sent
        while sent < 4 * size:
            sent += 65_536
            yield b"a" * 65_536

    problem(hospital.http.post(path, content=endless(), headers=headers), 413, "request.too_large")


def test_a_claim_of_just_the_largest_size_is_read(hospital: Hospital) -> None:
    answer = hospital.http.post("/v1/claims", content=b"a" * 4 * 1024 * 1024, headers=JOSE)
    problem(answer, 401, "claim.signature_invalid")


def test_a_claim_with_five_large_crops_fits(hospital: Hospital, terminal: Terminal) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (5, 112, 112, 3)).astype(np.uint8)
    largest = capture(ZHANG.face).model_copy(update={"crops": [crop_of(one) for one in noise]})
    evidence = faceless(ZHANG).model_copy(update={"capture": largest})
    assert terminal.decide(evidence).decision.outcome == "accepted"


@pytest.mark.parametrize("kind", [None, "application/json", "text/plain; charset=utf-8"])
def test_a_claim_of_another_media_type_is_refused(hospital: Hospital, kind: str | None) -> None:
    headers = {"content-type": kind} if kind else {}
    problem(
        hospital.http.post("/v1/claims", content=b"a.b.c", headers=headers),
        415,
        "request.media_type",
    )


def test_a_claim_that_does_not_arrive_in_time_gives_its_place_back(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "BODY_TIMEOUT_S", 0.05)
    assert _status_of_a_body_that_never_ends(hospital) == 408
    assert hospital.site.claims.taken == 0


def _status_of_a_body_that_never_ends(hospital: Hospital) -> int:
    """An ASGI conversation by hand."""
    chunks: Iterator[bytes] = iter([b"a"])
    started: list[int] = []

    async def receive() -> dict[str, object]:
        for chunk in chunks:
            return {"type": "http.request", "body": chunk, "more_body": True}
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: dict[str, object]) -> None:
        if message["type"] == "http.response.start":
            started.append(int(str(message["status"])))

    scope = {
        "type": "http", "method": "POST", "path": "/v1/claims", "raw_path": b"/v1/claims",
        "query_string": b"", "root_path": "", "scheme": "http", "http_version": "1.1",
        "headers": [(b"content-type", b"application/jose")],
        "client": ("127.0.0.1", 1), "server": ("verifier", 80),
    }  # fmt: skip
    hospital.http.run(hospital.http.app(scope, receive, send))
    return started[0]


def test_who_finds_no_place_hears_when_to_come_again(
    database: Database, keyring: KeyRing, gallery: Gallery
) -> None:
    embedder = HeldEmbedder()
    load = Load(claims=1, claims_waiting=0)
    with open_hospital(database, keyring, gallery, embedder=embedder, load=load) as hospital:
        one, other = hospital.terminal(), hospital.terminal()
        first = one.sign(one.challenge(), visit_of(ZHANG))
        second = other.sign(other.challenge(), faceless(ZHANG))
        with ThreadPoolExecutor(1) as pool:
            judged = pool.submit(one.send, first)
            assert embedder.reached.wait(30)
            busy = other.send(second)
            embedder.go_on.set()
            assert judged.result(30).status_code == 200
        found = problem_with_retry(busy)
        assert found > 0
        assert other.send(second).status_code == 200, "nothing was lost"


def problem_with_retry(answer) -> float:  # type: ignore[no-untyped-def]
    found = json.loads(answer.content)
    assert found["code"] == "verifier.busy"
    assert int(answer.headers["retry-after"]) >= 1
    return float(found["retry_after"])


def test_every_refusal_tells_the_person_what_to_do_next() -> None:
    for kind in REFUSALS.values():
        assert any("\u4e00" <= character <= "\u9fff" for character in kind.detail)
        assert kind.title.endswith(".")
