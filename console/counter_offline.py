"""The offline page (停机登记页): one file for the desk's machine, and what it saved, entered.

The page is handed out to be kept, never shown inside these pages: it has its script and style in
it, which its own policy names by their hashes.
"""

import base64
import hashlib
import json
import re
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

import web
from verifier.counter import documents, downtime
from verifier.counter.errors import CounterRefused
from verifier.protocol.errors import Refused
from verifier.trust.accounts.roles import Permission

from .assets import STATIC
from .counter_calls import COUNTER, counter_of, queued_purposes, typed_of
from .forms import read_upload
from .pages import Page
from .refusals import refused
from .rendering import form_again, frame_of, render
from .visitor import form_of, site_of, staff_of

OFFLINE = f"{COUNTER}/downtime"
TEXTS = (
    *("title", "lead", "line", "when", "purpose", "document", "number", "seen", "none", "add"),
    *("lines", "nothing", "save", "saved", "unsaved", "fresh", "fresh.sure", "kept", "full"),
    *("no_seal", "no_store", "wrong_number", "needs_number", "needs_seen", "later", "language"),
    "added",
)
"""What the page says, in both languages."""


async def download(request: Request) -> Response:
    """The page that works with the network down, as one file to be kept on the desk's machine."""
    page = offline_page(request)
    name = "attachment; filename=shualian-downtime.html"
    headers = {"content-disposition": name, "cache-control": "no-store"}
    return Response(page.encode(), media_type="text/html; charset=utf-8", headers=headers)


async def enter_file(request: Request) -> Response:
    """Enter what the offline page saved, line by line; the same file again adds nothing."""
    site, account = site_of(request), staff_of(request).account
    counter, at, key = counter_of(site, account), site.parts.clock(), _key(request)
    try:
        data = read_upload(request, "saved", downtime.MAX_BYTES).data
        try:
            file = downtime.read(data, site.parts.institution)
        except CounterRefused as told:
            raise refused(told.code) from None
    except Refused as told:
        around = {
            "titles": queued_purposes(request),
            "kinds": documents.KINDS,
            "typed": typed_of(form_of(request)),
        }
        return form_again(request, "counter_downtime.html", told, **around)
    engine = site.parts.engine
    rows = await site.small.take(downtime.enter, engine, counter, account, file, key, at)
    return render(
        request, "counter_downtime_file.html", sheet=file.sheet, rows=rows, can_switch=False
    )


def offline_page(request: Request) -> str:
    """The whole page. Its policy lets in this script and this style and nothing else."""
    script = (STATIC / "downtime_page.mjs").read_text(encoding="utf-8")
    style = (STATIC / "downtime_page.css").read_text(encoding="utf-8")
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src '{_hash(script)}'",
            f"style-src '{_hash(style)}'",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    parts = {"policy": policy, "style": style, "script": script, "about": _about(request)}
    page = (STATIC / "downtime_page.html").read_text(encoding="utf-8")
    # In one pass: what a part says is never taken for another's place.
    return re.sub("@([a-z]+)@", lambda found: parts[found[1]], page)


def _about(request: Request) -> str:
    """What the script is told, as JSON that closes no tag."""
    site, public = site_of(request), _key(request).as_dict(private=False)
    purposes = site.rules.policy.purposes
    words = {language: web.translator(language) for language in ("zh", "en")}
    kinds = [*documents.KINDS]
    said: dict[str, Any] = {
        "institution": site.parts.institution,
        "hospital": frame_of(request).hospital,
        "key": {name: public[name] for name in ("kty", "crv", "x", "y", "kid")},
        "format": downtime.FORMAT,
        "signs": downtime.SIGNS,
        "citizens": sorted(documents.BY_CITIZENS_NUMBER),
        "purposes": {
            code: {"zh": one.title_zh, "en": one.title_en}
            for code, one in purposes.items()
            if one.counter_min
        },
        "documents": {
            kind: {name: t(f"console.counter.document.{kind}") for name, t in words.items()}
            for kind in kinds
        },
        "texts": {
            name: {key: t(f"console.counter.offline.{key}") for key in TEXTS}
            for name, t in words.items()
        },
    }
    return json.dumps(said, ensure_ascii=False).replace("<", "\\u003c")


def _key(request: Request) -> Any:
    return site_of(request).parts.keyring.downtime_seal_key


def _hash(text: str) -> str:
    """A source of a content security policy (CSP level 3)."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


_WORK = Permission.COUNTER_WORK
pages = [
    Page(f"{OFFLINE}/page", "GET", _WORK, download),
    Page(f"{OFFLINE}/file", "POST", _WORK, enter_file, upload=downtime.MAX_BYTES),
]
