"""Fences without a browser: reading, trying, saving, one step back, and who may."""

import json
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from tests.verifier.fixtures import INSTITUTION
from tests.verifier.serving.hospital import Hospital
from tests.verifier.serving.staff import member
from verifier.practice import fence_drafts, fence_saving, sites
from verifier.store.schema import LedgerEntry
from verifier.trust.accounts.roles import Role

from .desk import Desk, code, leads_to
from .test_practice_board import at_a_desk
from .ward import Ward

FENCES = "/console/fences"
EAST = f"{FENCES}/east"
SQUARE = [[0.0, 0.0], [40.0, 0.0], [40.0, 40.0], [0.0, 40.0]]


@pytest.fixture
def affairs(hospital: Hospital) -> Desk:
    """Somebody of medical affairs, before two sites."""
    Ward(hospital)
    return at_a_desk(hospital, member(hospital, "g0001", Role.MEDICAL_AFFAIRS))


def place(hospital: Hospital, which: str = "east") -> sites.HospitalSite:
    with hospital.database.app.connect() as conn:
        found = sites.get(conn, INSTITUTION, which)
    assert found is not None
    return found


def base(hospital: Hospital) -> str:
    with hospital.database.app.connect() as conn:
        return fence_saving.stands(conn, INSTITUTION, "east")


def polygon(*rings: list[list[float]], name: str = "门诊楼") -> dict[str, Any]:
    return {"kind": "polygon", "name": name, "datum": "wgs84", "rings": list(rings)}


def draft(*figures: dict[str, Any], datum: str = "wgs84") -> dict[str, Any]:
    return {"datum": datum, "figures": list(figures)}


def asked(
    desk: Desk, what: str, drawn: object, file: bytes = b"", /, **said: Any
) -> httpx.Response:
    files = {"draft": ("draft.json", json.dumps(drawn).encode())}
    if file:
        files["file"] = ("f.geojson", file)
    fields = said | {"form_token": desk.token(EAST)}
    return desk.send(f"{EAST}/{what}", fields, files=files)


def trouble(answer: httpx.Response) -> str:
    return str(answer.json()["trouble"]["code"])


def entries(hospital: Hospital, kind: str) -> list[dict[str, Any]]:
    with hospital.database.app.connect() as conn:
        return list(conn.scalars(select(LedgerEntry.body).where(LedgerEntry.kind == kind)))


def test_every_site_stands_in_the_list_with_its_plan(affairs: Desk) -> None:
    page = affairs.get(FENCES).text
    assert page.count('class="plan"') == 2
    assert "东院区" in page
    assert 'href="/console/fences/east"' in page
    assert "data-start=" in affairs.get(EAST).text
    assert code(affairs.get(f"{FENCES}/north")) == "request.not_found"


def test_a_fence_is_saved_with_who_and_when_and_one_step_leads_back(
    hospital: Hospital, affairs: Desk
) -> None:
    before = place(hospital).fence
    said = draft(polygon(SQUARE))
    assert asked(affairs, "saved", said, base=base(hospital)).json() == {"saved": True}
    (entry,) = entries(hospital, fence_saving.DRAWN)
    assert entry["site"] == "east"
    fence = place(hospital).fence
    assert fence is not None
    assert [shape.name for shape in fence.shapes] == ["门诊楼"]
    page = affairs.get(EAST).text
    assert "g0001" in page
    back = affairs.post(f"{EAST}/taken-back", EAST, version=entry["version"])
    assert leads_to(back) == EAST
    assert place(hospital).fence == before
    assert len(entries(hospital, fence_saving.TAKEN_BACK)) == 1
    again = affairs.post(f"{EAST}/taken-back", EAST, version=entry["version"])
    assert code(again) == "fence.stale"


def test_who_draws_on_an_older_fence_is_told_and_overwrites_nothing(
    hospital: Hospital, affairs: Desk
) -> None:
    old = base(hospital)
    asked(affairs, "saved", draft(polygon(SQUARE)), base=old)
    told = asked(affairs, "saved", draft(polygon(SQUARE, name="另一栋")), base=old)
    assert (told.status_code, trouble(told)) == (422, "fence.stale")


@pytest.mark.parametrize(
    ("figures", "why"),
    [
        ([polygon([[0, 0], [40, 40], [40, 0], [0, 40]])], "fence.crosses"),
        ([polygon(SQUARE, [[50, 50], [60, 50], [60, 60]])], "fence.hole_outside"),
        ([polygon(SQUARE, [[30, 30], [60, 30], [60, 60]])], "fence.hole_outside"),
        ([polygon([[0, 0], [60_000, 0], [0, 40]])], "fence.too_big"),
        ([polygon([[0, 0], [40, 0]])], "fence.too_few"),
        ([polygon(SQUARE, name=" ")], "fence.nameless"),
        ([{**polygon([[0, 0]]), "kind": "circle", "radius_m": 0}], "fence.radius"),
        ([{**polygon([[0, 0]]), "kind": "circle", "radius_m": 30_000}], "fence.radius"),
        ([{**polygon([[0, 0]]), "kind": "circle"}], "fence.radius"),
        ([{**polygon([[0, 0]]), "kind": "square"}], "fence.malformed"),
    ],
)
def test_what_is_no_fence_is_refused_with_a_sentence_that_says_what_to_do(
    affairs: Desk, figures: list[dict[str, Any]], why: str
) -> None:
    told = asked(affairs, "checked", draft(*figures))
    assert trouble(told) == why
    assert "请" in told.json()["trouble"]["text"] or why == "fence.radius"


def test_where_an_outline_crosses_itself_is_shown(affairs: Desk) -> None:
    told = asked(affairs, "checked", draft(polygon([[0, 0], [40, 40], [40, 0], [0, 40]])))
    assert told.json()["trouble"]["spot"] == [20.0, 20.0]
    assert told.json()["trouble"]["figure"] == 0


def test_nothing_is_saved_without_a_shape(hospital: Hospital, affairs: Desk) -> None:
    told = asked(affairs, "saved", draft(), base=base(hospital))
    assert trouble(told) == "fence.empty"


def test_what_changes_is_said_before_it_is_saved(hospital: Hospital, affairs: Desk) -> None:
    circle = fence_drafts.opened(place(hospital)).model_dump(mode="json")["figures"][0]
    said = asked(affairs, "checked", draft(circle, polygon(SQUARE))).json()
    assert [(one["name"], one["became"]) for one in said["changes"]] == [
        ("东院区", "same"),
        ("门诊楼", "added"),
    ]
    assert said["changes"][1]["after_m2"] == pytest.approx(1600, abs=2)
    away = polygon([[500, 500], [540, 500], [540, 540]])
    gone = asked(affairs, "checked", draft(away)).json()
    assert [one["became"] for one in gone["changes"]] == ["added", "removed"]
    assert gone["standing"] == {"before": "inside", "after": "outside"}


def test_a_position_is_judged_as_at_a_check_in(hospital: Hospital, affairs: Desk) -> None:
    circle = fence_drafts.opened(place(hospital)).model_dump(mode="json")
    answers = {}
    for given, first, second in (
        ("metres", "0", "0"),
        ("metres", "295", "0"),
        ("metres", "400", "0"),
        ("wgs84", "30.30", "120.30"),
        ("gcj02", "30.30", "120.30"),
        ("unknown", "30.30", "120.30"),
    ):
        said = asked(
            affairs, "tried", circle, given=given, first=first, second=second, accuracy="20"
        ).json()
        answers[given, first] = (said["answer"], said["datum"], said["spot"] is not None)
    assert answers == {
        ("metres", "0"): ("inside", "wgs84", True),
        ("metres", "295"): ("uncertain", "wgs84", True),
        ("metres", "400"): ("outside", "wgs84", True),
        ("wgs84", "30.30"): ("inside", "wgs84", True),
        ("gcj02", "30.30"): ("outside", "gcj02", False),  # it is not turned back to be shown
        ("unknown", "30.30"): ("uncertain", "gcj02", False),
    }


def test_a_position_that_is_none_is_refused(hospital: Hospital, affairs: Desk) -> None:
    circle = fence_drafts.opened(place(hospital)).model_dump(mode="json")
    for first in ("", "north", "nan", "1e400", "95"):
        said: dict[str, Any] = {"given": "wgs84", "first": first, "second": "120", "accuracy": "20"}
        told = asked(affairs, "tried", circle, **said)
        assert trouble(told) == "fence.position", first


def test_a_file_of_a_later_datum_moves_the_plan_forward_and_never_back(
    hospital: Hospital, affairs: Desk
) -> None:
    circle = fence_drafts.opened(place(hospital)).model_dump(mode="json")
    ring = [[120.31, 30.30], [120.311, 30.30], [120.311, 30.301], [120.31, 30.30]]
    feature = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon"}}
    feature["geometry"] = {"type": "Polygon", "coordinates": [ring]}
    file = json.dumps(feature).encode()
    read = asked(affairs, "read", circle, file, datum="bd09").json()["draft"]
    assert read["datum"] == "bd09"
    assert [figure["datum"] for figure in read["figures"]] == ["wgs84", "bd09"]
    back = asked(affairs, "read", read, file, datum="wgs84").json()["draft"]
    assert back["datum"] == "bd09"
    assert asked(affairs, "saved", back, base=base(hospital)).json() == {"saved": True}
    fence = place(hospital).fence
    assert fence is not None
    assert [shape.datum.value for shape in fence.shapes] == ["wgs84", "bd09", "wgs84"]
    export = affairs.get(f"{EAST}/file?datum=bd09")
    assert [f["geometry"]["coordinates"][0] for f in export.json()["features"]] == [ring]
    assert trouble(asked(affairs, "read", circle, b"{", datum="wgs84")) == "fence.file"


def test_a_door_is_marked_and_judges_nothing(hospital: Hospital, affairs: Desk) -> None:
    door = {**polygon([[10, 10]], name="南门"), "kind": "door"}
    asked(affairs, "saved", draft(polygon(SQUARE), door), base=base(hospital))
    found = place(hospital)
    assert [(mark.kind, mark.name) for mark in found.marks] == [("door", "南门")]
    assert found.fence is not None
    assert len(found.fence.shapes) == 1


def test_who_only_reads_looks_and_tries_but_does_not_save(hospital: Hospital) -> None:
    Ward(hospital)
    office = at_a_desk(hospital, member(hospital, "g0002", Role.INSURANCE_OFFICE))
    assert 'data-mode="polygon"' not in office.get(EAST).text
    told = asked(office, "saved", draft(polygon(SQUARE)), base=base(hospital))
    assert code(told) == "account.forbidden"
