"""What the drawing table asks the verifier: check a draft, try a position, read a file, save.

Each takes the draft as a file of the form, since it may be longer than a field, and answers JSON:
either what was asked for, or `trouble` with a sentence that says what to do.
"""

import json
import math
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

import web
from verifier.api.site import Site
from verifier.place import Datum, PlaceRefused, from_geojson
from verifier.place.fences import Vertex
from verifier.practice import fence_drafts, fence_saving, fence_trials
from verifier.practice.fence_drafts import Draft, Drawn
from verifier.practice.fence_refused import DraftRefused
from verifier.practice.sites import HospitalSite
from verifier.trust.accounts.roles import Permission

from . import fences
from .forms import Form, read_upload
from .pages import Page
from .visitor import form_of, site_of, staff_of, visitor_of

MOST = 1024 * 1024
"""Bytes of a draft and of an imported file together: 10,000 corners fit."""

Work = Callable[[Site, HospitalSite, Draft], dict[str, Any]]


async def check(request: Request) -> Response:
    """What saving this draft would change, or what is to be mended first."""

    def work(site: Site, place: HospitalSite, draft: Draft) -> dict[str, Any]:
        drawn, at = fence_drafts.read(place, draft), site.parts.clock()
        return {
            "draft": fence_drafts.laid(place, drawn, draft.datum).model_dump(mode="json"),
            "changes": [asdict(one) for one in fence_trials.changes(place, drawn)],
            "standing": asdict(fence_trials.standing(place, drawn, at)),
            "corners": corners(place, draft),
        }

    return await _answered(request, work)


async def try_position(request: Request) -> Response:
    """Whether a position would be inside this draft, outside or uncertain, and how far."""
    said = _position(form_of(request))

    def work(site: Site, place: HospitalSite, draft: Draft) -> dict[str, Any]:
        drawn = fence_drafts.read(place, draft)
        plane = fence_drafts.plane_of(place, draft.datum)
        position = said(plane, draft.datum)
        latitude, longitude, datum, _ = position
        judged = fence_trials.tried(place, drawn, position, site.parts.clock())
        return {
            "answer": judged.answer.value,
            "distance_m": round(judged.distance_m, 1),
            "datum": judged.datum_used.value,
            "how": judged.how.value,
            "spot": fence_trials.on_plan(plane, draft.datum, latitude, longitude, datum),
        }

    return await _answered(request, work)


async def read_file(request: Request) -> Response:
    """The shapes of a GeoJSON file, beside those of the draft."""
    datum = _datum(form_of(request).text("datum"))
    data = read_upload(request, "file", MOST).data

    def work(site: Site, place: HospitalSite, draft: Draft) -> dict[str, Any]:
        del site
        drawn = fence_drafts.read(place, draft) if draft.figures else Drawn((), ())
        shapes = from_geojson(_json(data), datum)
        both = Drawn((*drawn.shapes, *shapes), drawn.marks)
        laid = fence_drafts.laid(place, both, draft.datum)
        return {"draft": laid.model_dump(mode="json"), "count": len(shapes)}

    return await _answered(request, work)


async def save(request: Request) -> Response:
    """The fence is as drawn from now on; the last one can be brought back."""
    base, by = form_of(request).text("base"), staff_of(request).account

    def work(site: Site, place: HospitalSite, draft: Draft) -> dict[str, Any]:
        drawn, parts = fence_drafts.read(place, draft), site.parts
        with parts.engine.begin() as conn:
            fence_saving.save(
                conn, parts.institution, place.code, drawn, base=base, by=by, at=parts.clock()
            )
        return {"saved": True}

    return await _answered(request, work)


def corners(place: HospitalSite, draft: Draft) -> list[list[list[Vertex]]]:
    """Every point of the draft in degrees of the plan's datum, figure by figure, ring by ring."""
    plane = fence_drafts.plane_of(place, draft.datum)
    return [[fence_drafts.degrees_of(plane, ring) for ring in each.rings] for each in draft.figures]


async def _answered(request: Request, work: Work) -> Response:
    site, code = site_of(request), request.path_params["site"]
    data = read_upload(request, "draft", MOST).data
    place = await site.small.take(fences.read_site, site, code)
    try:
        draft = Draft.model_validate_json(data)
        return JSONResponse(await site.small.take(work, site, place, draft))
    except DraftRefused as told:
        return _trouble(request, told)
    except PlaceRefused as told:
        return _trouble(request, DraftRefused("fence.file", str(told)))
    except ValidationError:
        return _trouble(request, DraftRefused("fence.malformed"))


def _trouble(request: Request, told: DraftRefused) -> Response:
    t = web.translator(visitor_of(request).language)
    text = t(f"console.{told.code.replace('.', '.refused.', 1)}", note=str(told))
    named = t("console.fence.of", name=told.name, text=text) if told.name else text
    said = {"code": told.code, "text": named, "figure": told.figure, "spot": told.spot}
    return JSONResponse({"trouble": said}, 422)


def _position(form: Form) -> Callable[[Any, Datum], tuple[float, float, Datum, float]]:
    first, second = _number(form.text("first")), _number(form.text("second"))
    accuracy, given = _number(form.text("accuracy")), form.text("given")

    def said(plane: Any, datum: Datum) -> tuple[float, float, Datum, float]:
        if None in (first, second, accuracy):
            raise DraftRefused("fence.position")
        assert first is not None and second is not None and accuracy is not None  # noqa: S101, PT018
        if given == "metres":
            if max(abs(first), abs(second)) > 200_000:
                raise DraftRefused("fence.position")
            (spot,) = fence_drafts.degrees_of(plane, [(first, second)])
            return spot.latitude, spot.longitude, datum, accuracy
        return first, second, _datum(given), accuracy

    return said


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _datum(text: str) -> Datum:
    try:
        return Datum(text)
    except ValueError:
        return Datum.UNKNOWN


def _json(data: bytes) -> object:
    try:
        return json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise DraftRefused("fence.file", "no JSON") from None


_READ, _DRAW = Permission.SITES_READ, Permission.SITES_DRAW
pages = [
    Page(f"{fences.ONE}/checked", "POST", _DRAW, check, upload=MOST),
    Page(f"{fences.ONE}/tried", "POST", _READ, try_position, upload=MOST),
    Page(f"{fences.ONE}/read", "POST", _DRAW, read_file, upload=2 * MOST),
    Page(f"{fences.ONE}/saved", "POST", _DRAW, save, upload=MOST, again=True, back=fences.ONE),
]
