"""`shualian reset`: forget the demo hospital's data, and nothing else."""

import fcntl
import os
import shutil
from pathlib import Path

import typer

from shualian.home import MARKER, data_folder

app = typer.Typer(add_completion=False)


@app.command()
def reset(
    yes: bool = typer.Option(False, "--yes", "-y", help="Do not ask."),
) -> None:
    """Forget everything that the demo hospital keeps."""
    folder = data_folder()
    if not folder.exists():
        typer.echo(f"Nothing is kept in {folder}.")
        return
    refuse_unless_ours(folder)
    if not yes and not typer.confirm(f"Forget everything in {folder}?"):
        raise typer.Exit(1)
    shutil.rmtree(folder)
    typer.echo(f"Forgotten: {folder}")


def refuse_unless_ours(folder: Path) -> None:
    """A folder without our mark is somebody else's; one in use is not taken away."""
    if not (folder / MARKER).is_file():
        fail("reset.not_ours", f"{folder} holds no demo hospital; nothing was removed.")
    descriptor = os.open(folder / MARKER, os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        fail("reset.running", "The demo hospital is running. Stop it first (Ctrl-C).")
    finally:
        os.close(descriptor)


def fail(code: str, message: str) -> None:
    """One sentence and the stable code, exit 1."""
    typer.echo(f"{message} [{code}]", err=True)
    raise typer.Exit(1)
