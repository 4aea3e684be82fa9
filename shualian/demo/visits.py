"""The visits that people make at the screen: (a) to (d) and (h) to (j).

Every function plays one visit through the very code of a terminal, and gives its rows, each with
what it should have shown. People come and go by the simulated devices.
"""

import asyncio
from collections.abc import Sequence

from devices.resident_id.virtual import Fault
from kiosk.agent import Agent
from kiosk.messages import Shown
from kiosk.session import VisitResult
from kiosk.states import Step

from .acts import CARD, CARD_FACE, REFERRED, by_card, name, played, with_card, without_card
from .results import Played, Seen
from .sample import SamplePerson
from .world import World


async def own_card_own_face(world: World, person: SamplePerson) -> list[Played]:
    """(a)"""
    result = await with_card(world, person, person)
    return [played("a", name(person), by_card(person), result)]


async def own_card_other_face(world: World, card: SamplePerson, face: SamplePerson) -> list[Played]:
    """(b)"""
    result = await with_card(world, card, face)
    who = f"{name(card)}卡 {name(face)}脸"
    return [played("b", who, Seen("rejected", "face_differs"), result)]


async def last_four_enrolled(world: World, person: SamplePerson) -> list[Played]:
    """(c)"""
    result = await without_card(world, person, person.last_four)
    checks = {"fpir_stated": _fpir_stated(result, "match")}
    who = f"{name(person)} {person.last_four}"
    return [played("c", who, Seen("accepted", "face"), result, checks)]


async def last_four_stranger(
    world: World, stranger: SamplePerson, person: SamplePerson
) -> list[Played]:
    """(d): the stranger types this person's last four digits."""
    result = await without_card(world, stranger, person.last_four)
    checks = {"fpir_stated": _fpir_stated(result, "no_match")}
    who = f"{name(stranger)} {person.last_four}"
    return [played("d", who, Seen("refer", "no_match"), result, checks)]


def _fpir_stated(result: VisitResult, answer: str) -> bool:
    found = result.exchange.answer.decision.identification if result.exchange else None
    return found is not None and found.answer == answer and found.searched >= 1 and found.fpir > 0


async def other_credential(
    world: World, letter: str, credential: Shown, person: SamplePerson
) -> list[Played]:
    """(l) (m) (n): another credential of the same person, and their own face."""
    result = await with_card(world, person, person, credential=credential)
    expected = BY_CREDENTIAL[credential][person.enrolled]
    return [played(letter, name(person), expected, result)]


async def against_chip_photo(world: World, card: SamplePerson, face: SamplePerson) -> list[Played]:
    """(q): the card of somebody not enrolled, whose chip carries a photo; nothing is stored."""
    devices = world.neighbours_devices
    devices.chip_photos = True
    try:
        result = await with_card(world, card, face, agent=world.neighbour)
    finally:
        devices.chip_photos = False
    own = card is face
    expected = Seen("accepted", "card+chip_photo") if own else Seen("refer", "chip_photo_differs")
    who = name(card) if own else f"{name(card)}卡 {name(face)}脸"
    return [played("q", who, expected, result, case="本人 own" if own else "他人 another's")]


async def expired_code(world: World, person: SamplePerson) -> list[Played]:
    """(o): the code on the phone is two minutes old when it is shown; a fresh one is taken."""
    passing = [world.platform.let_codes_expire]

    def time_passes_once() -> None:
        if passing:
            passing.pop()()

    result = await with_card(
        world,
        person,
        person,
        credential="nhsa_qr",
        before_face=time_passes_once,
    )
    expected = BY_CREDENTIAL["nhsa_qr"][person.enrolled]
    checks = {"asked_again": result.path.count(Step.CARD) == 2}
    return [played("o", name(person), expected, result, checks, recorded=2)]


async def platform_down(world: World, people: Sequence[SamplePerson]) -> list[Played]:
    """(p): the platform answers nobody; codes are referred, and a card is as good as ever."""
    world.platform.go_away()
    rows = []
    for person in people:
        result = await with_card(world, person, person, credential="nhsa_qr")
        expected = Seen("refer", "platform_unavailable")
        rows.append(played("p", name(person), expected, result, case="医保码 code"))
        card = await with_card(world, person, person)
        rows.append(played("p", name(person), by_card(person), card, case="改用身份证 card"))
    world.platform.come_back()
    return rows


async def card_pulled(world: World, person: SamplePerson) -> list[Played]:
    """(h): the card leaves while its text is read, and comes back when the screen asks again."""
    world.devices.reader.inject(Fault.PULLED_IN_READ)
    lay = {"removed": lambda: world.devices.present(person.id)}
    result = await with_card(world, person, person, on_trouble=lay)
    checks = {"asked_again": result.troubles == ("removed",)}
    return [played("h", name(person), by_card(person), result, checks)]


async def verifier_down(world: World, people: Sequence[SamplePerson]) -> list[Played]:
    """(i): it goes away while the first of them stands at the camera, is away while the others
    come, and is back when all of them try again.
    """
    down = [await _while_down(world, person, first=person is people[0]) for person in people]
    world.verifier.launch()
    await asyncio.to_thread(world.verifier.wait)
    back = [await with_card(world, person, person) for person in people]
    return [
        *down,
        *(
            played("i", name(person), by_card(person), result, case="恢复 back")
            for person, result in zip(people, back, strict=True)
        ),
    ]


async def _while_down(world: World, person: SamplePerson, *, first: bool) -> Played:
    stop = world.verifier.stop if first else None
    result = await with_card(world, person, person, before_face=stop)
    checks = {
        "in_journal": result.visit in {line.visit for line in world.agent.journal.referrals()},
        "no_decision": world.decisions_of(result.visit) == 0,
    }
    case = "刷脸时停 midway" if first else "来前已停 before"
    expected = Seen("counter", "kiosk.verifier_unreachable")
    return played("i", name(person), expected, result, checks, case=case)


async def valid_card_of_nobody(world: World, agent: Agent, person: SamplePerson) -> list[Played]:
    """(j): own card and face of somebody not enrolled, for the purpose of this terminal."""
    result = await with_card(world, person, person, agent=agent)
    offered = result.exchange is not None and result.exchange.answer.decision.enrolment_offered
    title, expected = AT_A_CARD[agent.settings.purpose]
    checks = {"enrolment_offered": offered}
    return [played("j", name(person), expected, result, checks, case=title)]


BY_CREDENTIAL: dict[Shown, dict[bool, Seen]] = {
    "social_security_card": {
        True: Seen("accepted", "face"),
        False: Seen("refer", "card_unauthenticated"),
    },
    "nhsa_qr": {True: CARD_FACE, False: CARD},
    "e_social_card": {True: CARD_FACE, False: CARD},
}
"""What own credential and own face give, for who is enrolled and who is not: a chip that nobody
proved is a copyable number, a code was proved by its platform.
"""

AT_A_CARD = {
    "outpatient_registration": ("门诊 outpatient", CARD),
    "admission": ("入院 admission", REFERRED),
}
"""What the demo's policy makes of a card alone, by purpose."""
