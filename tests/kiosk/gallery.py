"""Every screen that a person can meet, as states of a visit, and a stage to show them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from devices.manager import Health
from kiosk.demo import DemoPerson
from kiosk.messages import DemoPersonView, DemoView, FromPage, Screen, Shown
from kiosk.settings import KioskSettings
from kiosk.stage import News
from kiosk.states import Door, PhoneCode, ShownCode, Step, Visit
from kiosk.view import view
from tests.kiosk.people import CAPTURE, NOTICE, NOW, READING, checked_in, elsewhere, exchange
from verifier.protocol.claim import LegalBasis
from verifier.protocol.practice import CheckedIn, Part
from verifier.protocol.practice import Outcome as Practice
from verifier.protocol.values import Consent, Outcome, new_id

ID = new_id()
HOUR = timedelta(hours=1)
AGREED = LegalBasis(notice_version=NOTICE, consent=Consent.SEPARATE, touched_at=NOW)
DECLINED = LegalBasis(notice_version=NOTICE, consent=Consent.NO_FACE, touched_at=NOW)
READY = frozenset({Door.RESIDENT_ID, Door.SOCIAL_SECURITY_CARD, Door.NHSA_QR})
BASE = Visit(id=ID, notice=NOTICE, face_ready=True, identify=True, ready=READY, basis=AGREED)

SETTINGS = KioskSettings(
    hospital="示范医院", hospital_english="Model Hospital", contact="一楼综合服务窗口"
)


def result(outcome: Outcome, **more: object) -> Visit:
    return replace(BASE, step=Step.RESULT, looks=1, exchange=exchange(ID, outcome, **more))


def practice(answer: CheckedIn, name: str | None = "张*", **more: object) -> Visit:
    """The screen of this answer, after an own card and face."""
    said = {"act": "in", "door": Door.RESIDENT_ID, "checked_in": answer, **more}
    accepted = exchange(ID, Outcome.ACCEPTED, name=name)
    return replace(BASE, step=Step.PRACTICE, exchange=accepted, **said)  # type: ignore[arg-type]


SITE_CODE = ShownCode("SLC1:east:AAAAAAAAAAAAAAAAAAAAAA:4F7K2M9Q", "4F7K2M9Q", 18.0)

SCREENS: dict[str, Visit] = {
    "attract": Visit(),
    "opening": replace(BASE, step=Step.OPENING),
    "notice": replace(BASE, step=Step.NOTICE, basis=None),
    "notice-no-face": replace(BASE, step=Step.NOTICE, basis=None, face_ready=False),
    "doors": replace(BASE, step=Step.DOORS),
    "doors-declined": replace(BASE, step=Step.DOORS, basis=DECLINED),
    "doors-few": replace(BASE, step=Step.DOORS, ready=frozenset({Door.RESIDENT_ID})),
    "card": replace(BASE, step=Step.CARD, door=Door.RESIDENT_ID),
    "card-slot": replace(BASE, step=Step.CARD, door=Door.SOCIAL_SECURITY_CARD),
    "code": replace(BASE, step=Step.CARD, door=Door.NHSA_QR),
    "code-expired": replace(BASE, step=Step.CARD, door=Door.NHSA_QR, trouble="code_expired"),
    "age": replace(BASE, step=Step.AGE, door=Door.NHSA_QR),
    "platform-away": result(Outcome.REFER, reasons=("platform_unavailable",)),
    "card-removed": replace(BASE, step=Step.CARD, trouble="removed"),
    "card-reader-down": replace(BASE, step=Step.CARD, trouble="reader_down"),
    "digits": replace(BASE, step=Step.DIGITS, typed="123"),
    "face": replace(BASE, step=Step.FACE, reading=READING, looks=1, progress=0.6),
    "face-hint": replace(BASE, step=Step.FACE, looks=2, hints=("too_dark",)),
    "no-face": replace(BASE, step=Step.NO_FACE, reading=READING, looks=1),
    "no-face-camera": replace(BASE, step=Step.NO_FACE, looks=3, trouble="camera"),
    "checking": replace(BASE, step=Step.CHECKING, reading=READING, capture=CAPTURE),
    "accepted": replace(result(Outcome.ACCEPTED, name="张*"), door=Door.RESIDENT_ID),
    "accepted-enrol": replace(
        result(Outcome.ACCEPTED, reasons=("not_enrolled",), enrolment=True),
        door=Door.RESIDENT_ID,
    ),
    "rejected": replace(
        result(Outcome.REJECTED, reasons=("face_differs",), next_steps=("look_again",)),
        reading=READING,
    ),
    "no-match": result(Outcome.REFER, reasons=("no_match",), next_steps=("present_card",)),
    "both-offers": replace(
        result(Outcome.REFER, reasons=("look_alikes",), next_steps=("look_again", "present_card")),
        last_four="1234",
    ),
    "refer-enrol": result(Outcome.REFER, reasons=("not_enrolled",), enrolment=True),
    "counter": replace(BASE, step=Step.COUNTER),
    "counter-offline": replace(
        BASE, step=Step.COUNTER, reason="kiosk.verifier_unreachable", id="abcdefGHIJKLMNOPQRSTUV"
    ),
    "counter-stopped": replace(
        BASE, step=Step.COUNTER, reason="terminal.clone_suspected", id="abcdefGHIJKLMNOPQRSTUV"
    ),
    "accepted-slip": replace(
        result(Outcome.ACCEPTED, name="张*"), door=Door.RESIDENT_ID, can_print=True
    ),
    "both-offers-slip": replace(
        result(Outcome.REFER, reasons=("look_alikes",), next_steps=("look_again", "present_card")),
        last_four="1234",
        can_print=True,
    ),
    "refer-slip-printing": replace(result(Outcome.REFER), can_print=True, slip="printing"),
    "refer-slip-printed": replace(result(Outcome.REFER), can_print=True, slip="printed"),
    "accepted-slip-part": replace(result(Outcome.ACCEPTED), can_print=True, slip="part"),
    "counter-slip": replace(BASE, step=Step.COUNTER, can_print=True),
    "counter-slip-no-paper": replace(BASE, step=Step.COUNTER, slip="no_paper"),
    "counter-slip-failed": replace(
        BASE, step=Step.COUNTER, reason="kiosk.verifier_unreachable", slip="failed"
    ),
    "signing": replace(BASE, step=Step.SIGNING, act="in", door=Door.RESIDENT_ID),
    "practice-confirmed": practice(checked_in(Practice.CONFIRMED)),
    "practice-provisional": practice(
        checked_in(Practice.PROVISIONAL, identity=Part.OTHER_WAY, shift="off")
    ),
    "practice-already": practice(checked_in(Practice.ALREADY_IN)),
    "practice-recheck-answered": practice(checked_in(Practice.ALREADY_IN, recheck="answered")),
    "practice-recheck-open": practice(
        checked_in(
            Practice.ALREADY_IN, identity=Part.OTHER_WAY, recheck="open", recheck_by=NOW + HOUR
        )
    ),
    "practice-reason": practice(
        checked_in(Practice.RETRY, "practice.reason_needed", shift="unscheduled")
    ),
    "practice-move": practice(
        checked_in(Practice.RETRY, "practice.move_unconfirmed", elsewhere=elsewhere())
    ),
    "practice-locked": practice(
        checked_in(Practice.DENIED, "practice.locked", elsewhere=elsewhere(reachable=False))
    ),
    "practice-unregistered": practice(
        checked_in(Practice.DENIED, "practice.no_registration", registration=Part.REFUTED)
    ),
    "practice-no-place": practice(
        checked_in(Practice.RETRY, "practice.place_not_proved", place=Part.REFUTED)
    ),
    "practice-no-identity": replace(
        result(Outcome.REFER, reasons=("no_match",), next_steps=("look_again", "present_card")),
        step=Step.PRACTICE,
        act="in",
        last_four="1234",
    ),
    "practice-out": practice(checked_in(Practice.CLOSED), act="out"),
    "practice-not-in": practice(checked_in(Practice.NOT_IN), act="out"),
    "practice-offline": replace(
        BASE, step=Step.PRACTICE, act="in", reason="kiosk.verifier_unreachable"
    ),
    "practice-no-ticket": replace(BASE, step=Step.PRACTICE, act="in", reason="kiosk.no_ticket"),
    "practice-kept": replace(BASE, step=Step.PRACTICE, act="in", offline=True, kept=True),
    "practice-kept-printer": replace(
        BASE, step=Step.PRACTICE, act="in", offline=True, kept=True, can_print=True
    ),
    "offline": replace(BASE, step=Step.OFFLINE, act="in", basis=None),
    "phone": replace(
        BASE,
        step=Step.PHONE,
        act="in",
        phone=PhoneCode("https://verify.example/console/phone", "7K2M-9Q4F-XA3B-0C1D", NOW),
        site_code=SITE_CODE,
    ),
    "phone-none": replace(BASE, step=Step.PHONE, act="in", trouble="phone"),
    "site-code": replace(Visit(), step=Step.SITE_CODE, site_code=SITE_CODE),
    "site-code-none": replace(Visit(), step=Step.SITE_CODE, trouble="site_code"),
    "still-there": replace(BASE, step=Step.DOORS, still_there=True),
}

PEOPLE = tuple(
    DemoPerson(f"p{at}", name, at != 6)
    for at, name in enumerate(("甲一", "乙二", "丙三", "丁四", "戊五", "己六"), 1)
)


class Gallery:
    """A stage on which a test hangs screens, and which keeps what the page touched."""

    def __init__(self, settings: KioskSettings = SETTINGS, *, demo: bool = False) -> None:
        self.settings = settings
        self.demo = demo
        self.practice = True
        self.visit = Visit()
        self.health: tuple[str, ...] = ()
        self.touches: list[FromPage] = []
        self.health_of_devices: list[Health] = []
        self.slips: list[bytes] = []
        self._listeners: set[Callable[[News], None]] = set()

    def watch(self, listener: Callable[[News], None]) -> Callable[[], None]:
        listener(self.screen())
        if self.demo:
            people = [DemoPersonView(id=p.id, label=p.label, enrolled=p.enrolled) for p in PEOPLE]
            kinds: list[Shown] = ["resident_id", "social_security_card", "nhsa_qr", "e_social_card"]
            listener(
                DemoView(
                    people=people,
                    credentials=kinds,
                    card="p2",
                    credential="resident_id",
                    standing="p3",
                    slips=len(self.slips),
                )
            )
        self._listeners.add(listener)
        return lambda: self._listeners.discard(listener)

    def screen(self) -> Screen:
        """As the page is told it."""
        return view(self.visit, self.settings, self.health, practice=self.practice)

    async def touch(self, message: FromPage) -> None:
        self.touches.append(message)

    def devices(self) -> list[Health]:
        return self.health_of_devices

    def slip(self) -> bytes | None:
        return self.slips[-1] if self.slips else None

    def show(self, visit: Visit) -> None:
        """Put a screen up, as a new one."""
        self.visit = replace(visit, serial=self.visit.serial + 1)
        self.tell(self.screen())

    def tell(self, news: News) -> None:
        for listener in tuple(self._listeners):
            listener(news)
