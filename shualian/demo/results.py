"""What a played visit showed, beside what it should have shown."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from verifier.protocol.decision import ClaimAnswer, Decision

PRACTICE_DAY = "r"

TITLES: dict[str, tuple[str, str]] = {
    "a": ("本人卡，本人脸", "own card, own face"),
    "b": ("本人卡，他人脸", "own card, another's face"),
    "c": ("无卡，已登记，后四位", "no card, enrolled, last four digits"),
    "d": ("无卡，陌生人", "no card, stranger"),
    "e": ("同一声明再次提交", "the same claim again"),
    "f": ("改动一个字节", "one byte altered"),
    "g": ("特征与照片不符", "an embedding of another crop"),
    "h": ("读卡时抽走", "card pulled during the read"),
    "i": ("核验服务停机", "verifier down"),
    "j": ("本人有效卡，未登记", "own valid card, nobody enrolled"),
    "k": ("没有法律依据", "no legal basis"),
    "l": ("社保卡，本人脸", "social-security card, own face"),
    "m": ("医保码，本人脸", "insurance code, own face"),
    "n": ("电子社保卡，本人脸", "e-social card, own face"),
    "o": ("医保码过期，再出示", "expired code, shown anew"),
    "p": ("医保平台停机", "insurance platform down"),
    "q": ("未登记，与芯片照片比对", "not enrolled, face against the chip's photo"),
    PRACTICE_DAY: ("医师的一天", "a physician's day"),
}
"""The kinds of visit, in Chinese and English."""


@dataclass(frozen=True)
class Seen:
    """How something ended: an outcome, and what it rests on or why it is not more.

    Outcomes are those of a decision or of a check-in, what a HIS is told (`yes`, `no`, `unknown`),
    `refused` (with the refusal's code), `counter` (with the terminal's reason) and `stuck` (with
    the step at which the visit stood still).
    """

    outcome: str
    detail: str

    def __str__(self) -> str:
        return f"{self.outcome} {self.detail}".strip()


@dataclass(frozen=True)
class Played:
    """One row of the table.

    Attributes:
        who: whose card and face, short.
        checks: further things that had to hold, by name.
        recorded: how many results the verifier had to store for it.
        case: which of several things that are tried in this visit, where there are several.
    """

    visit: str
    who: str
    expected: Seen
    seen: Seen
    checks: Mapping[str, bool] = field(default_factory=dict)
    answer: ClaimAnswer | None = None
    recorded: int = 0
    case: str = ""

    @property
    def ok(self) -> bool:
        """Just as expected."""
        return self.seen == self.expected and all(self.checks.values())

    @property
    def decision(self) -> Decision | None:
        """The decision, where one was made."""
        return self.answer.decision if self.answer else None

    @property
    def identity(self) -> str:
        """What had to come of the decision on identity: a physician's own card and face hold,
        whatever comes of the check-in.
        """
        return "accepted" if self.visit == PRACTICE_DAY else self.expected.outcome

    @property
    def margin(self) -> float | None:
        """How far the score lies on the expected side of the threshold, in cosine.

        None where nothing was compared. Negative where the outcome is the wrong one.
        """
        comparison = self.decision.comparison if self.decision else None
        if comparison is None:
            return None
        above = comparison.score - comparison.threshold
        return above if self.identity == "accepted" else -above


def seen_in(decision: Decision) -> Seen:
    """The decision's assurance, or its first reason where it rests on nothing."""
    outcome = decision.outcome.value
    if decision.assurance is not None:
        return Seen(outcome, decision.assurance.value)
    return Seen(outcome, decision.reasons[0] if decision.reasons else "")


def as_json(row: Played) -> dict[str, Any]:
    """One row, for `--json`."""
    said: dict[str, Any] = {
        "visit": row.visit,
        "title": TITLES[row.visit][1],
        "case": row.case,
        "who": row.who,
        "expected": str(row.expected),
        "seen": str(row.seen),
        "ok": row.ok,
        "checks": dict(row.checks),
    }
    if row.answer is not None:
        said |= {"receipt": row.answer.receipt_id, **_rates(row.answer.decision)}
        said["margin"] = row.margin
    return said


def _rates(decision: Decision) -> dict[str, Any]:
    comparison, search = decision.comparison, decision.identification
    return {
        "outcome": decision.outcome.value,
        "reasons": decision.reasons,
        "assurance": decision.assurance.value if decision.assurance else None,
        "enrolment_offered": decision.enrolment_offered,
        "score": comparison.score if comparison else None,
        "threshold": comparison.threshold if comparison else None,
        "fmr": comparison.fmr if comparison else None,
        "extrapolated": comparison.extrapolated if comparison else None,
        "fpir": search.fpir if search else None,
        "max_fpir": search.max_fpir if search else None,
        "searched": search.searched if search else None,
        "gallery": search.gallery if search else None,
        "liveness": decision.liveness.value,
        "calibration": decision.calibration,
        "simulated": decision.simulated,
        "decision": decision.id,
    }
