"""`shualian demo`: play the visits without a screen and print one table."""

import asyncio
import json
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import structlog
import typer
from rich.console import Console

from shualian import home

from .errors import AlreadyPlaying

if TYPE_CHECKING:
    from .playbill import Playbill

app = typer.Typer(add_completion=False)

BESIDE = (
    "演示医院正在运行：本次演示使用同一数据库，以及自己的核验服务和终端。\n"
    "The demo hospital is running: the visits use its database, and a verifier of their own."
)


@app.command()
def demo(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, no table.")] = False,
) -> None:
    """Play the visits without a screen; exit 0 only if each ends as it should."""
    from .table import WIDTH, show, to_json

    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    bill = _played(Console(stderr=True, width=WIDTH))
    if as_json:
        typer.echo(json.dumps(to_json(bill), ensure_ascii=False, indent=2))
    else:
        show(bill, Console(width=WIDTH))
    raise typer.Exit(0 if bill.ok else 1)


def _played(aside: Console) -> "Playbill":
    try:
        with _held(home.data_folder(), aside) as folder:
            return asyncio.run(_play(folder, aside))
    except KeyboardInterrupt:
        typer.echo("Stopped.", err=True)
        raise typer.Exit(130) from None
    except Exception as error:
        code = getattr(error, "code", None)
        if code is None:
            raise
        typer.echo(f"{error} [{code}]", err=True)
        raise typer.Exit(1) from None


async def _play(folder: Path, aside: Console) -> "Playbill":
    from .playbill import play

    with aside.status("准备演示医院 Making the demo hospital ready…") as status:
        return await play(folder, lambda row: status.update(f"({row.visit}) {row.who} {row.seen}"))


@contextmanager
def _held(folder: Path, aside: Console) -> Iterator[Path]:
    """Hold the data folder, or play beside `make run`, which holds it; but one demo at a time.

    Raises `AlreadyPlaying`.
    """
    held = []
    try:
        try:
            held.append(home.take(folder))
        except home.AlreadyRunning:
            aside.print(BESIDE)
        try:
            held.append(home.take(folder / "demo"))
        except home.AlreadyRunning:
            raise AlreadyPlaying(f"the visits are being played on {folder} already") from None
        yield folder
    finally:
        for descriptor in held:
            os.close(descriptor)
