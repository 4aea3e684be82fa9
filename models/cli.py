"""`shualian models`: which packs there are, fetch one, hold it against its digests, time it."""

import contextlib
import functools
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, ParamSpec, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn
from rich.table import Table

from . import manifest as manifests
from .cache import pack_folder
from .errors import ModelError, PackNotFetched
from .evaluation.cli import evaluate
from .manifest import DEFAULT_PACK

app = typer.Typer(
    help="Model packs: list, fetch, verify, evaluate, bench.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

app.command()(evaluate)

Pack = Annotated[str, typer.Argument(help="The pack's name.")]
Cache = Annotated[Path | None, typer.Option(help="The cache folder; else SHUALIAN_CACHE.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
AcceptLicence = Annotated[
    bool, typer.Option(help="You may use weights that are not free for commercial use.")
]

_P = ParamSpec("_P")
_R = TypeVar("_R")


def reported(command: Callable[_P, _R]) -> Callable[_P, _R]:
    """A command whose errors are one sentence and a code on stderr, and exit code 1."""

    @functools.wraps(command)
    def run(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            return command(*args, **kwargs)
        except ModelError as error:
            typer.echo(f"{error} [{error.code}]", err=True)
            raise typer.Exit(1) from error

    return run


@app.command("list")
@reported
def list_packs(cache: Cache = None, as_json: AsJson = False) -> None:
    """Every pack, whether it is fetched, and what its licence allows."""
    rows = [_row(name, cache) for name in manifests.names()]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    table = Table("pack", "what", "commercial use", "state")
    for row in rows:
        allowed = "yes" if row["commercial_use"] else "no"
        table.add_row(row["name"], row["title"], allowed, row["state"])
    Console().print(table)


@app.command()
@reported
def fetch(
    pack: Pack = DEFAULT_PACK,
    cache: Cache = None,
    source: Annotated[
        Path | None, typer.Option("--from", help="A folder with the files, tried first.")
    ] = None,
    accept_licence: AcceptLicence = False,
    quiet: Annotated[bool, typer.Option(help="Say nothing unless it fails.")] = False,
    as_json: AsJson = False,
) -> None:
    """Fetch a pack, check its digests, rewrite its graphs and prove them; a second time is free."""
    from .fetch import fetch as bring

    with _Bar(quiet=quiet or as_json) as bar:
        prepared = bring(pack, cache, bar.show, folder=source, accept_licence=accept_licence)
    if as_json:
        typer.echo(prepared.model_dump_json(indent=2))
    elif not quiet:
        typer.echo(f"{pack} is ready: {prepared.digest}, {_spoken(prepared.choice)}")


@app.command()
@reported
def verify(pack: Pack = DEFAULT_PACK, cache: Cache = None, as_json: AsJson = False) -> None:
    """Hold a fetched pack against its digests and prove its graphs again; changes nothing."""
    from .verify import verify as hold

    found = hold(pack, cache)
    if as_json:
        trials = {name: trial.model_dump() for name, trial in found.trials.items()}
        typer.echo(json.dumps({"digest": found.prepared.digest, "trials": trials}, indent=2))
        return
    table = Table("provider", "role", "difference", "ms", "equal")
    for name, trial in found.trials.items():
        for role, difference in trial.difference.items():
            equal = "yes" if trial.passed else "no"
            times = f"{trial.milliseconds[role]:.1f}"
            table.add_row(name, role, f"{difference:.1e}", times, equal)
    Console().print(table)
    typer.echo(f"{pack} is whole: {found.prepared.digest}, {_spoken(found.prepared.choice)}")


@app.command()
@reported
def bench(
    pack: Pack = DEFAULT_PACK,
    cache: Cache = None,
    provider: Annotated[str, typer.Option(help="auto, onnxruntime or openvino.")] = "auto",
    threads: Annotated[int, typer.Option(help="Threads of one inference.", min=1)] = 2,
    runs: Annotated[int, typer.Option(help="Runs of each stage.", min=3)] = 30,
    accept_licence: AcceptLicence = False,
    as_json: AsJson = False,
) -> None:
    """Time a fetched pack on this machine, stage by stage."""
    from .bench import bench as measure
    from .engine import load_engine

    engine = load_engine(
        pack, cache=cache, threads=threads, provider=provider, accept_licence=accept_licence
    )
    stages = measure(engine, runs)
    if as_json:
        typer.echo(json.dumps([asdict(stage) for stage in stages], indent=2))
        return
    table = Table("stage", "median ms", "p95 ms")
    for stage in stages:
        table.add_row(stage.name, f"{stage.median:.2f}", f"{stage.p95:.2f}")
    Console().print(table)


def _row(name: str, cache: Path | None) -> dict[str, Any]:
    from . import record

    manifest, folder = manifests.load(name), pack_folder(name, cache)
    state, digest = "not fetched", None
    if manifest.engine == "insightface":
        there = all((folder / "files" / file).is_file() for file in manifest.files.values())
        state = "files are there" if there else "files not there; laid in by hand"
    elif (folder / record.FILE).is_file():
        with contextlib.suppress(PackNotFetched):
            state, digest = "fetched", record.load(folder).digest
    return {
        "name": name,
        "title": manifest.title,
        "commercial_use": manifest.commercial_use,
        "licences": {role: part.licence for role, part in manifest.roles.items()},
        "state": state,
        "digest": digest,
    }


def _spoken(choice: Mapping[str, str]) -> str:
    return ", ".join(f"{role} on {provider}" for role, provider in choice.items())


class _Bar:
    """Progress on stderr; silent where the output is data."""

    def __init__(self, quiet: bool) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
        self._progress = Progress(*columns, console=Console(stderr=True), disable=quiet)
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> "_Bar":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def show(self, step: Any) -> None:
        """Show one step of `models.fetch`."""
        if step.stage == "file":
            if step.name not in self._tasks:
                self._tasks[step.name] = self._progress.add_task(step.name, total=step.total)
            self._progress.update(self._tasks[step.name], completed=step.done)
        elif step.stage != "ready" and not self._progress.disable:
            words = {"source": "Looking in", "prepare": "Rewriting and proving"}
            self._progress.console.print(f"{words[step.stage]} {step.name}")
