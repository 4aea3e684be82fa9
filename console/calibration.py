"""Calibration (标定): thresholds in force, what they mean, and the hospital's own people."""

import math
import threading
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from models.calibration import Calibration, PolicyBelowFloor
from models.rejection import Rejected, Rejections
from verifier.api.site import Site
from verifier.ledger import append
from verifier.matching import site_impostors
from verifier.matching.rates import fpir
from verifier.matching.site_impostors import BINS, Share, SiteImpostors, TooFew
from verifier.policy.rules import PurposeRules
from verifier.trust.accounts.roles import Permission

from .pages import Page
from .rendering import redirect, render
from .visitor import site_of, staff_of

CALIBRATION = "/console/calibration"
MOST_SEARCHED = 1_000_000
WIDTH, HEIGHT, FOOT = 760, 320, 290


@dataclass(frozen=True)
class InForce:
    """One purpose's threshold and what both measurements say of it."""

    rules: PurposeRules
    own: Share | None
    one_in: int


@dataclass(frozen=True)
class Change:
    """What another rate would do, before anybody changes a policy."""

    fmr: float
    people: int
    cosine: float | None
    extrapolated: bool
    one_in: int
    fpir: float
    rejected: Rejected | None


@dataclass(frozen=True)
class Bar:
    """One bin of the plot: pairs on a logarithmic scale."""

    x: float
    y: float
    width: float
    height: float


class SiteMeasure:
    """The hospital's own measurement: one at a time, in the background, kept in memory alone."""

    def __init__(self, site: Site) -> None:
        self._site, self._lock = site, threading.Lock()
        self.running, self.done = False, 0.0
        self.found: SiteImpostors | None = None
        self.too_few: int | None = None
        self.thread: threading.Thread | None = None

    def start(self, by: str) -> None:
        """Begin, unless one is at work."""
        with self._lock:
            if self.running:
                return
            self.running, self.done, self.too_few = True, 0.0, None
        self.thread = threading.Thread(
            target=self._measure, args=(by,), name="calibration", daemon=True
        )
        self.thread.start()

    def _measure(self, by: str) -> None:
        parts = self._site.parts
        cosines = [rules.verify.cosine for rules in self._site.rules.purposes.values()]
        try:
            with parts.engine.begin() as conn:
                self.found = site_impostors.measure(
                    conn, parts.keyring, parts.gallery, cosines, parts.clock(), self._told
                )
                body = {"people": self.found.people, "pairs": self.found.pairs, "by": by}
                append(conn, parts.institution, "calibration.measured", body)
        except TooFew as told:
            self.too_few = int(told.args[0])
        finally:
            self.running = False

    def _told(self, share: float) -> None:
        self.done = share


async def show_calibration(request: Request) -> Response:
    """Thresholds in force, in words; the hospital's own people; what a change would do."""
    site, measure = site_of(request), _measure_of(request)
    calibration = site.parts.calibration
    found = measure.found
    rejections = Rejections.load(site.parts.gallery.pack)
    return render(
        request,
        "calibration.html",
        rules=[_in_force(each, found) for each in site.rules.purposes.values()],
        calibration=calibration if isinstance(calibration, Calibration) else None,
        rejections=rejections,
        measure=measure,
        found=found,
        bars=_bars(found) if found else [],
        lines=sorted({rules.verify.cosine for rules in site.rules.purposes.values()}),
        x_of=_x,
        ticks=[-0.2, 0.0, 0.2, 0.4, 0.6, 0.8],
        width=WIDTH,
        height=HEIGHT,
        foot=FOOT,
        change=_change(site, request, rejections),
        least=site_impostors.LEAST_PEOPLE,
        fmr_asked=request.query_params.get("one_in", "10000")[:12],
        people_asked=request.query_params.get("people", str(len(site.gallery)))[:12],
    )


async def measure(request: Request) -> Response:
    """Compare the hospital's own people with each other, in the background."""
    _measure_of(request).start(staff_of(request).account)
    return redirect(request, CALIBRATION, "console.flash.calibration_started")


def _measure_of(request: Request) -> SiteMeasure:
    state = request.app.state
    if not hasattr(state, "site_measure"):
        state.site_measure = SiteMeasure(site_of(request))
    found: SiteMeasure = state.site_measure
    return found


def _in_force(rules: PurposeRules, found: SiteImpostors | None) -> InForce:
    own = found.share(rules.verify.cosine) if found else None
    return InForce(rules, own, round(1 / rules.verify.fmr))


def _change(site: Site, request: Request, rejections: Rejections | None) -> Change | None:
    """None unless both figures were asked for and are some."""
    one_in = _whole(request.query_params.get("one_in", ""), 100_000_000)
    people = _whole(request.query_params.get("people", ""), MOST_SEARCHED)
    if one_in is None or one_in < 2 or people is None:
        return None
    fmr, calibration = 1 / one_in, site.parts.calibration
    try:
        at = calibration.threshold(fmr, allow_tail=True)
        cosine, extrapolated = at.cosine, at.extrapolated
    except PolicyBelowFloor:
        cosine, extrapolated = None, True
    rejected = rejections.at(fmr) if rejections else None
    return Change(fmr, people, cosine, extrapolated, one_in, fpir(fmr, people), rejected)


def _whole(text: str, most: int) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and int(text[:12]) <= most else None


def _bars(found: SiteImpostors) -> list[Bar]:
    """Higher for more pairs, each tenfold the same step; one pair can still be seen."""
    top = math.log10(max(found.counts) + 1)
    width = (_x(BINS[1]) - _x(BINS[0])) - 1
    made = []
    for start, count in zip(BINS, found.counts, strict=True):
        if count:
            tall = (FOOT - 20) * math.log10(count + 1) / top
            made.append(
                Bar(round(_x(start), 1), round(FOOT - tall, 1), round(width, 1), round(tall, 1))
            )
    return made


def _x(cosine: float) -> float:
    """Cosines -0.5..1 over the plot's width."""
    return round(20 + (cosine + 0.5) / 1.5 * (WIDTH - 40), 1)


_READ, _MEASURE = Permission.CALIBRATION_READ, Permission.CALIBRATION_MEASURE
pages = [
    Page(CALIBRATION, "GET", _READ, show_calibration, nav="console.nav.calibration"),
    Page(f"{CALIBRATION}/measurement", "POST", _MEASURE, measure),
]
