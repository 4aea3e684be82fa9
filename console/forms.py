"""What a form sends: read within a limit, in memory alone, so that no picture reaches a disk."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from verifier.api.limits import LIMIT
from verifier.protocol.errors import refusal

from .refusals import refused

TOKEN_FIELD = "form_token"  # noqa: S105
PATIENCE_S = 30.0
SLOWEST = 50_000
"""Bytes a second of the slowest line for which an upload is awaited."""

MOST_FIELDS, MOST_FILES = 200, 20


@dataclass(frozen=True)
class Upload:
    """One file as it was sent. Its name and kind are what the browser said: not to be trusted."""

    name: str
    media_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class Form:
    """Fields in the order in which they were sent, and files by field."""

    fields: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    files: dict[str, Upload] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """A field without the space around it; empty where it was not sent."""
        return self.raw(name).strip()

    def raw(self, name: str) -> str:
        """A field as it was sent, for passwords."""
        return next((value for key, value in self.fields if key == name), "")

    def many(self, name: str) -> list[str]:
        """Every value of a field that stands there more than once."""
        return [value for key, value in self.fields if key == name]


async def read_form(request: Request, upload: int) -> Form:
    """The body of a POST, with files of `upload` bytes at most.

    Raises `Refused`: `form.malformed`, `request.too_large`, `request.timeout`, `upload.too_large`.
    """
    most = upload + LIMIT
    code = "upload.too_large" if upload else "request.too_large"
    declared = request.headers.get("content-length", "0")
    if not declared.isdigit() or int(declared) > most:
        raise _too_large(code)
    try:
        async with asyncio.timeout(PATIENCE_S + upload / SLOWEST):
            form = await _parsed(request, _counted(request, most, code), upload)
    except TimeoutError:
        raise refusal("request.timeout") from None
    if any("\0" in value for _, value in form.fields):
        raise refused("form.malformed", "a zero byte")  # no text of the store may hold one
    return form


def read_upload(request: Request, name: str, most: int) -> Upload:
    """The file of a field, which the page's `upload` let in.

    Raises `Refused`: `upload.missing`, also for an empty one, and `upload.too_large`.
    """
    form: Form = request.state.visitor.form
    found = form.files.get(name)
    if found is None or not found.data:
        raise refused("upload.missing", name)
    if len(found.data) > most:
        raise refused("upload.too_large", name)
    return found


class _InMemory(MultiPartParser):
    """Never spools to a file: the whole body was counted before it comes here."""

    spool_max_size = 1 << 40


async def _parsed(request: Request, stream: AsyncGenerator[bytes, None], upload: int) -> Form:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data" and upload:
        return await _of_parts(request, stream)
    if kind != "application/x-www-form-urlencoded":
        raise refused("form.malformed", "another media type")
    body = b"".join([chunk async for chunk in stream])
    try:
        pairs = parse_qsl(body.decode("ascii"), True, errors="replace", max_num_fields=MOST_FIELDS)
    except ValueError:
        raise refused("form.malformed", "no form") from None
    return Form(tuple(pairs))


async def _of_parts(request: Request, stream: AsyncGenerator[bytes, None]) -> Form:
    parser = _InMemory(
        request.headers, stream, max_files=MOST_FILES, max_fields=MOST_FIELDS, max_part_size=LIMIT
    )
    try:
        items = (await parser.parse()).multi_items()
    except MultiPartException:
        raise refused("form.malformed", "broken parts") from None
    fields = tuple((name, item) for name, item in items if isinstance(item, str))
    files = {name: await _whole(item) for name, item in items if isinstance(item, UploadFile)}
    return Form(fields, files)


async def _whole(sent: UploadFile) -> Upload:
    data = await sent.read()
    await sent.close()
    return Upload(sent.filename or "", sent.content_type or "", data)


async def _counted(request: Request, most: int, code: str) -> AsyncGenerator[bytes, None]:
    got = 0
    async for chunk in request.stream():
        got += len(chunk)
        if got > most:
            raise _too_large(code)
        yield chunk


def _too_large(code: str) -> Exception:
    return refused(code) if code.startswith("upload.") else refusal(code)
