"""What visits are played in: a verifier's process, three terminals, simulated devices, a HIS."""

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlalchemy import func, select

from devices import resident_id
from devices.resident_id.simulator import ResidentIdSimulator
from kiosk import events as e
from kiosk.agent import Agent, build
from kiosk.claims import reading_from
from kiosk.looking import Reports, look
from kiosk.settings import KioskSettings
from kiosk.verifier_client import Patience, VerifierClient
from models.engine import FaceEngine
from verifier.protocol.claim import Capture, CredentialReading, Crop, Evidence
from verifier.store.schema import DecisionRow, ReceiptRow

from . import hospital as hospitals
from . import sample
from .controls import FRAMES_PER_SECOND, SimulatedDevices
from .errors import NothingSeen
from .his import His
from .hospital import NEIGHBOUR, PLAYER, REMOTE, Hospital
from .platform import Platform, platform
from .process import VerifierProcess, free_port
from .sample import SamplePerson

REGISTRATION, ADMISSION = "outpatient_registration", "admission"
READ_SECONDS = 10.0
PATIENCE = Patience(attempts=2)
"""The demo's terminals try twice, so that an outage for everybody takes seconds."""


@dataclass(frozen=True)
class Sight:
    """What a terminal read and saw of one person."""

    reading: CredentialReading
    capture: Capture

    @property
    def crop(self) -> Crop:
        """The only one."""
        return self.capture.crops[0]

    def with_crop(self, crop: Crop) -> "Sight":
        """The same with another crop in its place."""
        return replace(self, capture=self.capture.model_copy(update={"crops": [crop]}))

    @property
    def evidence(self) -> Evidence:
        """What a claim of it seals."""
        return Evidence(reading=self.reading, capture=self.capture)


@dataclass
class World:
    """Everything that a visit may touch."""

    hospital: Hospital
    engine: FaceEngine
    people: Sequence[SamplePerson]
    devices: SimulatedDevices
    verifier: VerifierProcess
    agent: Agent
    """The terminal at which the visits are played: outpatient registration."""
    neighbour: Agent
    """Another terminal, at the admission desk."""
    neighbours_devices: SimulatedDevices
    remote: Agent
    """A terminal of the far site."""
    remote_devices: SimulatedDevices
    his: His
    platform: Platform
    _sights: dict[str, Sight] = field(default_factory=dict, repr=False)

    @property
    def enrolled(self) -> list[SamplePerson]:
        """Who is in the gallery."""
        return [person for person in self.people if person.enrolled]

    @property
    def strangers(self) -> list[SamplePerson]:
        """Who has a valid card and is not enrolled."""
        return [person for person in self.people if not person.enrolled]

    def devices_of(self, agent: Agent) -> SimulatedDevices:
        """What stands at this terminal."""
        if agent is self.remote:
            return self.remote_devices
        return self.neighbours_devices if agent is self.neighbour else self.devices

    def next_to(self, person: SamplePerson) -> SamplePerson:
        """The next one, round the table."""
        return self.people[(list(self.people).index(person) + 1) % len(self.people)]

    def decisions(self) -> tuple[int, int]:
        """Results and receipts that the verifier has stored for these terminals."""
        agents = (self.agent, self.neighbour, self.remote)
        terminals = [agent.desk.client.identity.terminal for agent in agents]
        with self.hospital.database.app.connect() as conn:
            stored, signed = (
                conn.scalar(
                    select(func.count()).select_from(table).where(table.terminal.in_(terminals))
                )
                for table in (DecisionRow, ReceiptRow)
            )
        return int(stored or 0), int(signed or 0)

    def decisions_on(self, claim_digest: str) -> int:
        """Stored results for one claim."""
        count = select(func.count()).select_from(DecisionRow)
        with self.hospital.database.app.connect() as conn:
            return int(conn.scalar(count.where(DecisionRow.claim_digest == claim_digest)) or 0)

    def decisions_of(self, visit: str) -> int:
        """Stored results of one visit."""
        count = select(func.count()).select_from(DecisionRow)
        with self.hospital.database.app.connect() as conn:
            return int(conn.scalar(count.where(DecisionRow.visit == visit)) or 0)

    async def sight(self, person: SamplePerson) -> Sight:
        """Own card and own face as the terminal saw them once, for claims that must be refused.

        What is refused before its pixels count may be claimed again.
        """
        if person.id not in self._sights:
            reading, capture = await self._reading(person), await self._capture(person)
            self._sights[person.id] = Sight(reading, capture)
        return self._sights[person.id]

    async def _capture(self, person: SamplePerson) -> Capture:
        """One look of the terminal at this person, as in a visit. Raises `NothingSeen`."""
        seen: list[e.Event] = []
        reports = Reports(seen.append, lambda _: None)
        await asyncio.to_thread(self.devices.stand, person.id)
        await asyncio.to_thread(
            look,
            0,
            self.engine,
            self.devices.open_camera,
            self.agent.settings,
            threading.Event(),
            reports,
        )
        self.devices.stand(None)
        for event in seen:
            if isinstance(event, e.Captured):
                return event.capture
        raise NothingSeen("the terminal saw no face that is good enough")

    async def _reading(self, person: SamplePerson) -> CredentialReading:
        """This person's card, read over the serial line."""
        return await asyncio.to_thread(self._read, person)

    def _read(self, person: SamplePerson) -> CredentialReading:
        with (
            ResidentIdSimulator(person.card) as another,  # the terminal holds its own reader
            resident_id.open(another.url) as reader,
        ):
            return reading_from(reader.read(timeout=READ_SECONDS))


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[World]:
    """A world on this data folder. What is made stays there; what runs is stopped on leaving.

    Raises what models, hospital, verifier and terminals refuse, each with a `code`.
    """
    engine = await asyncio.to_thread(hospitals.ready_engine)
    with (
        await asyncio.to_thread(hospitals.open_hospital, folder, free_port()) as hospital,
        platform() as insurance,
    ):
        await asyncio.to_thread(hospital.establish, engine, (PLAYER, NEIGHBOUR, REMOTE))
        verifier = VerifierProcess(hospital, insurance.environment)
        verifier.launch()
        try:
            people = sample.load(engine)
            await asyncio.to_thread(_render, people)
            await asyncio.to_thread(verifier.wait)
            async with _joined(hospital, engine, people, verifier, insurance) as world:
                yield world
        finally:
            await asyncio.to_thread(verifier.stop)


@asynccontextmanager
async def _joined(
    hospital: Hospital,
    engine: FaceEngine,
    people: Sequence[SamplePerson],
    verifier: VerifierProcess,
    insurance: Platform,
) -> AsyncIterator[World]:
    his = His(
        hospital.verifier_url, hospitals.HIS_CLIENT, hospitals.INSTITUTION, hospital.his_key()
    )
    with (
        SimulatedDevices(people, codes=insurance.phones) as devices,
        SimulatedDevices(people) as next_ones,
        SimulatedDevices(people) as far_ones,
    ):
        async with (
            _terminal(hospital, PLAYER, REGISTRATION, engine, devices) as agent,
            _terminal(hospital, NEIGHBOUR, ADMISSION, engine, next_ones) as neighbour,
            _terminal(hospital, REMOTE, REGISTRATION, engine, far_ones) as remote,
        ):
            try:
                yield World(
                    hospital,
                    engine,
                    people,
                    devices,
                    verifier,
                    agent,
                    neighbour,
                    next_ones,
                    remote,
                    far_ones,
                    his,
                    insurance,
                )
            finally:
                his.close()


@asynccontextmanager
async def _terminal(
    hospital: Hospital, role: str, purpose: str, engine: FaceEngine, devices: SimulatedDevices
) -> AsyncIterator[Agent]:
    settings = KioskSettings(
        data=hospital.terminal_folder(role),
        purpose=purpose,
        identify=True,
        hospital=hospitals.NAME,
        frames_per_second=FRAMES_PER_SECOND,
    )
    async with VerifierClient(hospital.terminal(role), patience=PATIENCE) as client:
        agent = build(
            settings,
            engine=engine,
            camera=devices.open_camera,
            devices=devices.listed,
            photo_decoder=devices.photo_decoder,
            client=client,
        )
        async with agent.running():
            yield agent


def _render(people: Sequence[SamplePerson]) -> None:
    for person in people:
        _ = person.portrait
