"""Each rule fires on its planted case and stays silent on the lawful twin of it. Pure."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from verifier.watch import judging
from verifier.watch.judging import Acceptance, Alike, ByProxy, LetPass, OtherFace, Sighting
from verifier.watch.rules import Rule, digest, load

AT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINE, THEIRS = "H99010100001", "H99010100002"


def test_two_files_with_one_face_are_pointed_at_and_twins_are_not() -> None:
    pair = Alike("B" * 22, "A" * 22, 0.62, False, AT)
    (point,) = judging.one_face_two_identities([pair], 0.5)
    assert point.people == ("A" * 22, "B" * 22)
    assert judging.one_face_two_identities([replace(pair, told_apart=True)], 0.5) == []
    assert judging.one_face_two_identities([replace(pair, score=0.49)], 0.5) == []


def test_one_credential_with_two_faces_is_pointed_at_and_a_proxy_is_not() -> None:
    visits = [OtherFace("P", f"V{n}", f"D{n}", AT + n * HOUR, False) for n in range(2)]
    (point,) = judging.one_credential_two_faces(visits, 2)
    assert (point.subject, point.decisions, point.at) == ("P", ("D0", "D1"), AT + HOUR)
    explained = [replace(visits[0], explained=True), visits[1]]
    assert judging.one_credential_two_faces(explained, 2) == []
    assert judging.one_credential_two_faces(visits[:1] * 2, 2) == [], "one visit, looked at twice"


def seen(at: datetime, institution: str, latitude: float, **said: object) -> Sighting:
    known = Sighting("K", institution, at, latitude, 104.0, "wgs84", f"D-{institution}", "P")
    return replace(known, **said)  # type: ignore[arg-type]


def test_two_places_too_soon_is_pointed_at_and_a_journey_in_time_is_not() -> None:
    here, there = seen(AT, MINE, 30.0), seen(AT + HOUR, THEIRS, 35.0, person=None)
    (point,) = judging.two_places_too_soon([there, here], MINE, timedelta(hours=12))
    assert (point.people, point.decisions) == (("P",), (f"D-{MINE}",)), "of ours alone"
    later = [replace(one, at=one.at + timedelta(days=3)) for one in (here, there)]
    twice = judging.two_places_too_soon([here, there, *later], MINE, timedelta(hours=12))
    assert len(twice) == 2, "a second time is not hidden by the first"
    assert len({point.subject for point in twice}) == 2
    lawful = [
        [here, replace(there, at=AT + 10 * HOUR)],
        [here, replace(there, latitude=30.05)],
        [here, replace(there, apart=True)],
        [here, replace(there, institution=MINE)],
        [replace(here, institution=THEIRS), replace(there, institution="H99010100003")],
        [here, replace(there, key="another")],
    ]
    for twin in lawful:
        assert judging.two_places_too_soon(twin, MINE, timedelta(hours=12)) == []


def test_one_person_who_lets_pass_alone_is_pointed_at_and_two_are_not() -> None:
    alone = LetPass("I", "D", "P", AT, refused=True, second=False, emergency=False, undone=False)
    (point,) = judging.refused_then_passed_alone([alone])
    assert (point.subject, point.people) == ("I", ("P",))
    for twin in ({"refused": False}, {"second": True}, {"emergency": True}, {"undone": True}):
        assert judging.refused_then_passed_alone([replace(alone, **twin)]) == []


def test_one_proxy_for_many_is_pointed_at_and_a_care_home_with_authorisations_is_not() -> None:
    visits = [ByProxy("X", f"P{n}", f"D{n}", AT, False) for n in range(5)]
    (point,) = judging.one_proxy_for_many(visits, 5)
    assert (point.subject, len(point.people)) == ("X", 5)
    assert judging.one_proxy_for_many(visits[:4] + visits[:1], 5) == [], "one patient twice"
    lawful = [replace(visits[0], lawful=True), *visits[1:]]
    assert judging.one_proxy_for_many(lawful, 5) == []


def test_a_terminal_that_accepts_oddly_is_pointed_at_and_chance_is_not() -> None:
    usual = [Acceptance(f"T{n}", 200, 190, AT) for n in range(3)]
    odd = Acceptance("T9", 200, 150, AT)
    assert [p.terminal for p in judging.terminal_accepts_oddly([*usual, odd], 50, 4.0)] == ["T9"]
    by_chance = replace(odd, accepted=184)
    few = replace(odd, visits=20, accepted=0)
    assert judging.terminal_accepts_oddly([*usual, by_chance], 50, 4.0) == []
    assert judging.terminal_accepts_oddly([*usual, few], 50, 4.0) == []
    assert judging.terminal_accepts_oddly([odd], 50, 4.0) == [], "nothing to compare with"


def test_the_rules_that_ship_have_a_basis_and_lawful_causes_and_accuse_nobody() -> None:
    rules = load()
    assert len(rules.rules) == 6
    for rule in rules.rules:
        assert rule.basis
        assert rule.lawful
        shown = rule.title_zh + rule.basis
        assert not any(word in shown for word in ("冒名", "骗", "假", "违规", "异常"))


def test_a_changed_rule_is_another() -> None:
    rule: Rule = load().rules[0]
    changed = rule.model_copy(update={"parameters": {"fmr": 1e-6}})
    assert digest(rule) != digest(changed)


@pytest.mark.parametrize("day", range(3))
def test_the_same_facts_give_the_same_points(day: int) -> None:
    visits = [ByProxy("X", f"P{n}", f"D{n}", AT + day * 24 * HOUR, False) for n in range(6)]
    once = judging.one_proxy_for_many(visits, 5)
    assert judging.one_proxy_for_many(list(reversed(visits)), 5)[0].people == once[0].people
