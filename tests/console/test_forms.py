"""What forms send: files within a limit, in memory, and nothing that breaks."""

import tempfile
from collections.abc import AsyncIterator, Iterator

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from console.app import mount
from console.forms import read_upload
from console.pages import Page
from console.registry import PAGES
from console.visitor import form_of
from tests.verifier.serving.hospital import open_hospital
from tests.verifier.serving.staff import member
from verifier.api.limits import LIMIT
from verifier.identity.galleries import Gallery
from verifier.store.database import Database
from verifier.trust.accounts.roles import Role
from verifier.trust.keys import KeyRing

from .desk import Desk, code

MOST = 200_000


async def look(request: Request) -> Response:
    """A page that looks."""
    return PlainTextResponse(form_of(request).text("x"))


async def take(request: Request) -> Response:
    """A page that takes a file."""
    sent = read_upload(request, "file", MOST)
    said = f"{sent.name} {len(sent.data)} {form_of(request).text('note')}"
    return PlainTextResponse(said)


ROOM = [
    Page("/console/look", "GET", None, look, devices=("camera",)),
    Page("/console/take", "POST", None, take, upload=MOST),
    Page("/console/plain", "POST", None, look),
]


@pytest.fixture
def desk(database: Database, keyring: KeyRing, gallery: Gallery) -> Iterator[Desk]:
    """Somebody signed in where one more room was added."""
    with open_hospital(database, keyring, gallery) as hospital:
        mount(hospital.http.app, hospital.site, [*PAGES, *ROOM])
        made = Desk(hospital)
        made.cookies["session"] = member(hospital, "g0001", Role.COUNTER).token
        yield made


def upload(desk: Desk, data: bytes, **fields: str):  # type: ignore[no-untyped-def]
    said = {"form_token": desk.token()} | fields
    return desk.send("/console/take", said, files={"file": ("名单.xlsx", data, "x/y")})


def test_a_file_arrives_with_its_name_and_the_fields_beside_it(desk: Desk) -> None:
    assert upload(desk, b"a" * 1000, note="早班").text == "名单.xlsx 1000 早班"


def test_a_file_never_touches_the_disk(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def on_disk(*_: object, **__: object) -> None:
        raise AssertionError("a temporary file")

    monkeypatch.setattr(tempfile, "TemporaryFile", on_disk)
    monkeypatch.setattr(tempfile, "_TemporaryFileWrapper", on_disk)
    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "rollover", on_disk)
    assert upload(desk, b"a" * MOST).status_code == 200


@pytest.mark.parametrize("size", [MOST + 1, MOST + LIMIT, 3 * MOST])
def test_a_file_over_the_limit_is_refused_with_a_page(desk: Desk, size: int) -> None:
    answer = upload(desk, b"a" * size)
    assert (answer.status_code, code(answer)) == (413, "upload.too_large")
    assert "文件太大" in answer.text


def test_a_file_whose_length_is_not_told_is_stopped_while_it_is_read(desk: Desk) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        yield b'--b\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n'
        for _ in range(1000):
            sent += 10_000
            yield b"a" * 10_000

    kind = {"content-type": "multipart/form-data; boundary=b"}
    answer = desk.http.request(
        "POST",
        "/console/take",
        content=endless(),
        headers={**kind, "sec-fetch-site": "same-origin", "cookie": held(desk)},
    )
    assert code(answer) == "upload.too_large"
    assert sent < MOST + 2 * LIMIT, "the rest was never asked for"


def held(desk: Desk) -> str:
    return f"session={desk.cookies['session']}"


def test_no_file_and_an_empty_one_are_asked_for(desk: Desk) -> None:
    assert code(upload(desk, b"")) == "upload.missing"
    bare = desk.send("/console/take", {"form_token": desk.token()})
    assert code(bare) == "upload.missing"


def test_a_file_without_the_form_s_token_is_not_taken(desk: Desk) -> None:
    assert code(upload(desk, b"a", form_token="x")) == "form.stale"


def test_a_page_that_takes_no_file_takes_none(desk: Desk) -> None:
    said = {"form_token": desk.token()}
    answer = desk.send("/console/plain", said, files={"file": ("a", b"a", "x/y")})
    assert code(answer) == "form.malformed"


@pytest.mark.parametrize("x", ["\0", "a\0b"])
def test_a_zero_byte_is_refused(desk: Desk, x: str) -> None:
    answer = desk.send("/console/plain", {"form_token": desk.token(), "x": x})
    assert code(answer) == "form.malformed"


def test_a_form_that_is_too_long_is_refused_with_a_page(desk: Desk) -> None:
    answer = desk.send("/console/plain", {"form_token": desk.token(), "x": "a" * LIMIT})
    assert (answer.status_code, code(answer)) == (413, "request.too_large")


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"{}"),
        ("multipart/form-data", b"--b--"),
        ("multipart/form-data; boundary=b", b"nonsense"),
        ("application/x-www-form-urlencoded", b"\xff\xfe"),
        ("application/x-www-form-urlencoded", b"&".join([b"a=b"] * 500)),
        ("", b""),
    ],
)
def test_what_is_no_form_is_refused(desk: Desk, kind: str, body: bytes) -> None:
    sent = {"content-type": kind, "sec-fetch-site": "same-origin", "cookie": held(desk)}
    answer = desk.http.request("POST", "/console/take", content=body, headers=sent)
    assert answer.status_code in (403, 422), answer.text
    assert code(answer) in ("form.malformed", "form.stale")


def test_only_the_page_that_asks_for_it_may_use_the_camera(desk: Desk) -> None:
    said = desk.get("/console/look").headers["permissions-policy"]
    assert said == "camera=(self), geolocation=(), microphone=()"
