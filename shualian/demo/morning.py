"""What happened at the demo hospital this morning: its HIS says who is expected, some people came.

The day is laid around the moment at which it is first played, so that there is something to see at
any hour; what lies ahead is said as its time comes. Nobody here has a face: people show cards.
"""

import asyncio
import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import SystemRandom

import httpx

from devices.resident_id.invented import invented_card
from devices.resident_id.layout import CardData
from integrations.his.client import ClientRefused, HisClient
from integrations.his.day import Said, hospital_day
from integrations.his.opinions import CHINA, Opinion, hand_in, opinions
from integrations.his.simulator import play, to_feed
from kiosk.chain import Chain
from kiosk.desk import Desk
from kiosk.files import write_private
from kiosk.settings import KioskSettings
from kiosk.verifier_client import VerifierClient
from verifier.protocol.claim import CredentialReading, Evidence, LegalBasis
from verifier.protocol.counter import AtCounter
from verifier.protocol.his import Kind
from verifier.protocol.values import Consent, new_id, now

from . import ward
from .hospital import HIS_CLIENT, INSTITUTION, LOBBY, NOTICE_VERSION, Hospital
from .sample import INVENTED

PEOPLE, COME = 60, 9
RATE, RATED_DAYS = 0.15, 14
BEGAN, LASTS = timedelta(hours=4), timedelta(hours=9)
REGISTRATION, SETTLEMENT, ADMISSION = "outpatient_registration", "settlement", "admission"
PURPOSES = (REGISTRATION, REGISTRATION, SETTLEMENT, ADMISSION)
"""What who comes with a card alone asks for, in turn; admission needs more and refers."""


@dataclass(frozen=True)
class Day:
    """When it began, and the seed of what happens on it."""

    began: datetime
    seed: int

    def told(self) -> list[Said]:
        """Everything that the HIS says on it; the demo's six are expected too."""
        numbers = [person.number for person in INVENTED]
        numbers += [card.number for card in came(self)]
        told = hospital_day(self.began, PEOPLE, self.seed, numbers)
        return [said for said in told if not _lies_elsewhere(said)]


def _lies_elsewhere(said: Said) -> bool:
    """Nobody lies in two beds: of the three of the ward `ward` says where they lie."""
    beds = (Kind.INPATIENTS, Kind.ADMISSION_ORDERS)
    return said.kind in beds and said.item["person"]["number"] in ward.NUMBERS


def read(file: Path) -> Day | None:
    """The day that was played last; None before the first start."""
    if not file.exists():
        return None
    said = json.loads(file.read_text("utf-8"))
    return Day(datetime.fromisoformat(said["began"]), int(said["seed"]))


def of_today(file: Path, at: datetime) -> tuple[Day, bool]:
    """The day that is on, and whether it is a new one, which is written down."""
    kept = read(file)
    if kept is not None and timedelta() <= at - kept.began < LASTS:
        return kept, False
    day = Day(at - BEGAN, SystemRandom().randrange(1, 10**6))
    write_private(file, json.dumps({"began": day.began.isoformat(), "seed": day.seed}).encode())
    return day, True


def came(day: Day) -> Sequence[CardData]:
    """Who came with a card this morning: people who are enrolled nowhere."""
    return [invented_card(100 + (day.seed + place) % 900) for place in range(COME)]


def begin(hospital: Hospital, stop: threading.Event) -> None:
    """Say and play what was before this moment, if a day is new, and go on as time passes.

    Raises what the verifier refuses; what comes later is said by a thread that ends by `stop`.
    """
    at, before = now(), read(hospital.morning_file)
    day, new = of_today(hospital.morning_file, at)
    told, said = day.told(), ward.at_start(hospital.ward_file, at)
    if new:
        said += ward.sent_home(before.told(), at) if before else []
        said += [one for one in told if one.at <= at]
    with his_of(hospital) as his:
        play(sorted(said, key=lambda one: one.at), to_feed(his))
    if new:
        asyncio.run(_visits(hospital, came(day)))
    later = [said for said in told if said.at > at]
    rated = said_of_late(day) if new else []
    going = (hospital, rated, later, stop)
    threading.Thread(target=_go_on, args=going, name="his", daemon=True).start()


def said_of_late(day: Day) -> list[Opinion]:
    """What people said of these two weeks."""
    last = day.began.astimezone(CHINA).date()
    days = [last - timedelta(days=n) for n in range(RATED_DAYS)]
    return [said for one in days for said in opinions(one, PEOPLE, RATE, day.seed)]


def his_of(hospital: Hospital) -> HisClient:
    """The demo's HIS."""
    return HisClient(hospital.verifier_url, HIS_CLIENT, INSTITUTION, hospital.his_key())


def _go_on(
    hospital: Hospital, rated: Sequence[Opinion], later: Sequence[Said], stop: threading.Event
) -> None:
    """Ratings while somebody looks round already, and the rest as time passes. A verifier that is
    away misses what is said meanwhile, as a real one may.
    """
    try:
        with his_of(hospital) as his:
            hand_in(his, rated)
    except (ClientRefused, httpx.HTTPError):
        pass  # scenery: the day goes on without
    for said in later:
        if stop.wait(max(0.0, (said.at - now()).total_seconds())):
            return
        try:
            with his_of(hospital) as his:
                play([said], to_feed(his))
        except Exception:  # noqa: S112  (scenery: the next one is tried)
            continue


async def _visits(hospital: Hospital, cards: Sequence[CardData]) -> None:
    settings = KioskSettings(data=hospital.terminal_folder(LOBBY))
    async with VerifierClient(hospital.terminal(LOBBY)) as client:
        with Chain(settings.chain_file) as chain:
            desk = Desk(client, chain, REGISTRATION)
            for place, card in enumerate(cards):
                visit = new_id()
                await desk.open(visit, PURPOSES[place % len(PURPOSES)])
                await desk.submit(visit, _basis(), Evidence(reading=_reading(card)))
                desk.forget()
            visit = new_id()
            await desk.open(visit, SETTLEMENT)
            desk.forget()
        # And one touched 人工窗口 at once.
        await client.tell_counter(AtCounter(visit=visit, purpose=SETTLEMENT))


def _basis() -> LegalBasis:
    """不刷脸 was touched."""
    return LegalBasis(notice_version=NOTICE_VERSION, consent=Consent.NO_FACE, touched_at=now())


def _reading(card: CardData) -> CredentialReading:
    """The card as a simulated reader reads it."""
    fields = {
        "name": card.name,
        "number": card.number,
        "birth": card.birth.isoformat(),
        "valid_to": "long_term",
        "layout": "citizen",
    }
    said = {"kind": "resident_id", "device": "id-reader", "authenticated": True}
    return CredentialReading.model_validate(
        {**said, "fields": fields, "read_at": now(), "simulated": True}
    )
