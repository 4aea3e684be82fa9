"""Who goes without a face (不刷脸): marked and lifted at the desk, so that nobody asks twice."""

from starlette.requests import Request
from starlette.responses import Response

from verifier.identity import face_marks
from verifier.trust.accounts.roles import Permission

from .pages import Page
from .people import ONE, changed, end_of_day
from .visitor import form_of, site_of, staff_of


async def mark(request: Request) -> Response:
    """The person goes without a face, until a day or until it is lifted."""
    return await changed(request, _mark, "console.flash.enrol_faceless")


async def lift(request: Request) -> Response:
    """The person may be asked for a face again."""
    return await changed(request, _lift, "console.flash.enrol_faceless_lifted")


def _mark(request: Request) -> None:
    parts, form = site_of(request).parts, form_of(request)
    until = form.text("until")
    with parts.engine.begin() as conn:
        face_marks.mark(
            conn,
            parts.institution,
            request.path_params["person"],
            form.text("faceless_reason"),
            end_of_day(until, "desk.face_mark.until") if until else None,
            staff_of(request).login,
            parts.clock(),
        )


def _lift(request: Request) -> None:
    parts = site_of(request).parts
    with parts.engine.begin() as conn:
        face_marks.lift(
            conn,
            parts.institution,
            request.path_params["person"],
            staff_of(request).login,
            parts.clock(),
        )


pages = [
    Page(f"{ONE}/faceless", "POST", Permission.PEOPLE_ENROL, mark),
    Page(f"{ONE}/faceless/lifted", "POST", Permission.PEOPLE_ENROL, lift),
]
