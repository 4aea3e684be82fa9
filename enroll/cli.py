"""`shualian enroll import people.csv --photos DIR`."""

import json
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from models.errors import ModelError
from verifier.identity.errors import IdentityRefused
from verifier.policy.load import PolicyRefused
from verifier.settings import SettingsRefused, load
from verifier.store.errors import StoreRefused
from verifier.trust.keys import KeysRefused
from verifier.trust.sealing import SealBroken

from .errors import EnrollRefused
from .table import Table, read_table, titled

if TYPE_CHECKING:
    from .importing import Import, RowResult

SOME_REFUSED = 3
INTERRUPTED = 130

_REFUSED = (
    EnrollRefused,
    IdentityRefused,
    KeysRefused,
    ModelError,
    PolicyRefused,
    SettingsRefused,
    SealBroken,
    StoreRefused,
)

app = typer.Typer(help="Enrol people.", no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def _enroll() -> None:
    """Enrol people."""


@app.command("import")
def import_command(
    people: Annotated[Path, typer.Argument(help="CSV of people, UTF-8 or GB18030.")],
    photos: Annotated[Path, typer.Option(help="Folder of the photos that the table names.")],
    report: Annotated[
        Path | None, typer.Option(help="The report's file; else PEOPLE.report.csv.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Threads that judge photos.")] = 2,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Enrol everybody in a table, and report every row that was refused and why.

    Exit 0: everybody is enrolled; 3: somebody was refused; 130: stopped by Ctrl-C after the row at
    hand, run again to go on; 1: it could not run.
    """
    place = report or people.with_name(f"{people.stem}.report.csv")
    results: list[RowResult] = []
    stop = threading.Event()
    try:
        table = read_table(people)
        # Models and database take a second to import; a broken table is told before.
        from .compose import open_import
        from .report import write_report

        with ExitStack() as opened:
            opened.enter_context(_stopped_by_signals(stop))
            run = opened.enter_context(open_import(load(), photos, workers, stop))
            opened.callback(lambda: write_report(place, results))
            typer.echo(f"notice of enrolment today: {', '.join(run.notices)}", err=True)
            _all(run, table, results, quiet=as_json)
    except _REFUSED as error:
        typer.echo(f"{error} [{error.code}]", err=True)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        typer.echo(f"stopped at once; report: {place}", err=True)
        raise typer.Exit(INTERRUPTED) from None
    except ValidationError as error:
        typer.echo(f"SHUALIAN_ENROLL_…: {error.errors()[0]['msg']} [settings.invalid]", err=True)
        raise typer.Exit(1) from None
    interrupted = stop.is_set() and len(results) < len(table.rows)
    _say(table, results, place, interrupted=interrupted, as_json=as_json)
    raise typer.Exit(_exit_code(results, interrupted=interrupted))


def _all(run: "Import", table: Table, results: "list[RowResult]", *, quiet: bool) -> None:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[refused]} refused"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), disable=quiet) as progress:
        task = progress.add_task("Enrolling", total=len(table.rows), refused=0)
        refused = 0
        for result in run.run(table.rows):
            results.append(result)
            refused += result.outcome == "refused"
            progress.update(task, advance=1, refused=refused)


def _say(
    table: Table, results: "list[RowResult]", place: Path, *, interrupted: bool, as_json: bool
) -> None:
    from .importing import counted

    counts = counted(results)
    if as_json:
        said: dict[str, Any] = {
            "rows": len(table.rows),
            "encoding": table.encoding,
            "ignored_columns": list(table.ignored),
            "interrupted": interrupted,
            "counts": counts,
            "report": str(place),
            "results": [asdict(result) for result in results],
        }
        typer.echo(json.dumps(said, ensure_ascii=False, indent=2))
        return
    if table.ignored:
        typer.echo(f"columns without a meaning here: {', '.join(table.ignored)}")
    typer.echo(
        f"{len(results)} of {len(table.rows)} rows ({table.encoding}): "
        + ", ".join(f"{count} {outcome.replace('_', ' ')}" for outcome, count in counts.items())
    )
    for result in [result for result in results if result.outcome == "refused"][:20]:
        where = f", column {titled(result.column)}" if result.column else ""
        typer.echo(f"  line {result.line}{where}: {result.detail} [{result.code}]")
        typer.echo(f"    {result.detail_en}")
    typer.echo(f"report: {place}")
    if interrupted:
        typer.echo("stopped; run the same command again to go on", err=True)


def _exit_code(results: "list[RowResult]", *, interrupted: bool) -> int:
    if interrupted:
        return INTERRUPTED
    return SOME_REFUSED if any(result.outcome == "refused" for result in results) else 0


@contextmanager
def _stopped_by_signals(stop: threading.Event) -> Iterator[None]:
    """The first Ctrl-C ends after the row at hand; the second at once."""

    def on_signal(number: int, _frame: FrameType | None) -> None:
        stop.set()
        signal.signal(number, signal.default_int_handler)

    before = {each: signal.signal(each, on_signal) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
