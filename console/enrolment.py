"""The enrolment desk behind the pages: opened with the verifier, and its refusals said to staff."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

from pydantic import ValidationError
from starlette.requests import Request

import web
from enroll.desk import EnrolmentDesk
from enroll.draft import DRAFT_LIFE_S, FACE_LIFE_S, Draft
from enroll.errors import PersonRefused
from enroll.rules import EnrollSettings, EnrolRules
from enroll.samples import Faces
from enroll.service import Enroller
from verifier.api.site import Site
from verifier.identity.errors import IdentityRefused
from web.notice import Notice, NoticeText

from .refusals import refused
from .rendering import frame_of
from .visitor import ground_of, site_of, staff_of, visitor_of

P = ParamSpec("P")
T = TypeVar("T")


def open_desk(site: Site) -> EnrolmentDesk:
    """The desk of a running verifier, on the very models and index by which it decides."""
    parts, rules = site.parts, EnrolRules(site.parts.calibration, EnrollSettings())
    enroller = Enroller(
        parts.engine, parts.keyring, parts.gallery, rules, parts.search, site.gallery
    )
    return EnrolmentDesk(
        engine=parts.engine,
        keyring=parts.keyring,
        gallery=parts.gallery,
        enroller=enroller,
        rules=rules,
        policy=site.rules.policy,
        general_notice=site.rules.notice_version,
        clock=parts.clock,
        faces=_seeing(site),
    )


def desk_of(request: Request) -> EnrolmentDesk:
    """The desk of this verifier, or in training the one of the invented institution."""
    ground = ground_of(request)
    desk: EnrolmentDesk = request.app.state.enrolment if ground is None else ground.desk
    return desk


def refuse_without_camera(request: Request) -> None:
    """Raises `Refused` with `desk.no_camera` where no face is enrolled at this verifier."""
    if desk_of(request).faces is None:
        raise refused("desk.no_camera")


def draft_of(request: Request) -> Draft:
    """The clerk's own draft of this address. Raises `Refused` with `desk.over`."""
    found = desk_of(request).drafts.open(request.path_params["draft"], staff_of(request).account)
    if found is None:
        raise refused("desk.over")
    return found


def keep(request: Request, draft: Draft) -> str:
    """Hold a new draft, and see that it goes in time though nobody asks; its address."""
    drafts = desk_of(request).drafts
    drafts.put(draft)
    loop = asyncio.get_running_loop()
    for life in (FACE_LIFE_S, DRAFT_LIFE_S):
        loop.call_later(life + 1.0, drafts.forget_old)
    return f"/console/enrol/d/{draft.id}"


def forget_later(request: Request) -> None:
    """A touch gave the face two minutes more: look again when they are over."""
    asyncio.get_running_loop().call_later(FACE_LIFE_S + 1.0, desk_of(request).drafts.forget_old)


async def done_at(request: Request, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The result of `work` in a worker. Raises `Refused` for what enrolment or identity refuses."""
    return await site_of(request).small.take(lambda: _told(work, *args, **kwargs))


async def seen_at(request: Request, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The same in the worker of frames, which is never in the way of a terminal."""
    return await site_of(request).frames.take(lambda: _told(work, *args, **kwargs))


def notice_of(request: Request, version: str | None = None) -> NoticeText | None:
    """A notice as the person reads it, that of enrolment where no version is said; or None where
    its words do not ship.
    """
    version = version or desk_of(request).notice_version
    try:
        notice = Notice.model_validate_json((web.NOTICES / f"{version}.json").read_bytes())
    except (OSError, ValidationError):
        return None
    language = visitor_of(request).language
    contact = web.translator(language)("console.desk.contact")
    text = notice.en if language == "en" else notice.zh
    return text.filled(frame_of(request).hospital, contact)


def _told(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    try:
        return work(*args, **kwargs)
    except PersonRefused as error:
        code = "picture" if error.code.startswith("image.") else error.code
        raise refused(f"desk.{code}") from None
    except IdentityRefused as error:
        raise refused(f"desk.{error.code}") from None


def _seeing(site: Site) -> Faces | None:
    """The models, where they see whole frames and templates are kept here."""
    embedder = site.parts.embedder
    sees = all(hasattr(embedder, name) for name in ("observe", "align"))
    return cast("Faces", embedder) if sees and site.parts.mode == "central" else None
