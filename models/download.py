"""Fetch one file over HTTPS: it resumes where it broke off, and is there whole or not at all."""

import http.client
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from .errors import DiskFull, SourceFailed
from .files import disk, settle, sync_folder

_SECONDS = 30
_BLOCK = 1 << 16
_ATTEMPTS = 4


class _OnlyHttps(urllib.request.HTTPRedirectHandler):
    """Follows redirects to HTTPS only."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str):  # type: ignore[no-untyped-def]
        if not newurl.startswith("https://"):
            raise SourceFailed("the server redirects to an address without HTTPS")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def download(url: str, path: Path, size: int, report: Callable[[int], None]) -> None:
    """Bring a file of a known size; what a broken connection left is used again.

    Args:
        report: told how many bytes are there.

    Raises:
        SourceFailed: not HTTPS, the server has no such file, gives another size, or breaks off
            again and again. What came so far stays for the next call.
        DiskFull, CacheUnwritable: the folder does not take it; nothing is left.
    """
    if not url.startswith("https://"):
        raise SourceFailed("files are fetched over HTTPS only")
    part = path.with_name(f".{path.name}.part")
    try:
        with disk(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            _until_whole(url, part, size, report)
            part.replace(path)
    except DiskFull:
        part.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def _until_whole(url: str, part: Path, size: int, report: Callable[[int], None]) -> None:
    reason = ""
    for _ in range(_ATTEMPTS):
        try:
            with part.open("ab") as file:
                _continue(url, file, size, report)
                settle(file)
        except (http.client.HTTPException, TimeoutError, ConnectionError) as error:
            reason = type(error).__name__
            continue
        except urllib.error.URLError as error:
            reason = str(error.reason)
            if isinstance(error, urllib.error.HTTPError) and error.code < 500:
                break
            continue
        if part.stat().st_size == size:
            return
        reason = "the connection ended early"
    raise SourceFailed(f"{part.name[1:-5]} could not be fetched: {reason}")


def _continue(url: str, file: BinaryIO, size: int, report: Callable[[int], None]) -> None:
    """Append what is missing; start again where the server does not resume."""
    have = file.tell()
    if have >= size:
        have = file.truncate(0)
    request = urllib.request.Request(url)  # noqa: S310  HTTPS was checked
    if have:
        request.add_header("Range", f"bytes={have}-")
    with _opener().open(request, timeout=_SECONDS) as answer:
        if answer.status != http.HTTPStatus.PARTIAL_CONTENT:
            have = file.truncate(0)
        report(have)
        while block := answer.read(_BLOCK):
            have += len(block)
            if have > size:
                file.truncate(0)
                raise SourceFailed("the server's file is larger than the manifest says")
            file.write(block)
            report(have)


def _opener() -> urllib.request.OpenerDirector:
    context = ssl.create_default_context()
    return urllib.request.build_opener(urllib.request.HTTPSHandler(context=context), _OnlyHttps())
