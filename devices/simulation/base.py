"""The part that every simulator has: a line, a thread that serves it, knobs, plugging."""

import random
import threading
from collections import deque
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

from .far_end import FarEnd, far_end
from .faults import Knob, LineFault, spoiled

_NOISE_PIECE = 64
_REMEMBERED = 1000


class Simulator:
    """A device that is none, on a line, from `__enter__` to `__exit__`.

    A subclass overrides `_received`, and `_hung_up`, `_due` and `_tick` where it needs them; these
    run on the simulator's own thread. Every public method may be called from any thread.
    """

    FAULTS: ClassVar[tuple[type[StrEnum], ...]] = (LineFault,)
    """The faults that this device can have, by name, for `knob`."""

    def __init__(
        self,
        *,
        baudrate: int,
        at: str | Path | None = None,
        lateness: float = 0.5,
        seed: int = 0,
    ) -> None:
        """Not started yet; `with` starts it.

        Args:
            baudrate: the rate at which bytes are paced.
            at: path of a pseudo-terminal (None: in a new private folder) or `tcp://HOST:PORT`.
            lateness: seconds that `LineFault.SLOW` waits.
            seed: of noise and damage.
        """
        self._baudrate, self._at, self._lateness = baudrate, at, lateness
        self._dice = random.Random(seed)
        self._knobs: list[Knob] = []
        self._heard: deque[object] = deque(maxlen=_REMEMBERED)
        self._jobs: list[Callable[[], None]] = []
        self._state = threading.Condition()
        self._stopping = threading.Event()
        self._line: FarEnd | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The line's address for a driver; it stays the same over `unplug` and `plug_in`."""
        return self._open_line().url

    @property
    def heard(self) -> tuple[Any, ...]:
        """The last thousand questions that arrived undamaged, oldest first."""
        with self._state:
            return tuple(self._heard)

    def wait_for(self, question: object, timeout: float = 5.0) -> bool:
        """Whether `question` arrives in `timeout` seconds; forgets it and all before it."""
        with self._state:
            came = self._state.wait_for(lambda: question in self._heard, timeout)
            while came and self._heard.popleft() != question:
                pass
            return came

    def inject(self, fault: StrEnum, times: int | None = 1, on: object | None = None) -> None:
        """Spoil the next `times` answers, all until `clear` if None; to one question if `on`."""
        with self._state:
            self._knobs.append(Knob(fault, times, on))

    def knob(self, name: str, times: int | None = 1) -> None:
        """The same by the fault's name. Raises `KeyError` for one that this device cannot have."""
        self.inject(self.faults()[name], times)

    @classmethod
    def faults(cls) -> dict[str, StrEnum]:
        """Every fault that this device can have."""
        return {fault.value: fault for kind in cls.FAULTS for fault in kind}

    def clear(self) -> None:
        """No more faults."""
        with self._state:
            self._knobs.clear()

    def turned(self) -> list[tuple[str, int | None]]:
        """The faults that wait for their turn, and how many answers each still spoils."""
        with self._state:
            return [(knob.fault.value, knob.left) for knob in self._knobs]

    @property
    def plugged_in(self) -> bool:
        """Whether a host can open the line."""
        return self._open_line().plugged_in

    def unplug(self) -> None:
        """Hang up the line; returns when it is done."""
        self._on_thread(self._open_line().unplug)

    def plug_in(self) -> None:
        """A new line behind the same address; returns when it stands."""
        self._on_thread(self._open_line().plug_in)

    def __enter__(self) -> Self:
        self._line = far_end(self._at, self._baudrate)
        name = type(self).__name__
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopping.set()
        line = self._open_line()
        line.wake()
        if self._thread is not None:
            self._thread.join()
        line.close()

    def _received(self, data: bytes) -> None:
        """The host sent these bytes."""

    def _hung_up(self) -> None:
        """The line is unplugged: whatever was half said is forgotten."""

    def _due(self) -> float | None:
        """Seconds until `_tick` shall run; None while only the host's words matter."""
        return None

    def _tick(self) -> None:
        """Time has come, as `_due` said."""

    def _send(self, frame: bytes, faults: frozenset[StrEnum] = frozenset()) -> None:
        """Say something at the line's rate, as these faults let it through."""
        line = self._open_line()
        if not line.plugged_in or LineFault.BUSY in faults:
            return
        if LineFault.SLOW in faults:
            self._stopping.wait(self._lateness)
        if LineFault.ENDLESS_NOISE in faults:
            self._make_noise(line)
        elif LineFault.UNPLUGGED in faults:
            line.write(frame[: len(frame) // 2])
            line.unplug()
        else:
            line.write(spoiled(frame, faults, self._dice))

    def _make_noise(self, line: FarEnd) -> None:
        with self._state:
            self._knobs.append(Knob(LineFault.ENDLESS_NOISE, None, self))
        while not self._stopping.is_set() and line.plugged_in and self._is_noisy():
            line.write(self._dice.randbytes(_NOISE_PIECE))
            self._do_jobs()

    def _is_noisy(self) -> bool:
        with self._state:
            return any(knob.fault == LineFault.ENDLESS_NOISE for knob in self._knobs)

    def _hits(self, knob: Knob, question: object) -> bool:
        """Whether a knob concerns the answer to this question."""
        return knob.on in (None, question)

    def _faults_for(self, question: object) -> frozenset[StrEnum]:
        """The faults that hit the answer to this question; each is used up by one."""
        with self._state:
            self._heard.append(question)
            self._state.notify_all()
            hitting = [knob for knob in self._knobs if self._hits(knob, question)]
            for knob in hitting:
                if knob.left is not None:
                    knob.left -= 1
            self._knobs = [knob for knob in self._knobs if knob.left != 0]
            return frozenset(knob.fault for knob in hitting)

    def _open_line(self) -> FarEnd:
        if self._line is None:
            raise RuntimeError("the simulator is not started: use it in a with statement")
        return self._line

    def _on_thread(self, job: Callable[[], None]) -> None:
        """Do `job` between two words of the line; returns when it is done."""
        done = threading.Event()

        def run() -> None:
            try:
                job()
            finally:
                done.set()

        with self._state:
            self._jobs.append(run)
        self._open_line().wake()
        while not done.wait(0.1):
            if self._thread is None or not self._thread.is_alive():
                return

    def _do_jobs(self) -> None:
        with self._state:
            jobs, self._jobs = self._jobs, []
        for job in jobs:
            job()

    def _run(self) -> None:
        line = self._open_line()
        while not self._stopping.is_set():
            data = line.read(self._due())
            self._do_jobs()
            if not line.plugged_in:
                self._hung_up()
            elif data:
                self._received(data)
            if (due := self._due()) is not None and due <= 0 and line.plugged_in:
                self._tick()
