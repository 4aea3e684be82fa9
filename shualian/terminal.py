"""The demo hospital's terminal, on simulated devices: `python -m shualian.terminal`."""

import asyncio
import signal
from functools import partial
from typing import Annotated

import typer

from kiosk.settings import KioskSettings

HOSPITAL, HOSPITAL_ENGLISH = "示范医院", "Demo Hospital"
PURPOSE = "outpatient_registration"

app = typer.Typer(add_completion=False)


@app.command()
def terminal(
    port: Annotated[int, typer.Option(help="Of the page, on 127.0.0.1.")] = 8380,
    camera: Annotated[str, typer.Option(help="A real camera: index or URL.")] = "",
    silhouette: Annotated[bool, typer.Option(help="Draw people as silhouettes.")] = False,
    platform: Annotated[str, typer.Option(help="Of the sandbox whose codes phones show.")] = "",
) -> None:
    """Serve one terminal of the demo hospital until it is told to stop."""
    settings = KioskSettings(
        port=port,
        purpose=PURPOSE,
        identify=True,
        silhouette=silhouette,
        hospital=HOSPITAL,
        hospital_english=HOSPITAL_ENGLISH,
    )
    asyncio.run(_serve(settings, camera, platform))


async def _serve(settings: KioskSettings, camera: str, platform: str) -> None:
    from devices import camera as cameras
    from devices.gnss.fix import Position
    from devices.gnss.simulator import GnssSimulator
    from kiosk.agent import build
    from kiosk.identity import TerminalIdentity
    from kiosk.server import serving
    from kiosk.stage import AgentStage
    from kiosk.verifier_client import VerifierClient
    from models.engine import load_engine

    from .demo import clinic, sample
    from .demo.controls import SimulatedDevices
    from .demo.platform import Phones

    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    engine = await asyncio.to_thread(load_engine, settings.pack, threads=settings.threads)
    phones = Phones(platform) if platform else None
    here = Position(clinic.EAST.latitude, clinic.EAST.longitude)
    with (
        SimulatedDevices(sample.load(engine), codes=phones, chip_photos=True) as devices,
        GnssSimulator((here,)) as receiver,
    ):
        settings = settings.model_copy(update={"gnss": receiver.url})
        async with VerifierClient(TerminalIdentity.load(settings.identity_file)) as client:
            agent = build(
                settings,
                engine=engine,
                camera=partial(cameras.open, camera) if camera else devices.open_camera,
                devices=devices.listed,
                client=client,
                demo=devices,
                photo_decoder=devices.photo_decoder,
            )
            async with agent.running(), serving(AgentStage(agent), settings.port):
                await stop.wait()


if __name__ == "__main__":
    app()
