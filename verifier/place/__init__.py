"""Where a check-in (签到) happens: positions, fences, and what counts as proof of place.

Pure. One point for each check-in and no track; nothing here serves to evaluate anybody's work.
Datums run forward only: WGS-84 → GCJ-02 → BD-09.
"""

from .checks import checked
from .datums import Datum, forward
from .distances import signed_distance_m
from .errors import PlaceRefused
from .fences import Circle, Fence, MultiFence, Polygon, Shape, Vertex
from .geojson import from_geojson, to_geojson
from .journeys import travel_between_sites_possible, travel_possible
from .judging import How, Judged, Where, judge
from .limits import CheckLimits
from .networks import on_network
from .positions import Position, Source
from .proof import Answer, Evidence, Kind, PlaceAnswer, Proof, Sighting, answer_on
from .reasons import Reason
from .site_codes import SiteCode, code_at, matched_step, matches, parse, payload

__all__ = [
    "Answer",
    "CheckLimits",
    "Circle",
    "Datum",
    "Evidence",
    "Fence",
    "How",
    "Judged",
    "Kind",
    "MultiFence",
    "PlaceAnswer",
    "PlaceRefused",
    "Polygon",
    "Position",
    "Proof",
    "Reason",
    "Shape",
    "Sighting",
    "SiteCode",
    "Source",
    "Vertex",
    "Where",
    "answer_on",
    "checked",
    "code_at",
    "forward",
    "from_geojson",
    "judge",
    "matched_step",
    "matches",
    "on_network",
    "parse",
    "payload",
    "signed_distance_m",
    "to_geojson",
    "travel_between_sites_possible",
    "travel_possible",
]
