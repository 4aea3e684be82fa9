"""Plays visits without a screen, through the very same agent: touches in, one result out."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from verifier.protocol.practice import CheckedIn, Reason
from verifier.protocol.values import new_id

from . import events as e
from .agent import Agent
from .practising import asked
from .states import Act, Door, Exchange, Step, Visit, is_start
from .visit import may_look_again, may_present_card

Happening = Callable[[], None]


@dataclass(frozen=True)
class Plan:
    """What one person does.

    Attributes:
        agree: touch 同意刷脸, or 不刷脸.
        door: which door is taken.
        last_four: what is typed where no card is used.
        on_step: what happens in the world when a screen comes up, such as laying a card.
        on_trouble: what happens when the reader asks again, by its trouble code.
        look_again: whether an offered further look is taken.
        card_instead: whether the card is used where an answer offers it.
        act: 签到 or 签退 of a practitioner; None for a patient's visit.
        why: the reason that is touched where the screen asks for one.
        moves: whether the move is confirmed where the screen asks.
        offline: whether 离线登记 is touched where it is offered.
        timeout: seconds for the whole visit; then `TimeoutError`.
    """

    agree: bool = True
    door: Door = Door.RESIDENT_ID
    last_four: str = ""
    on_step: Mapping[Step, Happening] = field(default_factory=dict)
    on_trouble: Mapping[str, Happening] = field(default_factory=dict)
    look_again: bool = False
    card_instead: bool = False
    act: Act | None = None
    why: Reason | None = None
    moves: bool = False
    offline: bool = False
    timeout: float = 60.0


@dataclass(frozen=True)
class VisitResult:
    """How a visit ended, as the person saw it.

    Attributes:
        visit: its id.
        step: `result`, `practice` or `counter`.
        path: every screen, in order.
        troubles: what the reader found difficult, in order.
        exchange: the claim as sent, its challenge and the answer; None without a decision.
        reason: why the person was referred to the counter, where they were.
        checked_in: the last answer to a check-in or check-out.
    """

    visit: str
    step: Step
    path: tuple[Step, ...]
    troubles: tuple[str, ...]
    exchange: Exchange | None
    reason: str | None
    checked_in: CheckedIn | None = None


class VisitStuck(TimeoutError):
    """The visit did not end in the plan's time. `result` says how far it came."""

    def __init__(self, result: VisitResult) -> None:
        steps = " ".join(step.value for step in result.path)
        super().__init__(f"no end after {steps}; troubles: {' '.join(result.troubles) or 'none'}")
        self.result = result


async def play(agent: Agent, plan: Plan) -> VisitResult:
    """One visit on a running agent that stands at its start; leaves it there.

    Raises `VisitStuck`, and `RuntimeError` where somebody else is at the terminal.
    """
    if not is_start(agent.visit):
        raise RuntimeError("somebody is at this terminal")
    news: asyncio.Queue[Visit] = asyncio.Queue()
    stop = agent.listen(lambda item: None if isinstance(item, bytes) else news.put_nowait(item))
    person = _Person(agent, plan, news)
    try:
        async with asyncio.timeout(plan.timeout):
            return await person.go()
    except TimeoutError:
        raise VisitStuck(person.result(agent.visit)) from None
    finally:
        stop()
        agent.post(e.Ended())


class _Person:
    def __init__(self, agent: Agent, plan: Plan, news: "asyncio.Queue[Visit]") -> None:
        self._agent = agent
        self._plan = plan
        self._news = news
        self._path: list[Step] = []
        self._troubles: list[str] = []
        self._serial = agent.visit.serial

    async def go(self) -> VisitResult:
        self._agent.post(e.Started(new_id(), self._plan.act))
        while True:
            visit = await self._news.get()
            if visit.serial != self._serial:
                self._serial = visit.serial
                self._path.append(visit.step)
                await self._happen(self._plan.on_step.get(visit.step))
                if self._is_over(visit):
                    return self.result(visit)
                self._touch(visit)
            elif visit.trouble and visit.trouble not in self._troubles[-1:]:
                self._troubles.append(visit.trouble)
                await self._happen(self._plan.on_trouble.get(visit.trouble))

    def result(self, visit: Visit) -> VisitResult:
        """How far this visit came."""
        return VisitResult(
            visit=visit.id or "",
            step=visit.step,
            path=tuple(self._path),
            troubles=tuple(self._troubles),
            exchange=visit.exchange,
            reason=visit.reason,
            checked_in=visit.checked_in,
        )

    async def _happen(self, happening: Happening | None) -> None:
        if happening is not None:
            await asyncio.to_thread(happening)

    def _is_over(self, visit: Visit) -> bool:
        if visit.step is Step.OFFLINE:
            return not self._plan.offline
        if visit.step is Step.PRACTICE:
            return not self._answers(visit)
        if visit.step is not Step.RESULT:
            return visit.step is Step.COUNTER
        again = self._plan.look_again and may_look_again(visit)
        return not again and not (self._plan.card_instead and may_present_card(visit))

    def _answers(self, visit: Visit) -> bool:
        """Whether the plan has something to say to what this screen asks."""
        question = asked(visit)
        return (question == "reason" and self._plan.why is not None) or (
            question == "move" and self._plan.moves
        )

    def _touch(self, visit: Visit) -> None:
        plan, post, now = self._plan, self._agent.post, datetime.now(UTC)
        match visit.step:
            case Step.NOTICE:
                notice = visit.notice or ""
                post(e.Agreed(notice, now) if plan.agree else e.Declined(notice, now))
            case Step.OFFLINE:
                post(e.OfflineWanted())
            case Step.DOORS:
                post(e.DoorChosen(plan.door))
            case Step.DIGITS:
                for key in plan.last_four:
                    post(e.KeyPressed(key))
                post(e.DigitsConfirmed())
            case Step.AGE:
                post(e.OldEnough())
            case Step.NO_FACE:
                post(e.FaceSkipped(now))
            case Step.PRACTICE:
                question, why = asked(visit), plan.why
                post(e.ReasonGiven(why) if question == "reason" and why else e.MoveConfirmed())
            case Step.RESULT:
                post(
                    e.LookAgain() if plan.look_again and may_look_again(visit) else e.CardInstead()
                )
