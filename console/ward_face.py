"""The face at a bed: notice and consent for the stay, frames of the phone's camera, one comparison.

A frame is judged and dropped; nothing of a picture is kept, on the phone or here.
"""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from verifier.presence import answers, faces
from verifier.presence.faces import FRAMES, MAX_BYTES, Seeing
from verifier.presence.rules import Found
from verifier.protocol.errors import Refused
from verifier.trust.accounts.roles import Permission

from .enrolment import desk_of, notice_of
from .forms import read_upload
from .pages import Page
from .refusals import refused, said
from .rendering import redirect, render
from .visitor import form_of, site_of, staff_of, visitor_of
from .ward import opened_at, said_in
from .ward_room import STAY, WARD, done, lying_of, room_of, told


async def show_face(request: Request) -> Response:
    """The notice with both answers; once agreed to, the camera."""
    one, site = await opened_at(request), site_of(request)
    here = f"{WARD}/stays/{one.line.token}"
    offered = one.offer in ("ask", "agreed") and one.camera
    if one.line.bed.not_now is not None or not offered:
        return redirect(request, here)
    version = room_of(site).notice(one.at)
    notice = notice_of(request, version)
    return render(
        request, "ward_face.html", one=one, notice=notice, notice_version=version, frames=FRAMES
    )


async def answer(request: Request) -> Response:
    """Write down what the person said to the face for this stay; a no is not asked again."""
    site, form, by = site_of(request), form_of(request), staff_of(request).account
    room, at, here = room_of(site), site.parts.clock(), request.path_params["stay"]
    yes = form.text("answer") == "yes"
    version = form.text("notice") or room.notice(at)
    await done(
        request,
        lambda conn: answers.answer(
            conn, room, lying_of(request, conn), "yes" if yes else "no", version, by, at
        ),
    )
    stay = f"{WARD}/stays/{here}"
    if yes:
        return redirect(request, f"{stay}/face")
    now = (await opened_at(request)).line.bed.not_now
    to = stay if now is not None else f"{stay}/band"
    return redirect(request, to, "console.flash.ward_declined")


async def take_frame(request: Request) -> Response:
    """One frame of the camera: what to mend; for the page's own script."""
    seeing = _seeing(request)
    one = await opened_at(request)
    if one.offer != "agreed" or one.line.bed.not_now is not None:
        raise refused("presence.no_consent")
    sent = read_upload(request, "frame", MAX_BYTES)
    sight = await site_of(request).frames.take(lambda: told(lambda: faces.seen(seeing, sent.data)))
    return JSONResponse({"code": sight.code})


async def compare(request: Request) -> Response:
    """Compare the frames with the template of who was admitted, and enter what came out."""
    try:
        found = await _compared(request)
    except Refused as why:
        words = said(why, visitor_of(request).language)
        return JSONResponse({"said": words, "code": why.code}, why.kind.status)
    stay = f"{WARD}/stays/{request.path_params['stay']}"
    return JSONResponse({"to": stay, "found": found.value})


async def _compared(request: Request) -> Found:
    site, by, seeing = site_of(request), staff_of(request).account, _seeing(request)
    room, at = room_of(site), site.parts.clock()
    frames = [read_upload(request, f"frame{place}", MAX_BYTES).data for place in range(FRAMES)]
    keyring, said_ = site.parts.keyring, said_in(request)
    # Before a face is looked at: whether it may be, and what the staff have to attest.
    await done(
        request,
        lambda conn: faces.allowed(conn, room, lying_of(request, conn).stay, said_, at),
    )
    probe = await site.frames.take(lambda: told(lambda: faces.probe(seeing, keyring, frames)))
    return await done(
        request,
        lambda conn: faces.compare(conn, room, lying_of(request, conn).stay, probe, said_, by, at),
    )


def _seeing(request: Request) -> Seeing:
    """The models. Raises `Refused` with `presence.no_face` where no frame is judged here."""
    seeing = desk_of(request).faces
    if seeing is None:
        raise refused("presence.no_face")
    return seeing


_LOOK = Permission.PRESENCE_LOOK
pages = [
    Page(f"{STAY}/face", "GET", _LOOK, show_face, devices=("camera",)),
    Page(f"{STAY}/answer", "POST", _LOOK, answer),
    Page(f"{STAY}/frame", "POST", _LOOK, take_frame, upload=MAX_BYTES),
    Page(f"{STAY}/face", "POST", _LOOK, compare, upload=FRAMES * MAX_BYTES),
]
