"""What the page's server needs of an agent: the screen now, news of it, and a way to touch it."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

from devices.manager import Health
from verifier.protocol.values import new_id

from . import events as e
from .agent import Agent
from .demo import DemoControls
from .messages import (
    Choose,
    ChooseDoor,
    DemoCard,
    DemoPersonView,
    DemoStand,
    DemoView,
    FromPage,
    GiveReason,
    Key,
    Screen,
    SetLanguage,
    SetReach,
    Shown,
    Touch,
)
from .states import Visit
from .view import view

News = Screen | DemoView | bytes


class Stage(Protocol):
    """One terminal's screen. Several pages may watch; all see the same."""

    def watch(self, listener: Callable[[News], None]) -> Callable[[], None]:
        """Call with the screen as it is now and with all news; gives the way to stop it."""

    async def touch(self, message: FromPage) -> None:
        """A message from the page. One for an older screen, or for a bar that is not there, is
        dropped.
        """

    def devices(self) -> list[Health]:
        """How each device is."""

    def slip(self) -> bytes | None:
        """A picture (PNG) of the newest slip of the demo's printer."""


class AgentStage:
    """An agent as its page sees it."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent
        self._bar = DemoBar(agent.demo) if agent.demo else None
        self._listeners: set[Callable[[News], None]] = set()

    def watch(self, listener: Callable[[News], None]) -> Callable[[], None]:
        """See `Stage.watch`."""
        last: list[Screen] = []

        def hear(news: Visit | bytes) -> None:
            if isinstance(news, bytes):
                listener(news)
                return
            practice = self._agent.takes_check_ins
            screen = view(news, self._agent.settings, self._agent.health, practice=practice)
            if [screen] != last:
                last[:] = [screen]
                listener(screen)
                if screen.slip == "printed" and self._bar:
                    listener(self._bar.view())

        hear(self._agent.visit)
        if self._bar:
            listener(self._bar.view())
            self._listeners.add(listener)
        stop = self._agent.listen(hear)

        def leave() -> None:
            stop()
            self._listeners.discard(listener)

        return leave

    async def touch(self, message: FromPage) -> None:
        """See `Stage.touch`."""
        if isinstance(message, DemoCard | DemoStand):
            if self._bar:
                await self._bar.move(message)
                for listener in tuple(self._listeners):
                    listener(self._bar.view())
        elif message.serial == self._agent.visit.serial:
            self._agent.post(event_of(message))

    def devices(self) -> list[Health]:
        """See `Stage.devices`."""
        return self._agent.device_health()

    def slip(self) -> bytes | None:
        """See `Stage.slip`."""
        return self._bar.slip() if self._bar else None


class DemoBar:
    """Who lies on the reader and who stands at the camera, in the demo."""

    def __init__(self, controls: DemoControls) -> None:
        self._controls = controls
        self._card: str | None = None
        self._credential: Shown | None = None
        self._standing: str | None = None

    async def move(self, message: DemoCard | DemoStand) -> None:
        """Move a card or a person. People whom the demo does not know are ignored."""
        person = message.person
        if person is not None and person not in {p.id for p in self._controls.people()}:
            return
        if isinstance(message, DemoStand):
            await asyncio.to_thread(self._controls.stand, person)
            self._standing = person
        elif person is None:
            await asyncio.to_thread(self._controls.take_away)
            self._card = self._credential = None
        elif message.credential in self._controls.credentials():
            await asyncio.to_thread(self._controls.present, person, message.credential)
            self._card, self._credential = person, message.credential

    def view(self) -> DemoView:
        """The bar now."""
        people = [
            DemoPersonView(id=p.id, label=p.label, enrolled=p.enrolled)
            for p in self._controls.people()
        ]
        return DemoView(
            people=people,
            credentials=list(self._controls.credentials()),
            card=self._card,
            credential=self._credential,
            standing=self._standing,
            slips=len(self._controls.slips()),
        )

    def slip(self) -> bytes | None:
        """The newest, as a picture."""
        return next(reversed(self._controls.slips()), None)


_PLAIN: dict[str, Callable[[], e.Event]] = {
    "start": lambda: e.Started(new_id()),
    "erase": e.KeyErased,
    "confirm": e.DigitsConfirmed,
    "old_enough": e.OldEnough,
    "skip_face": lambda: e.FaceSkipped(datetime.now(UTC)),
    "look_again": e.LookAgain,
    "card_instead": e.CardInstead,
    "back": e.Back,
    "counter": e.CounterChosen,
    "end": e.Ended,
    "here": e.StillHere,
    "print": e.SlipWanted,
    "check_in": lambda: e.Started(new_id(), "in"),
    "check_out": lambda: e.Started(new_id(), "out"),
    "move_here": e.MoveConfirmed,
    "offline": e.OfflineWanted,
    "bind_phone": e.PhoneWanted,
    "site_code": e.SiteCodeWanted,
}


def event_of(
    message: Touch | Choose | ChooseDoor | GiveReason | Key | SetLanguage | SetReach,
) -> e.Event:
    """The event that a touch means. The time of a touch is this machine's."""
    match message:
        case Choose(type="agree"):
            return e.Agreed(message.notice, datetime.now(UTC))
        case Choose():
            return e.Declined(message.notice, datetime.now(UTC))
        case ChooseDoor():
            return e.DoorChosen(message.door)
        case GiveReason():
            return e.ReasonGiven(message.reason)
        case Key():
            return e.KeyPressed(message.key)
        case SetLanguage():
            return e.LanguageChosen(message.language)
        case SetReach():
            return e.ReachChosen(message.low)
        case Touch():
            return _PLAIN[message.type]()
