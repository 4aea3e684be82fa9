"""Try the gate on people apart from those who made it: `python -m benchmarks.covers.trial`.

Writes `benchmarks/results/covers.json`: false alarms on bare faces, misses on covered ones, with
95 % intervals by bootstrap over people. Needs the folder of portraits that `SHUALIAN_SHARED` names.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import numpy as np

from benchmarks.accuracy import SHARED
from benchmarks.record import recording
from models.evaluation import statistics as stats
from models.evaluation.dataset import Picture, pictures
from models.quality_cover import KINDS, model

from .cases import LOOKS, SEED, Outcome, as_it_is, bare_looks, covered_looks, reason
from .people import COVERS, UNCLEAR, Part, bare, digest, of_part, seen
from .sight import in_processes
from .train import DATA
from .weights import digest as weights_digest

RESAMPLES: Final = 1000
GROUPS: Final = ("glasses", "beard", "fringe", "headgear")


def tried(task: tuple[Picture, int]) -> list[Outcome]:
    """One bare picture of a trial person in every case."""
    picture, number = task
    person, noted = picture.person, seen(picture)
    return [
        Outcome("bare", condition, person, reason(look), None, noted)
        for condition, look in bare_looks(picture, number)
    ] + [
        Outcome(kind, condition, person, reason(look), name, noted)
        for kind, name, condition, look in covered_looks(picture, number)
    ]


def really_covered(picture: Picture) -> Outcome:
    """A picture on which a viewer saw a cover, as it is."""
    kind = next(iter(seen(picture) & COVERS))
    name = {"dark_glasses": "covered_eyes"}.get(kind, "covered")
    return Outcome(
        kind, "as_it_is", picture.person, reason((as_it_is(picture), False)), name, seen(picture)
    )


def false_alarms(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """How often a bare face is called covered: of all looks, and of those otherwise fit."""
    return _tried(outcomes) | {
        "false_alarms": _rate(outcomes, called),
        "false_alarms_of_fit": _rate(fit(outcomes), called),
    }


def misses(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """How often a covered face may be compared: of all looks, and of those otherwise fit, which the
    cover alone could refuse; of those called covered, how often by the right name."""
    return _tried(outcomes) | {
        "missed": _rate(outcomes, lambda one: one.reason is None),
        "missed_of_fit": _rate(fit(outcomes), lambda one: one.reason is None),
        "named_right": _rate(list(filter(called, outcomes)), lambda one: one.reason == one.name),
    }


def fit(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """The looks with which nothing but a cover may be wrong: a face was found, large and sharp."""
    return [one for one in outcomes if one.reason is None or called(one)]


def called(one: Outcome) -> bool:
    """The gate said covered."""
    return one.reason in KINDS


def _tried(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    return {
        "looks": len(outcomes),
        "people": len({one.person for one in outcomes}),
        "refused_otherwise": _rate(outcomes, lambda one: one.reason not in (None, *KINDS)),
    }


def _rate(
    outcomes: Sequence[Outcome], happened: Callable[[Outcome], bool]
) -> dict[str, float] | None:
    if not outcomes:
        return None
    people = sorted({one.person for one in outcomes})
    owner = np.array([people.index(one.person) for one in outcomes], np.intp)
    events = np.array([happened(one) for one in outcomes])
    draws = stats.resamples(len(people), RESAMPLES, SEED)
    drawn = draws @ np.bincount(owner, events, len(people)) / (draws @ np.bincount(owner))
    # Looks at one person are not independent: no event is 3 / people, not 3 / looks.
    rate = stats.estimate(float(events.mean()), drawn, len(people))
    low = min(rate.low, max(0.0, 1 - 3 / len(people))) if events.all() else rate.low
    n, of = int(events.sum()), len(outcomes)
    return {"n": n, "of": of, "value": rate.value, "low": low, "high": rate.high}


def by(outcomes: Iterable[Outcome], field: str) -> dict[str, list[Outcome]]:
    """Outcomes grouped by one of their fields."""
    grouped: dict[str, list[Outcome]] = {}
    for one in outcomes:
        grouped.setdefault(getattr(one, field), []).append(one)
    return grouped


def figures(portraits: Sequence[Picture]) -> dict[str, Any]:
    """Everything that the record says."""
    shown = [one for one in of_part(portraits, Part.TRIAL) if bare(one)]
    tasks = [(one, number) for number, one in enumerate(shown)]
    outcomes = [one for found in in_processes(tried, tasks) for one in found]
    plain = [one for one in outcomes if one.kind == "bare"]
    camera = [one for one in plain if one.condition in ("near", "far", "turned")]
    kinds = by((one for one in outcomes if one.kind != "bare"), "kind")
    real = by(map(really_covered, (one for one in portraits if seen(one) & COVERS)), "kind")
    return {
        "data": {"name": DATA, "sha256": digest(portraits), "people": "trial part", "looks": LOOKS},
        "limit": model().limit,
        "weights_sha256": weights_digest(model()),
        "interval": f"95 %, bootstrap over people, {RESAMPLES} resamples, seed {SEED}",
        "left_out_as_unclear": sum(UNCLEAR in seen(one) for one in of_part(portraits, Part.TRIAL)),
        "bare": {name: false_alarms(some) for name, some in by(plain, "condition").items()},
        "bare_near_far_turned": {
            group: false_alarms([one for one in camera if group in one.noted]) for group in GROUPS
        },
        "reasons_bare": dict(Counter(str(one.reason) for one in plain)),
        "covered": {
            kind: {name: misses(part) for name, part in by(some, "condition").items()}
            for kind, some in kinds.items()
        },
        "really_covered": {kind: misses(some) for kind, some in real.items()},
    }


def main() -> None:
    """Measure and record."""
    with recording("covers", "python -m benchmarks.covers.trial", SEED) as record:
        record.figures = figures(pictures(SHARED / "faces" / DATA))
    for condition, rates in record.figures["bare"].items():
        _say(f"bare, {condition}: called covered", rates, "false_alarms_of_fit")
    for kind, conditions in record.figures["covered"].items():
        for condition, rates in conditions.items():
            _say(f"{kind}, {condition}: missed", rates, "missed_of_fit")
    for kind, rates in record.figures["really_covered"].items():
        _say(f"really, {kind}: missed", rates, "missed_of_fit")


def _say(what: str, rates: dict[str, Any], event: str) -> None:
    one = rates[event]
    print(f"{what} {one['value']:.2%} [{one['low']:.2%}, {one['high']:.2%}]", end="")
    print(f" of {one['of']} fit looks, of {rates['looks']}")


if __name__ == "__main__":
    main()
