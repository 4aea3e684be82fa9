"""`shualian models evaluate DIR`."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from ..calibration import Calibration, path_of
from ..engine import FaceEngine, load_engine
from ..errors import ModelError
from ..manifest import DEFAULT_PACK
from . import dataset
from . import split as halves
from .calibrate import calibrate
from .capture import PADDING, Captured, capture
from .rates import FMRS, Measured
from .report import Report

RESAMPLES = 1000
SEED = 1


def evaluate(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="One folder a person, or NAME_0001.jpg files.")
    ],
    pack: Annotated[str, typer.Option(help="The model pack.")] = DEFAULT_PACK,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    out: Annotated[
        Path | None, typer.Option(help="Write evaluation.json and det.png into this folder.")
    ] = None,
    write_calibration: Annotated[
        bool, typer.Option("--write-calibration", help="Make this the pack's calibration.")
    ] = False,
    split_check: Annotated[
        bool, typer.Option(help="Try thresholds set on half of the people on the others.")
    ] = True,
    padding: Annotated[
        float, typer.Option(min=0, max=2, help="Black border, as a share of a picture's size.")
    ] = PADDING,
    resamples: Annotated[int, typer.Option(min=100, help="Bootstrap draws.")] = RESAMPLES,
    seed: Annotated[int, typer.Option(help="Of the bootstrap.")] = SEED,
    threads: Annotated[int, typer.Option(min=1, help="Of the models.")] = 2,
    cache: Annotated[
        Path | None, typer.Option(help="The cache folder; else SHUALIAN_CACHE.")
    ] = None,
) -> None:
    """Error rates of a pack on a folder of portraits: FTA, FMR/FNMR with intervals, split check."""
    try:
        report, measured, engine = run(
            folder, pack, split_check, padding, resamples, seed, threads, cache
        )
        if write_calibration:
            _write(calibrate(measured, engine.pack, folder.resolve().name, seed))
        if out is not None:
            _out(out, report, measured)
    except ModelError as error:
        typer.echo(f"{error} [{error.code}]", err=True)
        raise typer.Exit(1) from error
    if as_json:
        typer.echo(json.dumps(report.as_json(), ensure_ascii=False, indent=2))
    else:
        Console(width=150).print(report.as_tables())


def run(
    folder: Path,
    pack: str = DEFAULT_PACK,
    split_check: bool = True,
    padding: float = PADDING,
    resamples: int = RESAMPLES,
    seed: int = SEED,
    threads: int = 2,
    cache: Path | None = None,
) -> tuple[Report, Measured, FaceEngine]:
    """Evaluate a folder.

    Raises:
        NoPictures, TooFewPeople, and what `load_engine` raises.
    """
    pictures = dataset.pictures(folder)
    if split_check:
        # Before the minutes that embedding takes.
        halves.halves(tuple(sorted({picture.person for picture in pictures})))
    engine = load_engine(pack, cache=cache, threads=threads)
    captured = _captured(engine, pictures, padding)
    measured = Measured.of(captured, resamples, seed)
    checked = (
        halves.split(captured.embedded, captured.people, measured.draws) if split_check else None
    )
    name = folder.resolve().name
    shipped = _shipped(engine.calibration)
    return Report.of(measured, engine.pack, name, shipped, checked), measured, engine


def _captured(engine: FaceEngine, pictures: list[dataset.Picture], padding: float) -> Captured:
    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("pictures", total=len(pictures))
        return capture(
            engine, pictures, padding, lambda done: progress.update(task, completed=done)
        )


def _shipped(calibration: Calibration | None) -> list[tuple[float, float]]:
    if calibration is None:
        return []
    return [(fmr, calibration.threshold(fmr).cosine) for fmr in FMRS if fmr >= calibration.floor]


def _write(calibration: Calibration) -> None:
    path = path_of(calibration.pack)
    path.parent.mkdir(parents=True, exist_ok=True)
    fields = calibration.model_dump(mode="json")
    path.write_text(json.dumps(fields, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    typer.echo(f"calibration: {path}", err=True)


def _out(folder: Path, report: Report, measured: Measured) -> None:
    from . import plot

    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(report.as_json(), ensure_ascii=False, indent=2)
    (folder / "evaluation.json").write_text(text + "\n", encoding="utf-8")
    plot.draw(measured, f"{report.pack.name} on {report.data}", folder / "det.png")
