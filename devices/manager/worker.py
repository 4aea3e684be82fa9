"""One device's thread: open it, take from it while somebody wants that, do jobs with it, open it
again when lost.
"""

import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from devices.errors import CardRemoved, DeviceError, NoCard, Timeout, Unplugged

from .config import DeviceConfig
from .events import Connected, Event, Lost, Recovered, Taken, Troubled
from .health import Health, State
from .jobs import Jobs
from .kinds import KINDS, CardWithPhoto, Device, Forgetful

_log = logging.getLogger("devices")

ASK_S = 0.25
"""How long one question waits at most, and so how late a stop or a change of mind is seen."""
REST_S = 0.25
"""The same while nobody wants anything of the device."""
FIRST_BACKOFF_S, LAST_BACKOFF_S = 0.25, 15.0
LOOK_S = 0.25
"""How often the folder is looked at for a port that is gone: plugged in, it is opened at once."""
PAUSE_S = 0.5
"""After a trouble, so that a broken device is not hammered."""
PATIENCE_S = 5.0
"""For a worker that is told to stop."""
SILENCES = 3
"""Unanswered questions in a row after which a device counts as lost."""


class Worker:
    """Runs from `start` to `stop`. `say` is called on the worker's own thread."""

    def __init__(self, config: DeviceConfig, say: Callable[[Event], None]) -> None:
        self.config = config
        self._kind = KINDS[config.kind]
        self._open = self._kind.prepare(config.settings)
        self._say = say
        self._ticket: int | None = None
        self.jobs = Jobs()
        """What others want done with the device, one at a time, between two questions."""
        self._last: object = None
        self._next_question = 0.0
        self._stop = threading.Event()
        self._lost_at: float | None = None
        self._backoff = FIRST_BACKOFF_S
        self._health = Health(
            config.name, config.kind, config.port, State.STARTING, _now(), None, None, 0, 0, 0
        )
        self._thread = threading.Thread(target=self._run, name=f"device-{config.name}", daemon=True)

    @property
    def health(self) -> Health:
        """How the device is; safe from any thread, since it is replaced whole."""
        return self._health

    def want(self, ticket: int | None) -> None:
        """Take from the device from now on for this ticket; None lets it rest.

        What was begun for another ticket is dropped: it is not this person's.
        """
        self._ticket = ticket

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end; `join` waits for it."""
        self._stop.set()

    def join(self) -> None:
        """Wait until the device is given back; not for ever, since a driver may hang."""
        if self._thread.is_alive():
            self._thread.join(PATIENCE_S)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                with self._open(self.config.port) as device:
                    self._is_there(device)
                    self._serve(device)
            except DeviceError as error:
                self._is_gone(error)
                self._wait_for_return()
            except Exception as error:  # a driver's own fault must not end the terminal
                _log.error("device %s: driver failed: %s", self.config.name, type(error).__name__)
                self._is_gone(Unplugged(note=type(error).__name__))
                self._wait_for_return()
        self.jobs.close(Unplugged(note="the device was given back"))
        self._change(state=State.STOPPED)

    def _serve(self, device: Device) -> None:
        silences = 0
        while not self._stop.is_set():
            if self.jobs.do_one(device):
                self._next_question = 0.0
            ticket = self._ticket
            if self._may_rest(ticket):
                device.rest(REST_S)
                continue
            try:
                value = self._kind.take(device, ASK_S)
            except CardRemoved as error:
                self._is_troubled(error, ticket)
            except NoCard:
                silences = 0
            except Unplugged:
                raise
            except DeviceError as error:
                silences = silences + 1 if isinstance(error, Timeout) else 0
                if silences >= SILENCES:
                    raise
                self._is_troubled(error, ticket)
                self._stop.wait(PAUSE_S)
            else:
                silences = 0
                if ticket == self._ticket or not self._kind.on_demand:
                    self._took(value, ticket)
                elif isinstance(device, Forgetful):
                    device.forget()

    def _may_rest(self, ticket: int | None) -> bool:
        if self._kind.on_demand and ticket is None:
            return True
        if self._kind.every is None:
            return False
        now = time.monotonic()
        if now < self._next_question:
            return True
        self._next_question = now + self._kind.every
        return False

    def _is_there(self, device: Device) -> None:
        simulated = device.simulated
        self._backoff = FIRST_BACKOFF_S
        self._last, self._next_question = None, 0.0
        self.jobs.open()
        lost_at, self._lost_at = self._lost_at, None
        if self._health.simulated is None:
            _log.info("device %s: connected", self.config.name)
            self._say(Connected(self.config.name, _now(), simulated))
        elif lost_at is not None:
            away = time.monotonic() - lost_at
            _log.warning("device %s: recovered after %.1f s", self.config.name, away)
            self._say(Recovered(self.config.name, _now(), away))
        self._change(state=State.READY, simulated=simulated, code=None)

    def _is_gone(self, error: DeviceError) -> None:
        self.jobs.close(error)
        if self._lost_at is None:
            self._lost_at = time.monotonic()
            _log.warning("device %s: lost: %s", self.config.name, error.code)
            self._say(Lost(self.config.name, _now(), error.code))
            self._change(state=State.LOST, code=error.code, losses=self._health.losses + 1)
        elif self._health.code != error.code:
            self._change(code=error.code)

    def _is_troubled(self, error: DeviceError, ticket: int | None) -> None:
        _log.info("device %s: %s", self.config.name, error.code)
        self._change(code=error.code, troubles=self._health.troubles + 1)
        self._say(Troubled(self.config.name, _now(), error.code, ticket))

    def _took(self, value: object, ticket: int | None) -> None:
        photo = None
        if isinstance(value, CardWithPhoto):
            photo = value.photo
            value = value.reading
        self._change(code=self._kind.trouble(value))
        if self._kind.only_changes:  # of what others give nothing is kept: it may be somebody's
            known, self._last = self._last, value
            if value == known:
                return
        self._change(taken=self._health.taken + 1)
        self._say(Taken(self.config.name, _now(), self.config.kind, value, ticket, photo))

    def _wait_for_return(self) -> None:
        """The back-off, cut short when a port that was gone stands in its folder again."""
        pause = self._backoff * random.uniform(0.8, 1.2)
        self._backoff = min(self._backoff * 2, LAST_BACKOFF_S)
        until = time.monotonic() + pause
        gone = not self._port_stands()
        while (left := until - time.monotonic()) > 0 and not self._stop.wait(min(LOOK_S, left)):
            if gone and self._port_stands():
                return

    def _port_stands(self) -> bool:
        port = self.config.port
        return "://" in port or not port.startswith("/") or Path(port).exists()

    def _change(self, **changes: object) -> None:
        if "state" in changes and changes["state"] != self._health.state:
            changes["since"] = _now()
        self._health = replace(self._health, **changes)  # type: ignore[arg-type]


def _now() -> datetime:
    return datetime.now(UTC)
