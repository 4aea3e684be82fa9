"""What people say of an invented hospital's days: ratings, and matters for the hotline. Pure, but
for `hand_in`.

Of a rating only the day counts, so each is dated at its day's first minute there; matters are those
of the day before, as a hotline hands in its list.
"""

import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from typing import Any, Literal

from verifier.protocol.rating import Because, Door, Grade

from .client import ClientRefused, HisClient

CHINA = timezone(timedelta(hours=8))
MOST = 500
"""Ratings a day, however large the hospital: a verifier lets no sender flood it."""

GRADES = {
    Grade.VERY_SATISFIED: 58,
    Grade.SATISFIED: 27,
    Grade.FAIRLY_SATISFIED: 8,
    Grade.DISSATISFIED: 5,
    Grade.VERY_DISSATISFIED: 2,
}
"""Of a hundred; invented, as everything here."""
PURPOSES = ("outpatient_registration", "settlement", "dispensing")
WRITTEN = ("等了一个多小时", "指示牌看不清楚", "要跑三个窗口", "机器认不出来，换了人工窗口")
BROUGHT = (
    ("complaint", "取药要排两次队，希望合并"),
    ("question", "老人没有手机，怎么挂号"),
    ("request", "想请人帮忙代办出院结算"),
    ("correction", "登记的姓名写错了一个字"),
)
WRITES, IS_REACHED, MATTERS = 0.3, 0.2, 0.04


@dataclass(frozen=True)
class Opinion:
    """One body, and the call that takes it."""

    path: Literal["/v1/ratings", "/v1/intakes"]
    body: dict[str, Any]


def opinions(day: date, people: int, share: float, seed: int = 1) -> list[Opinion]:
    """What so many people say of one day, of whom a share rates. The same seed, the same."""
    dice = random.Random(f"{seed}/{day}")
    count = min(round(people * share), MOST)
    name = f"{day:%y%m%d}-{seed}"
    told = [_rating(dice, day, f"R{name}-{place:05d}") for place in range(count)]
    return told + [_matter(dice, day, f"M{name}-{n:05d}") for n in range(round(count * MATTERS))]


def hand_in(his: HisClient, told: Iterable[Opinion]) -> Counter[str]:
    """Hand them in; what became of them. A client that may not is told of, not an error.

    Raises `ClientRefused` for anything else, `httpx.HTTPError`.
    """
    found: Counter[str] = Counter()
    for each in told:
        try:
            taken = his.say(each.path, each.body)
        except ClientRefused as refused:
            if str(refused) != "auth.forbidden":
                raise
            return found + Counter(opinions_forbidden=1)
        found[f"opinions_{taken['result']}"] += 1
        found["intakes"] += taken["intake"] is not None and taken["result"] == "created"
    return found


def _rating(dice: random.Random, day: date, name: str) -> Opinion:
    grade = dice.choices(list(GRADES), list(GRADES.values()))[0]
    body: dict[str, Any] = {
        "external_id": name,
        "grade": grade.value,
        "door": dice.choice([Door.COUNTER, Door.COUNTER, Door.PHONE]).value,
        "rated_at": datetime.combine(day, time(), CHINA).isoformat(),
        "purpose": dice.choice(PURPOSES),
        "simulated": True,
    }
    if grade.poor:
        body["reasons"] = [each.value for each in dice.sample(list(Because), dice.randrange(1, 3))]
        if dice.random() < WRITES:
            body["text"] = dice.choice(WRITTEN)
        if dice.random() < IS_REACHED:
            body["reach"] = "本院服务台留言"
    return Opinion("/v1/ratings", body)


def _matter(dice: random.Random, day: date, name: str) -> Opinion:
    kind, said = dice.choice(BROUGHT)
    before = datetime.combine(day - timedelta(days=1), time(9), CHINA)
    body = {
        "external_id": name,
        "kind": kind,
        "door": Door.PHONE.value,
        "said": said,
        "received_at": (before + timedelta(minutes=dice.randrange(480))).isoformat(),
        "simulated": True,
    }
    return Opinion("/v1/intakes", body)
