"""The terminal's agent: joins the visit's pure state to camera, reader, verifier and screen, in one
event loop.

Devices and models run in threads of their own; they only ever post events. Every change of state
goes through `post`, one at a time.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from devices.manager import DeviceConfig, Health
from devices.printer import Slip
from devices.resident_id.photo import PhotoDecoder
from models.engine import FaceEngine
from verifier.protocol.challenge import Challenge
from verifier.protocol.counter import AtCounter
from verifier.protocol.practice import PURPOSE as PRACTICE
from verifier.protocol.ticket import TicketBatch

from . import events as e
from .chain import Chain
from .chip_photo import ChipPhotos
from .claims import build_evidence
from .demo import DemoControls
from .desk import Desk
from .errors import KioskError, NoTicket, VerifierConfused, VerifierRefused, VerifierUnreachable
from .instruments import Instruments
from .journal import Journal
from .looking import OpenCamera, Reports, look
from .notices import find_notice
from .offline import OfflineDesk
from .practice_desk import PracticeDesk
from .settings import KioskSettings
from .slip import SLIP_SECONDS, compose, outcome_of
from .states import TOKEN_KINDS, Door, PhoneCode, Visit, camera_on, is_start, reader_on
from .verifier_client import VerifierClient
from .visit import advance, time_limit
from .whereabouts import KIND as GNSS
from .whereabouts import Whereabouts, receiver_of
from .witness import Witness

log = structlog.get_logger("kiosk")

Listener = Callable[[Visit | bytes], None]


@dataclass(frozen=True)
class Devices:
    """What the terminal looks and reads with. Without an engine there is no face, and the screen
    says so.
    """

    engine: FaceEngine | None
    open_camera: OpenCamera
    listed: Sequence[DeviceConfig]
    photo_decoder: PhotoDecoder | None = None


def build(
    settings: KioskSettings,
    *,
    engine: FaceEngine | None,
    camera: OpenCamera,
    devices: Sequence[DeviceConfig],
    client: VerifierClient,
    demo: DemoControls | None = None,
    photo_decoder: PhotoDecoder | None = None,
) -> "Agent":
    """An agent that is not running yet. `camera()` opens the camera; it is called only while a face
    is wanted. Without a `photo_decoder` (WLT needs a licence) no chip's photo is looked at.

    Raises `ChainUnreadable`.
    """
    witness = Witness(settings.chain_file.parent / "ledger", client)
    desk = Desk(client, Chain(settings.chain_file), settings.purpose, witness)
    return Agent(settings, Devices(engine, camera, devices, photo_decoder), desk, demo)


class Agent:
    """One terminal. `async with agent.running():` and it serves."""

    def __init__(
        self,
        settings: KioskSettings,
        devices: Devices,
        desk: Desk,
        demo: DemoControls | None = None,
    ) -> None:
        self.settings = settings
        self.demo = demo
        self.desk = desk
        self.journal = Journal(settings.journal_file)
        receiver = receiver_of(settings.gnss, devices.listed)
        self.practice = PracticeDesk(desk.client, Whereabouts(receiver))
        self.offline = OfflineDesk(desk, settings.folder, self.journal)
        self.visit = Visit()
        self._devices = devices
        self._camera = _Worker("camera")
        engine, decoder = devices.engine, devices.photo_decoder
        chips = ChipPhotos(decoder, engine) if engine and decoder else None
        # A receiver is opened for a check-in alone: what runs all day would make a track.
        listed = [device for device in devices.listed if device.kind != GNSS]
        self._instruments = Instruments(listed, self.post_from_thread, chips)
        self._listeners: set[Listener] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Agent"]:
        """The agent at work; on leaving, every device is given back and nothing of a visit is left.

        Raises `AlreadyRunning` where another agent signs with this terminal's key.
        """
        self._loop = asyncio.get_running_loop()
        with self.desk.chain:
            self._instruments.__enter__()
            self._spawn(self.practice.watch(lambda: self._tell(self.visit)))
            self._spawn(self.offline.watch(lambda: is_start(self.visit), lambda: datetime.now(UTC)))
            try:
                yield self
            finally:
                await self._shut()

    def post(self, event: e.Event) -> None:
        """Let one thing happen. Only from the event loop's own thread."""
        moved, effects = advance(self.visit, event)
        if moved is self.visit:
            return
        before, self.visit = self.visit, moved
        self._follow(before)
        for effect in effects:
            self._carry_out(effect)
        self._tell(moved)

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with each new state and preview picture; gives the way to stop it."""
        self._listeners.add(listener)
        return lambda: self._listeners.discard(listener)

    def post_from_thread(self, event: e.Event) -> None:
        """The same as `post`, from a worker's thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.post, event)

    def device_health(self) -> list[Health]:
        """How each device is."""
        return self._instruments.health()

    @property
    def health(self) -> tuple[str, ...]:
        """What is odd about this terminal, as codes."""
        return self.desk.health + self.practice.whereabouts.health

    @property
    def takes_check_ins(self) -> bool:
        """As the verifier said last; before a restart too, by the tickets that it gave."""
        return self.practice.offered or self.offline.takes_check_ins

    def _tell(self, news: Visit | bytes) -> None:
        for listener in tuple(self._listeners):
            listener(news)

    def _follow(self, before: Visit) -> None:
        """Camera, reader and timer follow from the state alone."""
        if before.serial != self.visit.serial:
            self._camera.stop()
            log.info("kiosk.step", step=self.visit.step.value, visit=self.visit.id)
            if camera_on(self.visit):
                self._look()
            if reader_on(self.visit):
                agreed = self.visit.agreed
                self._instruments.ask(self.visit.serial, self.visit.door, faces=agreed)
            elif reader_on(before):
                self._instruments.rest()
        if before.pulse != self.visit.pulse:
            self._set_timer()

    def _look(self) -> None:
        engine, serial = self._devices.engine, self.visit.serial
        if engine is None:
            self.post_from_thread(e.CameraFailed(serial))
            return
        reports = Reports(
            self.post_from_thread, lambda jpeg: self._preview_from_thread(serial, jpeg)
        )
        opener = self._devices.open_camera
        self._camera.start(
            lambda stop: look(serial, engine, opener, self.settings, stop, reports),
            lambda: self.post_from_thread(e.CameraFailed(serial)),
        )

    def _preview_from_thread(self, serial: int, jpeg: bytes) -> None:
        def show() -> None:
            if camera_on(self.visit) and self.visit.serial == serial:
                self._tell(jpeg)

        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(show)

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        limit = time_limit(self.visit)
        if limit is not None and self._loop is not None:
            self._timer = self._loop.call_later(limit, self.post, e.TimeUp(self.visit.pulse))

    def _carry_out(self, effect: e.Effect) -> None:
        match effect:
            case e.OpenVisit():
                self._spawn(self._open(effect))
            case e.Submit():
                self._spawn(self._submit(effect))
            case e.SendCheckIn():
                self._spawn(self._check_in(effect))
            case e.ShowSiteCode():
                self._spawn(self._show_site_code(effect.serial))
            case e.InvitePhone():
                self._spawn(self._invite_phone(effect))
            case e.WriteJournal():
                purpose = self._purpose(effect.practice)
                self.journal.refer(effect.visit, purpose, effect.reason)
            case e.TellCounter():
                self._spawn(self._tell_counter(effect))
            case e.PrintSlip():
                institution = self.desk.client.identity.institution
                slip = compose(self.visit, self.settings, institution, datetime.now(UTC))
                self._spawn(self._print(effect.serial, slip))
            case e.Forget():
                self.desk.forget()

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _open(self, effect: e.OpenVisit) -> None:
        self.post(e.PrinterChanged(self._instruments.can_print))
        try:
            challenge = await self.desk.open(effect.visit, self._purpose(effect.practice))
        except Exception as error:
            away = effect.practice and isinstance(error, VerifierUnreachable)
            self.post(self._without(effect.serial) if away else _failed(effect.serial, error))
            return
        notice = find_notice(challenge.notice_version, self.settings)
        if notice is None:
            self.post(e.Unreachable(effect.serial, "kiosk.notice_unknown"))
            return
        ready = self._face_ready(challenge) and not challenge.liveness_required
        said = self.settings.identify_practice if effect.practice else self.settings.identify
        identify = ready and said
        doors = self._doors(challenge)
        self.post(e.Opened(effect.serial, notice.version, ready, identify, doors))

    def _without(self, serial: int) -> e.Event:
        """What a practitioner can do while the verifier is away."""
        try:
            batch = self.offline.offered(datetime.now(UTC))
        except NoTicket as error:
            return e.Unreachable(serial, error.code)
        notice = find_notice(batch.notice_version, self.settings) if batch else None
        if batch is None or notice is None:
            return e.Unreachable(serial, VerifierUnreachable.code)
        ready = self._face_ready(batch) and not batch.liveness_required
        # A code is another platform's to resolve, and over before it could be.
        self._instruments.closed = frozenset({Door.NHSA_QR})
        identify = ready and self.settings.identify_practice
        doors = self._instruments.ready()
        return e.OfflineOffered(serial, notice.version, ready, identify, doors)

    def _purpose(self, practice: bool) -> str:
        return PRACTICE if practice else self.settings.purpose

    def _doors(self, challenge: Challenge) -> frozenset[Door]:
        """A code's door opens only where the verifier has somebody to resolve it."""
        taken = TOKEN_KINDS & set(challenge.token_kinds)
        self._instruments.closed = frozenset() if taken else frozenset({Door.NHSA_QR})
        return self._instruments.ready()

    def _face_ready(self, challenge: Challenge | TicketBatch) -> bool:
        """A face is offered only where the verifier can judge what this terminal would send."""
        engine = self._devices.engine
        return engine is not None and (engine.pack.name, engine.pack.digest) == (
            challenge.pack,
            challenge.pack_digest,
        )

    async def _submit(self, effect: e.Submit) -> None:
        try:
            evidence = build_evidence(effect.reading, effect.last_four, effect.capture, effect.chip)
            if effect.offline:
                said = (effect.visit, effect.basis, evidence, datetime.now(UTC))
                await asyncio.to_thread(self.offline.keep, *said)
                self.offline.wake()
                self.post(e.Kept(effect.serial))
                return
            exchange = await self.desk.submit(effect.visit, effect.basis, evidence)
        except Exception as error:
            self.post(_failed(effect.serial, error))
            return
        self.post(e.Decided(effect.serial, exchange))

    async def _tell_counter(self, effect: e.TellCounter) -> None:
        said = AtCounter(visit=effect.visit, purpose=self.settings.purpose, reason=effect.reason)
        try:
            await self.desk.client.tell_counter(said)
        except KioskError as error:
            log.warning("kiosk.counter_not_told", code=error.code, visit=effect.visit)

    async def _check_in(self, effect: e.SendCheckIn) -> None:
        try:
            answer = await self.practice.check_in(effect)
        except Exception as error:
            self.post(_failed(effect.serial, error))
            return
        self.post(e.CheckInAnswered(effect.serial, answer))

    async def _invite_phone(self, effect: e.InvitePhone) -> None:
        client = self.desk.client
        page = self.settings.phone_page or f"{client.identity.verifier_url}/console/phone"
        try:
            made = await client.invite_phone(effect.receipt)
        except Exception as error:
            self.post(_failed(effect.serial, error))
            return
        given = PhoneCode(page, made.code, made.expires_at)
        self.post(e.PhoneInvited(effect.serial, given))
        await self._show_site_code(effect.serial)

    async def _show_site_code(self, serial: int) -> None:
        async for shown in self.practice.codes():
            if self.visit.serial != serial:
                return
            if shown is None:
                self.post(e.Unreachable(serial, "kiosk.no_site_code"))
            else:
                self.post(e.SiteCodeCame(serial, shown))

    async def _print(self, serial: int, slip: Slip) -> None:
        try:
            async with asyncio.timeout(SLIP_SECONDS):
                proof = await asyncio.wrap_future(self._instruments.print_slip(slip))
        except Exception as error:
            log.warning("kiosk.slip", error=getattr(error, "code", type(error).__name__))
            self.post(e.SlipDone(serial, outcome_of(error)))
            return
        log.info("kiosk.slip", proof=proof.value)
        self.post(e.SlipDone(serial, "printed"))

    async def _shut(self) -> None:
        self.post(e.Ended())
        if self._timer is not None:
            self._timer.cancel()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, self.desk.shut(), return_exceptions=True)
        await asyncio.gather(
            asyncio.to_thread(self._camera.close),
            asyncio.to_thread(self._instruments.__exit__, None, None, None),
        )


def _failed(serial: int, error: Exception) -> e.Event:
    """A failure as the visit knows it. What was not foreseen sends the person to the counter as
    well.
    """
    match error:
        case VerifierRefused():
            log.warning("kiosk.refused", code=error.code)
            return e.WasRefused(serial, error.code)
        case VerifierUnreachable() | VerifierConfused() | NoTicket():
            log.warning(error.code, cause=str(error))
            return e.Unreachable(serial, error.code)
        case _:
            # The type alone: an unforeseen error's text may hold what a card says.
            log.error("kiosk.internal", error=type(error).__name__)
            return e.Unreachable(serial, "kiosk.internal")


class _Worker:
    """One device, one thread, one job at a time; a new job waits until the old one gave the device
    back.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._pool = ThreadPoolExecutor(1, f"kiosk-{name}")
        self._stop = threading.Event()

    def start(self, job: Callable[[threading.Event], None], on_crash: Callable[[], None]) -> None:
        """Run `job` as soon as the thread is free."""
        self._stop = stop = threading.Event()

        def run() -> None:
            try:
                if not stop.is_set():
                    job(stop)
            except Exception as error:
                log.error("kiosk.worker", worker=self._name, error=type(error).__name__)
                on_crash()

        self._pool.submit(run)

    def stop(self) -> None:
        """Ask the running job to end; does not wait."""
        self._stop.set()

    def close(self) -> None:
        """Stop and wait until the thread is gone."""
        self._stop.set()
        self._pool.shutdown(wait=True, cancel_futures=True)
