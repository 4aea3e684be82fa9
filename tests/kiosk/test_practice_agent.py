"""The agent's check-ins and site codes on the wire, against a tiny verifier."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from devices.gnss.simulator import GnssSimulator
from devices.gnss.virtual import Fault
from kiosk import events as e
from kiosk import practice_desk
from kiosk.session import VisitResult
from kiosk.settings import KioskSettings
from kiosk.states import Step
from kiosk.whereabouts import WARNING
from tests.kiosk.people import checked_in
from tests.kiosk.test_agent import CARD, Place, a_place
from verifier.protocol.practice import Outcome, Reason

Played = Callable[[Place], Awaitable[None]]


def at_a_terminal(settings: KioskSettings, played: Played) -> None:
    async def run() -> None:
        async with a_place(settings, None) as place:
            await played(place)

    asyncio.run(run())


async def by_card(place: Place, **plan: object) -> VisitResult:
    """A check-in without a face: the card is laid when the screen asks for it."""
    plan = {"act": "in", "agree": False} | plan
    return await place.play(**plan, on_step={Step.CARD: lambda: place.reader.present(CARD)})


async def until(true: Callable[[], bool], seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.02)


def test_the_claim_is_made_for_practice_and_its_receipt_is_checked_in_with(
    settings: KioskSettings,
) -> None:
    async def played(place: Place) -> None:
        place.verifier.practice.append(checked_in(Outcome.CONFIRMED))
        done = await by_card(place)
        (claim,) = place.verifier.claims(place.agent.desk.client.identity)
        assert claim.purpose == "practice_check_in"
        assert (done.step, done.path[-2:]) == (Step.PRACTICE, (Step.SIGNING, Step.PRACTICE))
        assert done.checked_in is not None
        assert done.checked_in.outcome is Outcome.CONFIRMED
        (sent,) = place.verifier.check_ins
        assert done.exchange is not None
        assert (sent.receipt_id, sent.act) == (done.exchange.answer.receipt_id, "in")
        assert (sent.reason, sent.move, sent.position) == (None, False, None)

    at_a_terminal(settings, played)


def test_the_next_person_at_this_terminal_is_a_patient_again(settings: KioskSettings) -> None:
    async def played(place: Place) -> None:
        place.verifier.practice.append(checked_in(Outcome.CLOSED))
        await by_card(place, act="out")
        await by_card(place, act=None)
        purposes = [c.purpose for c in place.verifier.claims(place.agent.desk.client.identity)]
        assert purposes == ["practice_check_in", settings.purpose]

    at_a_terminal(settings, played)


def test_an_answer_that_was_lost_is_asked_for_with_the_same_receipt(
    settings: KioskSettings,
) -> None:
    async def played(place: Place) -> None:
        place.verifier.practice.extend(["drop", checked_in(Outcome.CONFIRMED)])
        done = await by_card(place)
        assert done.checked_in is not None
        first, second = place.verifier.check_ins
        assert first == second

    at_a_terminal(settings, played)


def test_a_reason_is_sent_with_the_same_receipt(settings: KioskSettings) -> None:
    async def played(place: Place) -> None:
        asks = checked_in(Outcome.RETRY, "practice.reason_needed", shift="unscheduled")
        place.verifier.practice.extend([asks, checked_in(Outcome.PROVISIONAL)])
        done = await by_card(place, why=Reason.RESCUE)
        assert done.checked_in is not None
        assert done.checked_in.outcome is Outcome.PROVISIONAL
        first, second = place.verifier.check_ins
        assert first.receipt_id == second.receipt_id
        assert (first.reason, second.reason) == (None, Reason.RESCUE)
        assert place.verifier.challenges == 1

    at_a_terminal(settings, played)


@pytest.mark.parametrize("code", ["practice.unknown", "practice.decision_unusable"])
def test_a_refusal_is_said_and_stands_in_the_journal(settings: KioskSettings, code: str) -> None:
    async def played(place: Place) -> None:
        place.verifier.practice.append(code)
        done = await by_card(place)
        assert (done.step, done.reason) == (Step.PRACTICE, code)
        (line,) = place.agent.journal.referrals()
        assert (line.purpose, line.reason) == ("practice_check_in", code)

    at_a_terminal(settings, played)


def test_the_door_opens_where_the_verifier_gives_the_terminal_a_site_code(
    settings: KioskSettings,
) -> None:
    async def played(place: Place) -> None:
        await asyncio.sleep(0.2)
        assert not place.agent.practice.offered

    at_a_terminal(settings, played)

    async def again(place: Place) -> None:
        place.verifier.site_codes.append("4F7K2M9Q")
        changed = []
        watching = asyncio.create_task(place.agent.practice.watch(lambda: changed.append(True)))
        await until(lambda: bool(changed))
        watching.cancel()
        assert place.agent.practice.offered

    at_a_terminal(settings, again)


def test_the_site_s_code_is_renewed_at_each_change_and_gone_when_a_visit_begins(
    settings: KioskSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(practice_desk, "SOON_SECONDS", 0.05)

    async def played(place: Place) -> None:
        agent, verifier = place.agent, place.verifier
        verifier.code_lasts = 0.1
        verifier.site_codes.extend(["00000000", "11111111", "22222222", "33333333"])
        await until(lambda: agent.practice.offered)
        seen: list[str] = []

        def hear(news: object) -> None:
            code = getattr(news, "site_code", None)
            if code is not None and code.code not in seen:
                seen.append(code.code)

        agent.listen(hear)
        agent.post(e.SiteCodeWanted())
        await until(lambda: seen == ["11111111", "22222222", "33333333"])
        agent.post(e.Ended())
        assert agent.visit.site_code is None
        verifier.site_codes.append("44444444")
        await asyncio.sleep(0.4)
        assert len(seen) == 3

    at_a_terminal(settings, played)


def with_receiver(settings: KioskSettings, port: str) -> KioskSettings:
    return settings.model_copy(update={"gnss": port})


def test_a_terminal_with_a_receiver_says_where_it_is(settings: KioskSettings) -> None:
    async def played(place: Place) -> None:
        place.verifier.practice.append(checked_in(Outcome.CONFIRMED))
        await by_card(place)
        position = place.verifier.check_ins[0].position
        assert position is not None
        assert (position.datum, position.source, position.simulated) == ("wgs84", "gnss", True)
        assert 0 < position.accuracy_m < 30
        assert place.agent.health == ()

    with GnssSimulator(interval=0.3) as receiver:
        at_a_terminal(with_receiver(settings, receiver.url), played)


def test_a_receiver_without_a_good_fix_stops_nobody_and_is_a_health_warning(
    settings: KioskSettings,
) -> None:
    async def played(place: Place) -> None:
        place.agent.practice.whereabouts._seconds = 1.5
        place.verifier.practice.append(checked_in(Outcome.CONFIRMED))
        done = await by_card(place)
        assert done.checked_in is not None
        assert place.verifier.check_ins[0].position is None
        assert place.agent.health == (WARNING,)
        assert place.agent.practice.whereabouts.missed == 1

    receiver = GnssSimulator(interval=0.3)
    receiver.inject(Fault.FEW_SATELLITES, None)
    with receiver:
        at_a_terminal(with_receiver(settings, receiver.url), played)


def test_a_receiver_that_is_not_there_stops_nobody(settings: KioskSettings) -> None:
    async def played(place: Place) -> None:
        place.verifier.practice.append(checked_in(Outcome.CONFIRMED))
        done = await by_card(place)
        assert done.checked_in is not None
        assert place.agent.health == (WARNING,)

    at_a_terminal(with_receiver(settings, "/dev/nothing"), played)


def test_a_check_out_asks_no_receiver(settings: KioskSettings) -> None:
    async def played(place: Place) -> None:
        place.verifier.practice.append(checked_in(Outcome.CLOSED))
        await by_card(place, act="out")
        assert place.verifier.check_ins[0].position is None
        assert place.agent.health == ()

    at_a_terminal(with_receiver(settings, "/dev/nothing"), played)
