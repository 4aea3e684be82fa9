"""`shualian kiosk …`: the terminal's agent on its own machine."""

import asyncio
import signal
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from .errors import KioskError

app = typer.Typer(no_args_is_help=True, help="The terminal's agent.")


@app.callback()
def _room() -> None:
    pass


@app.command()
def run(
    data: Annotated[Path | None, typer.Option(help="Folder of the terminal's files.")] = None,
    port: Annotated[int | None, typer.Option(help="Of the page, on 127.0.0.1.")] = None,
    camera: Annotated[str | None, typer.Option(help="Index, file or URL.")] = None,
    reader: Annotated[str | None, typer.Option(help="The resident-ID reader's port.")] = None,
) -> None:
    """Serve the terminal's page until Ctrl-C."""
    from .settings import KioskSettings

    named = {"data": data, "port": port, "camera": camera, "reader": reader}
    settings = KioskSettings(**{k: v for k, v in named.items() if v is not None})  # type: ignore[arg-type]
    try:
        asyncio.run(_run(settings))
    except OSError as error:
        _fail("kiosk.port", f"the page's port {settings.port}: {error.strerror}")
    except Exception as error:
        if code := getattr(error, "code", None):
            _fail(str(code), str(error))
        raise


async def _run(settings: Any) -> None:
    from devices import camera as cameras

    from . import logs
    from .agent import build
    from .joining import finish_rotation
    from .server import serving
    from .stage import AgentStage
    from .verifier_client import VerifierClient

    context = settings.tls_context()
    identity = await finish_rotation(settings.identity_file, context=context)
    logs.configure()
    engine = await asyncio.to_thread(_engine, settings)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with VerifierClient(identity, context=context) as client:
        agent = build(
            settings,
            engine=engine,
            camera=partial(cameras.open, settings.camera),
            devices=settings.listed(),
            client=client,
            photo_decoder=settings.decoder(),
        )
        async with agent.running(), serving(AgentStage(agent), settings.port) as address:
            typer.echo(f"Terminal page  {address}")
            typer.echo("Liveness is not assessed. Stop with Ctrl-C.")
            await stop.wait()


@app.command()
def desk(
    data: Annotated[Path | None, typer.Option(help="Folder of the terminal's files.")] = None,
    reader: Annotated[str | None, typer.Option(help="The resident-ID reader's port.")] = None,
) -> None:
    """Send what a desk's readers read to the verifier, for the clerk's page, until Ctrl-C."""
    from .settings import KioskSettings

    named = {"data": data, "reader": reader}
    settings = KioskSettings(**{k: v for k, v in named.items() if v is not None})  # type: ignore[arg-type]
    try:
        asyncio.run(_desk(settings))
    except Exception as error:
        if code := getattr(error, "code", None):
            _fail(str(code), str(error))
        raise


async def _desk(settings: Any) -> None:
    from . import logs
    from .desk_agent import DeskAgent
    from .joining import finish_rotation
    from .verifier_client import VerifierClient

    context = settings.tls_context()
    identity = await finish_rotation(settings.identity_file, context=context)
    logs.configure()
    async with VerifierClient(identity, context=context) as client:
        agent = DeskAgent(
            settings.listed(), client, typer.echo, settings.decoder(), settings.hospital
        )
        reading = asyncio.create_task(agent.run())
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, reading.cancel)
        typer.echo(f"Desk {identity.terminal}. Stop with Ctrl-C.")
        try:
            await reading
        except asyncio.CancelledError:
            typer.echo("Stopped.")


def _engine(settings: Any) -> Any:
    from models.engine import load_engine

    return load_engine(settings.pack, threads=settings.threads)


@app.command()
def key(
    institution: Annotated[str, typer.Option(help="The institution's code, such as H….")],
    verifier: Annotated[str, typer.Option(help="The verifier's address, https://….")],
    data: Annotated[Path | None, typer.Option(help="Folder of the terminal's files.")] = None,
    force: Annotated[bool, typer.Option(help="Replace a key that is already there.")] = False,
) -> None:
    """Make this terminal's key and print the public half, to be registered at the verifier."""
    import json

    from .identity import TerminalIdentity
    from .settings import KioskSettings
    from .verifier_client import refuse_plain_http

    settings = KioskSettings(data=data) if data else KioskSettings()
    if settings.identity_file.exists() and not force:
        _fail("kiosk.identity_exists", f"{settings.identity_file} is there; --force replaces it")
    try:
        refuse_plain_http(verifier)
        public = TerminalIdentity.create(settings.identity_file, institution, verifier)
    except KioskError as error:
        _fail(error.code, str(error))
    settings.chain_file.unlink(missing_ok=True)
    typer.echo(json.dumps(public))


@app.command()
def register(
    terminal: Annotated[str, typer.Argument(help="The id that the verifier gave to the key.")],
    data: Annotated[Path | None, typer.Option(help="Folder of the terminal's files.")] = None,
) -> None:
    """Write down the terminal's id; `run` works from then on."""
    from .identity import TerminalIdentity
    from .settings import KioskSettings

    settings = KioskSettings(data=data) if data else KioskSettings()
    try:
        TerminalIdentity.register(settings.identity_file, terminal)
    except KioskError as error:
        _fail(error.code, str(error))
    typer.echo(f"{terminal} is this terminal's id")


@app.command()
def join(
    verifier: Annotated[str, typer.Option(help="The verifier's address, https://….")],
    code: Annotated[str, typer.Option(prompt="Registration code", help="Printed by it.")],
    data: Annotated[Path | None, typer.Option(help="Folder of the terminal's files.")] = None,
) -> None:
    """Register this terminal with a one-time code; its key is made here and never leaves."""
    from . import joining
    from .settings import KioskSettings

    settings = KioskSettings(data=data) if data else KioskSettings()
    try:
        context = settings.tls_context()
        found = joining.join(settings.identity_file, verifier, code, context=context or True)
    except KioskError as error:
        _fail(error.code, str(error))
    typer.echo(f"{found.terminal} is this terminal's id, at {found.institution}")


@app.command()
def rotate(
    data: Annotated[Path | None, typer.Option(help="Folder of the terminal's files.")] = None,
) -> None:
    """Put a new key in place of this terminal's; stop the agent first."""
    from . import joining
    from .chain import Chain
    from .settings import KioskSettings

    settings = KioskSettings(data=data) if data else KioskSettings()
    try:
        with Chain(settings.chain_file):
            file, context = settings.identity_file, settings.tls_context()
            found = asyncio.run(joining.rotate(file, context=context))
    except KioskError as error:
        _fail(error.code, str(error))
    typer.echo(f"{found.terminal} has a new key")


@app.command()
def referrals(
    data: Annotated[Path | None, typer.Option(help="Folder of the terminal's files.")] = None,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """List the visits that were sent to the counter without a decision."""
    import json

    from .journal import Journal
    from .settings import KioskSettings

    settings = KioskSettings(data=data) if data else KioskSettings()
    lines = Journal(settings.journal_file).referrals()
    if as_json:
        typer.echo(json.dumps([line.model_dump(mode="json") for line in lines]))
        return
    for line in lines:
        typer.echo(f"{line.at:%Y-%m-%d %H:%M:%S}Z  {line.visit}  {line.purpose}  {line.reason}")


def _fail(code: str, sentence: str) -> None:
    typer.echo(f"{sentence} [{code}]", err=True)
    raise typer.Exit(1)
