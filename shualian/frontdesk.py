"""The demo's front desk: the staff's door, and the ID-card reader beside the enrolment clerk's
screen, on a simulated card: `python -m shualian.frontdesk`.
"""

import asyncio
import os
import signal
import socket
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from devices.manager import DeviceConfig
from devices.resident_id.invented import card_for, invented_card
from devices.resident_id.layout import CardData
from devices.resident_id.simulator import ResidentIdSimulator
from devices.resident_id.virtual import VirtualCard

from .demo.sample import INVENTED

KEY = "SHUALIAN_DEMO_KEY"
"""Environment: the key of the link on the screen. In no argument, where others might read it."""

NEWCOMERS = (11, 12, 13)
"""Invented people who are enrolled nowhere, so that there is always somebody to enrol."""

app = typer.Typer(add_completion=False)


@app.command()
def front_desk(
    port: Annotated[int, typer.Option(help="Of the door, on 127.0.0.1.")],
    staff: Annotated[Path, typer.Option(help="The demo staff's file.")],
) -> None:
    """Serve the demo's door and its reader until told to stop."""
    asyncio.run(_serve(port, staff, os.environ[KEY]))


class Reader:
    """The cards and the simulated reader on which one may lie. Implements `door.Cards`."""

    def __init__(self, reader: ResidentIdSimulator) -> None:
        self._reader = reader
        cards = [card_for(one.name, one.number) for one in INVENTED]
        cards += [invented_card(index) for index in NEWCOMERS]
        self._cards = {f"card-{place}": card for place, card in enumerate(cards)}
        self.lying = ""

    @property
    def names(self) -> Sequence[tuple[str, str]]:
        """Id and name, those who are enrolled first."""
        return [(one, _label(card)) for one, card in self._cards.items()]

    def lay(self, person: str) -> None:
        """Lay this card there; nobody's takes away what lies."""
        self._reader.remove()
        card = self._cards.get(person)
        self.lying = person if card else ""
        if card:
            self._reader.present(VirtualCard.of(card))


def _label(card: CardData) -> str:
    enrolled = {one.number for one in INVENTED if one.enrolled}
    return f"{card.name}{'·已建档' if card.number in enrolled else ''}"


async def _serve(port: int, file: Path, key: str) -> None:
    from kiosk.desk_agent import DeskAgent
    from kiosk.identity import TerminalIdentity
    from kiosk.settings import KioskSettings
    from kiosk.verifier_client import VerifierClient

    from .demo import staff, ward
    from .demo.door import HOST, Door, create_app

    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    identity = TerminalIdentity.load(KioskSettings().identity_file)
    with ResidentIdSimulator() as simulated, socket.create_server((HOST, port)) as listener:
        stays = ward.read(file.with_name("ward.json"))
        door = Door(identity.verifier_url, staff.read(file), Reader(simulated), key, stays)
        config = uvicorn.Config(
            create_app(door, port), log_config=None, access_log=False, lifespan="off", ws="none"
        )
        server = _Server(config)
        async with VerifierClient(identity) as client:
            listed = [DeviceConfig("id-reader", "resident_id", simulated.url)]
            reading = asyncio.create_task(DeskAgent(listed, client).run())
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            await stop.wait()
            server.should_exit = True
            reading.cancel()
            await serving
            with suppress(asyncio.CancelledError):
                await reading


class _Server(uvicorn.Server):
    """Signals belong to whoever runs the loop."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


if __name__ == "__main__":
    app()
