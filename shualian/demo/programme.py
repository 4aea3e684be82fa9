"""Which visits are played, in which order, and for whom: for every person where it makes sense."""

from collections.abc import Awaitable, Callable, Iterable

from kiosk.messages import Shown

from . import practice_day, tricks, visits
from .results import Played
from .world import World

Visits = Iterable[Awaitable[list[Played]]]
Scene = Callable[[World], Visits]
"""All visits of one letter, each begun when the one before has ended."""


def _own_card_own_face(world: World) -> Visits:
    return (visits.own_card_own_face(world, person) for person in world.enrolled)


def _own_card_other_face(world: World) -> Visits:
    return (
        visits.own_card_other_face(world, card, face)
        for card in world.enrolled
        for face in world.people
        if face is not card
    )


def _last_four_enrolled(world: World) -> Visits:
    return (visits.last_four_enrolled(world, person) for person in world.enrolled)


def _last_four_stranger(world: World) -> Visits:
    return (
        visits.last_four_stranger(world, stranger, person)
        for stranger in world.strangers
        for person in world.enrolled
    )


def _same_claim_again(world: World) -> Visits:
    return (tricks.same_claim_again(world, person) for person in world.people)


def _one_byte_altered(world: World) -> Visits:
    return (tricks.one_byte_altered(world, person) for person in world.people)


def _foreign_embedding(world: World) -> Visits:
    return (
        tricks.foreign_embedding(world, person, world.next_to(person)) for person in world.people
    )


def _card_pulled(world: World) -> Visits:
    return (visits.card_pulled(world, person) for person in world.people)


def _verifier_down(world: World) -> Visits:
    yield visits.verifier_down(world, world.people)


def _valid_card_of_nobody(world: World) -> Visits:
    return (
        visits.valid_card_of_nobody(world, agent, stranger)
        for stranger in world.strangers
        for agent in (world.agent, world.neighbour)
    )


def _no_legal_basis(world: World) -> Visits:
    return (tricks.no_legal_basis(world, person) for person in world.people)


def _other_credentials(world: World) -> Visits:
    kinds: tuple[tuple[str, Shown], ...] = (
        ("l", "social_security_card"),
        ("m", "nhsa_qr"),
        ("n", "e_social_card"),
    )
    return (
        visits.other_credential(world, letter, credential, person)
        for letter, credential in kinds
        for person in world.people
    )


def _expired_code(world: World) -> Visits:
    return (visits.expired_code(world, person) for person in world.enrolled)


def _platform_down(world: World) -> Visits:
    yield visits.platform_down(world, world.enrolled[:3])


def _against_chip_photo(world: World) -> Visits:
    return (
        visits.against_chip_photo(world, stranger, face)
        for stranger in world.strangers
        for face in (stranger, *world.enrolled)
    )


def _physicians_day(world: World) -> Visits:
    yield practice_day.physicians_day(world)


PROGRAMME: tuple[Scene, ...] = (
    _own_card_own_face,
    _own_card_other_face,
    _last_four_enrolled,
    _last_four_stranger,
    _same_claim_again,
    _one_byte_altered,
    _foreign_embedding,
    _card_pulled,
    _verifier_down,
    _valid_card_of_nobody,
    _no_legal_basis,
    _other_credentials,
    _expired_code,
    _platform_down,
    _against_chip_photo,
    _physicians_day,
)
"""(a) to (r)."""
