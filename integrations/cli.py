"""`shualian integrations`: stand-ins for the systems that this house speaks to."""

import json
import signal
import threading
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from verifier.settings import SettingsRefused

from .nhsa.sandbox.app import Sandbox
from .nhsa.sandbox.serve import SandboxServer
from .nhsa.settings import read_secret

app = typer.Typer(help="Other systems, and sandboxes of them.", no_args_is_help=True)
SANDBOX_PORT = 8390


@app.callback()
def _integrations() -> None:
    pass


@app.command("nhsa-sandbox")
def nhsa_sandbox(
    port: Annotated[int, typer.Option(help="On 127.0.0.1; 0 takes a free one.")] = SANDBOX_PORT,
    secret_file: Annotated[
        Path | None, typer.Option(help="The gateway's token: requests must then be signed.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Be the insurance platform, with invented people. Runs until Ctrl-C or SIGTERM."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        sandbox = Sandbox(token=read_secret(secret_file) if secret_file else None)
        server = SandboxServer(sandbox, port)
    except SettingsRefused as error:
        _fail(str(error), error.code)
    except OSError as error:
        _fail(f"The port cannot be had: {error.strerror}.", "sandbox.port_unavailable")
    with server:
        typer.echo(_said(server, as_json))
        stop.wait()


def _said(server: SandboxServer, as_json: bool) -> str:
    """The settings with which an adapter reaches it."""
    settings = {
        "SHUALIAN_NHSA_CODE_URL": server.code_url,
        "SHUALIAN_NHSA_SOCIAL_URL": server.social_url,
        "SHUALIAN_NHSA_INFO_URL": server.info_url,
        "SHUALIAN_NHSA_SANDBOX": "true",
    }
    if as_json:
        return json.dumps({"url": server.url, "settings": settings})
    lines = [f"export {name}={value}" for name, value in settings.items()]
    return "\n".join([*lines, f"# a code: curl -X POST {server.url}/sandbox/codes"])


def _fail(sentence: str, code: str) -> NoReturn:
    typer.echo(f"{sentence} [{code}]", err=True)
    raise typer.Exit(1)
