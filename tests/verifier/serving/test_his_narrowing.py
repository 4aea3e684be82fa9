"""Without a card, a face is searched for among those who are expected, and nobody else."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from pydantic import ValidationError

from verifier.decision.facts import Reason
from verifier.identity.galleries import Gallery
from verifier.policy.load import load_policy, parse, shipped
from verifier.protocol.claim import Evidence, Narrowing
from verifier.protocol.decision import Identification
from verifier.protocol.values import Outcome
from verifier.store.database import Database
from verifier.trust.keys import KeyRing

from .his_feed import Feeder, item
from .hospital import (
    Face,
    Hospital,
    Person,
    Terminal,
    capture,
    invent,
    open_hospital,
    same_last_four,
    without_card,
)

ZHANG, LI = invent(1), invent(2, "李四")
NAMESAKE = same_last_four(ZHANG, "王五", Face(40))
PURPOSE = "outpatient_registration"
ALL = ["last_four", "department", "expected"]


@pytest.fixture
def hospital(
    database: Database, keyring: KeyRing, gallery: Gallery, request: pytest.FixtureRequest
) -> Iterator[Hospital]:
    """One whose policy lets a search be narrowed by expected visits."""
    table = load_policy(shipped("demo")).policy.model_dump()
    identify = table["purposes"][PURPOSE]["identify"]
    identify["narrowing"] = getattr(request, "param", ALL)
    with open_hospital(database, keyring, gallery, policy=parse(table)) as opened:
        yield opened


@pytest.fixture
def terminal(hospital: Hospital) -> Terminal:
    return hospital.terminal()


def seen(
    terminal: Terminal, person: Person, narrowing: Narrowing | None = None
) -> tuple[Outcome, list[str], Identification | None]:
    evidence = Evidence(capture=capture(person.face), narrowing=narrowing)
    said = terminal.decide(evidence, PURPOSE).decision
    return said.outcome, said.reasons, said.identification


def test_who_is_expected_is_found_by_face_alone_and_who_is_not_is_referred(
    hospital: Hospital, terminal: Terminal
) -> None:
    for person in (ZHANG, LI, NAMESAKE):
        hospital.enrol(person)
    Feeder(hospital).put("appointments", item(ZHANG))
    outcome, _, found = seen(terminal, ZHANG)
    assert outcome is Outcome.ACCEPTED
    assert found is not None
    assert (found.answer, found.searched, found.gallery) == ("match", 1, 3)
    assert found.narrowed_by == "expected"
    assert found.fpir == pytest.approx(1e-4)
    assert seen(terminal, LI)[:2] == (Outcome.REFER, [Reason.NO_MATCH])


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("appointments", {"state": "cancelled"}),
        ("appointments", {"state": "done"}),
        ("dispensing", {}),
        ("admission-orders", {}),
        ("inpatients", {"ward": "3A"}),
    ],
)
def test_only_what_is_planned_for_this_purpose_counts(
    hospital: Hospital, terminal: Terminal, kind: str, changes: dict[str, str]
) -> None:
    hospital.enrol(ZHANG)
    Feeder(hospital).put(kind, item(ZHANG, **changes))
    assert seen(terminal, ZHANG)[1] == [Reason.NO_MATCH]


def test_before_and_after_its_time_nobody_is_expected(
    hospital: Hospital, terminal: Terminal
) -> None:
    hospital.enrol(ZHANG)
    now = hospital.clock()
    later = {"valid_from": now + timedelta(minutes=5), "valid_to": now + timedelta(minutes=9)}
    times = {name: each.isoformat() for name, each in later.items()}
    Feeder(hospital).put("appointments", item(ZHANG, **times))
    assert seen(terminal, ZHANG)[1] == [Reason.NO_MATCH]
    for ahead, outcome in ((6, Outcome.ACCEPTED), (10, Outcome.REFER)):
        hospital.clock.ahead = terminal.clock_ahead = timedelta(minutes=ahead)
        assert seen(terminal, ZHANG)[0] is outcome


def test_a_department_narrows_further(hospital: Hospital, terminal: Terminal) -> None:
    for person in (ZHANG, LI):
        hospital.enrol(person)
    told = [item(ZHANG), item(LI, "A-2", department="外科")]
    Feeder(hospital).put("appointments", *told)
    outcome, _, found = seen(terminal, LI, Narrowing(department="外科"))
    assert outcome is Outcome.ACCEPTED
    assert found is not None
    assert (found.searched, found.narrowed_by) == (1, "department")
    assert seen(terminal, ZHANG, Narrowing(department="外科"))[1] == [Reason.NO_MATCH]


def test_who_is_not_expected_still_has_the_last_four(
    hospital: Hospital, terminal: Terminal
) -> None:
    hospital.enrol(ZHANG)
    answer = terminal.decide(without_card(ZHANG.face, ZHANG.number[-4:]), PURPOSE)
    assert answer.decision.outcome is Outcome.ACCEPTED


@pytest.mark.parametrize("hospital", [["last_four"]], indirect=True)
def test_where_the_policy_does_not_say_so_expected_visits_narrow_nothing(
    hospital: Hospital, terminal: Terminal
) -> None:
    hospital.enrol(ZHANG)
    Feeder(hospital).put("appointments", item(ZHANG))
    assert seen(terminal, ZHANG)[1] == [Reason.NARROWING_REQUIRED]
    assert seen(terminal, ZHANG, Narrowing(department="内科"))[1] == [Reason.NARROWING_REQUIRED]


def test_a_list_that_is_too_long_is_not_searched(hospital: Hospital, terminal: Terminal) -> None:
    people = [invent(number) for number in range(1, 103)]
    for person in people:
        hospital.enrol(person)
    Feeder(hospital).put("appointments", *[item(p, f"A-{n}") for n, p in enumerate(people)])
    _, reasons, found = seen(terminal, ZHANG)
    assert reasons == [Reason.FPIR_EXCEEDED]
    assert found is not None
    assert (found.answer, found.searched) == ("not_searched", 0)


def test_a_narrowing_says_one_thing() -> None:
    for said in ({}, {"last_four": "0013", "department": "内科"}):
        with pytest.raises(ValidationError):
            Narrowing(**said)


def test_1_n_is_off_in_the_policy_that_ships() -> None:
    for purpose in load_policy(shipped("default")).policy.purposes.values():
        assert not purpose.identify.enabled
