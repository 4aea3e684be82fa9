"""Styles, modules and texts that the pages load: read once, named by what is in the folders."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

import web
from verifier.protocol.errors import refusal

STATIC = Path(__file__).parent / "static"
KINDS = {
    ".css": "text/css",
    ".json": "application/json",
    ".mjs": "text/javascript",
    ".svg": "image/svg+xml",
}
_HEADERS = {"cache-control": "no-cache", "x-content-type-options": "nosniff"}
"""Asked for each time and sent only where it changed, so that a new version shows at once."""


@dataclass(frozen=True)
class Asset:
    """One file in memory."""

    media_type: str
    etag: str
    data: bytes = field(repr=False)


def assets() -> dict[str, Asset]:
    """By address. A name that is not among them leads nowhere, whatever stands in it."""
    folders = {"/console/static/": STATIC, "/web/": web.ROOT}
    return {
        prefix + path.name: _read(path)
        for prefix, folder in folders.items()
        for path in sorted(folder.iterdir())
        if path.suffix in KINDS
    }


def hand_out(request: Request, known: dict[str, Asset]) -> Response:
    """The asset, or 304. Raises `Refused` with `request.not_found`."""
    asset = known.get(request.url.path)
    if asset is None:
        raise refusal("request.not_found")
    said = _HEADERS | {"etag": asset.etag}
    if request.headers.get("if-none-match") == asset.etag:
        return Response(status_code=304, headers=said)
    return Response(asset.data, media_type=asset.media_type, headers=said)


def _read(path: Path) -> Asset:
    data = path.read_bytes()
    return Asset(KINDS[path.suffix], f'"{hashlib.sha256(data).hexdigest()[:32]}"', data)
