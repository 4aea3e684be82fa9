"""The demo's visits against a verifier's process, a real PostgreSQL, real bytes and real models.

`make demo` plays them for everybody; here each is played once.
"""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

import pytest

from shualian.demo import tricks, visits, world
from shualian.demo.acts import CARD_FACE, agreed, refused_claim
from shualian.demo.results import Played
from shualian.demo.sample import SamplePerson
from shualian.demo.world import World

pytestmark = pytest.mark.xdist_group("demo_visits")

T = TypeVar("T")


class Place:
    """A world, and the loop of its own thread."""

    def __init__(self, folder: Path) -> None:
        self._loop = asyncio.new_event_loop()
        self._stack = AsyncExitStack()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self.world: World = self.run(self._stack.enter_async_context(world.opened(folder)), 180)

    def run(self, work: Coroutine[Any, Any, T], seconds: float = 120) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(seconds)

    def close(self) -> None:
        self.run(self._stack.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    opened = Place(tmp_path_factory.mktemp("demo"))
    yield opened
    opened.close()


def assert_as_expected(place: Place, *visits: list[Played]) -> None:
    place.world.his.sign_in()
    for row in chain(*visits):
        assert row.ok, (str(row.seen), dict(row.checks))
        assert row.answer is None or place.world.his.trusts(row.answer)


def test_the_own_face_is_accepted_and_the_next_persons_is_rejected(place: Place) -> None:
    first, second = place.world.enrolled[:2]
    assert_as_expected(
        place,
        place.run(visits.own_card_own_face(place.world, first)),
        place.run(visits.own_card_other_face(place.world, first, second)),
    )


def test_the_his_trusts_no_receipt_that_is_not_just_the_one_that_was_signed(place: Place) -> None:
    first, second = (
        place.run(visits.own_card_own_face(place.world, person))[0].answer
        for person in place.world.enrolled[:2]
    )
    assert first is not None
    assert second is not None
    place.world.his.sign_in()
    assert place.world.his.trusts(first)
    assert not place.world.his.trusts(first.model_copy(update={"receipt": second.receipt}))
    assert not place.world.his.trusts(first.model_copy(update={"decision": second.decision}))


def test_four_digits_find_the_enrolled_and_not_the_stranger(place: Place) -> None:
    person = place.world.enrolled[2]
    found = place.run(visits.last_four_enrolled(place.world, person))
    missed = place.run(visits.last_four_stranger(place.world, stranger(place), person))
    assert_as_expected(place, found, missed)
    assert missed[0].decision is not None
    assert missed[0].decision.identification is not None
    assert missed[0].decision.identification.gallery == 2005


def stranger(place: Place) -> SamplePerson:
    return place.world.strangers[0]


@pytest.mark.parametrize("known", [True, False], ids=["enrolled", "stranger"])
def test_the_same_claim_has_one_effect_and_no_other_claim_has_any(
    place: Place, known: bool
) -> None:
    before = place.world.decisions()
    person = place.world.enrolled[0] if known else stranger(place)
    rows = place.run(tricks.same_claim_again(place.world, person))
    assert_as_expected(place, rows)
    assert place.world.decisions() == (before[0] + 1, before[1] + 1)


def test_what_a_thief_on_the_line_changes_is_refused_whoever_it_is_of(place: Place) -> None:
    first = place.world.enrolled[0]
    for person in (first, stranger(place)):
        other = place.world.next_to(person)
        assert_as_expected(
            place,
            place.run(tricks.one_byte_altered(place.world, person)),
            place.run(tricks.foreign_embedding(place.world, person, other)),
        )


def test_a_claim_that_must_be_refused_would_pass_if_nothing_were_changed(place: Place) -> None:
    """So that it is the altered byte that is refused, and nothing else of it."""
    person = place.world.enrolled[2]
    sight = place.run(place.world.sight(person))
    desk = place.world.agent.desk
    row = place.run(refused_claim("f", person.id, "none", desk, sight.evidence, agreed()))
    assert row.seen == CARD_FACE


def test_a_card_that_is_pulled_is_asked_for_again(place: Place) -> None:
    for person in (place.world.enrolled[0], stranger(place)):
        assert_as_expected(place, place.run(visits.card_pulled(place.world, person)))


def test_a_verifier_that_is_down_loses_nothing_and_comes_back(place: Place) -> None:
    people = [place.world.enrolled[1], stranger(place)]
    rows = place.run(visits.verifier_down(place.world, people))
    assert_as_expected(place, rows)
    assert [row.answer is None for row in rows] == [True, True, False, False]


def test_a_valid_card_of_nobody_enrolled_is_never_rejected(place: Place) -> None:
    here, there = place.world.agent, place.world.neighbour
    accepted = place.run(visits.valid_card_of_nobody(place.world, here, stranger(place)))
    referred = place.run(visits.valid_card_of_nobody(place.world, there, stranger(place)))
    assert_as_expected(place, accepted, referred)
    assert [row.seen.outcome for row in (*accepted, *referred)] == ["accepted", "refer"]


def test_without_a_legal_basis_no_face_is_decoded(place: Place) -> None:
    for person in (place.world.enrolled[0], stranger(place)):
        assert_as_expected(place, place.run(tricks.no_legal_basis(place.world, person)))
