"""`shualian his`: watch a folder of files, play a hospital's day, say who hears of decisions."""

import json
import signal
import threading
from collections import Counter
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, NoReturn

import httpx
import typer

from verifier.settings import SettingsRefused

from .client import ClientRefused, HisClient, KeyUnusable, read_key
from .day import Faults, hospital_day, with_faults
from .folder import KEEP_DAYS, SETTLE_S, Watch
from .opinions import CHINA, hand_in, opinions
from .receiver import Receiver
from .simulator import play, to_feed, to_folder

app = typer.Typer(help="The hospital's own system (HIS).", no_args_is_help=True)
TURN_S = 1.0

Url = Annotated[str, typer.Option(envvar="SHUALIAN_VERIFIER", help="The verifier's address.")]
Client = Annotated[str, typer.Option(help="The machine client's id.")]
Key = Annotated[Path, typer.Option(help="Its private key, a JWK (0600).")]
Institution = Annotated[str, typer.Option(envvar="SHUALIAN_INSTITUTION", help="Its code.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]

VERIFIER = "http://127.0.0.1:8370"


@app.callback()
def _his() -> None:
    pass


@app.command()
def watch(
    folder: Annotated[Path, typer.Argument(help="Where the HIS puts its files.")],
    client: Client,
    key: Key,
    institution: Institution,
    verifier: Url = VERIFIER,
    settle: Annotated[
        float, typer.Option(help="Seconds for which a file is unchanged.")
    ] = SETTLE_S,
    keep_days: Annotated[float, typer.Option(help="Of files that were taken.")] = KEEP_DAYS,
    once: Annotated[bool, typer.Option(help="Take what lies there and end.")] = False,
) -> None:
    """Take every file that settles in a folder, until Ctrl-C or SIGTERM."""
    stop = _stopped()
    try:
        with HisClient(verifier, client, institution, read_key(key)) as feed:
            watched = Watch(folder, feed, settle_s=0.0 if once else settle, keep_days=keep_days)
            while True:
                for report in watched.look():
                    typer.echo(report.text().rstrip())
                if once or stop.wait(TURN_S):
                    return
    except (KeyUnusable, SettingsRefused) as error:
        _fail(str(error), error.code)
    except OSError as error:
        _fail(f"The folder cannot be used: {error.strerror}.", "his.folder_unusable")


@app.command()
def simulate(
    client: Client,
    key: Key,
    institution: Institution,
    verifier: Url = VERIFIER,
    people: Annotated[int, typer.Option(min=1, max=100_000)] = 200,
    seed: int = 1,
    speed: Annotated[float, typer.Option(min=0, help="60: an hour a minute; 0: at once.")] = 0.0,
    duplicate: Annotated[float, typer.Option(min=0, max=1, help="Share that comes twice.")] = 0.0,
    late: Annotated[float, typer.Option(min=0, max=1, help="Share that comes late.")] = 0.0,
    shuffle: Annotated[bool, typer.Option(help="Everything in any order.")] = False,
    folder: Annotated[Path | None, typer.Option(help="Write files there instead.")] = None,
    garbled: Annotated[float, typer.Option(min=0, max=1, help="Share of broken files.")] = 0.0,
    listen: Annotated[
        int | None, typer.Option(help="Receive webhooks on this port, and go on until Ctrl-C.")
    ] = None,
    rate: Annotated[float, typer.Option(min=0, max=1, help="Share that rates the visit.")] = 0.1,
    rated_days: Annotated[
        int, typer.Option(min=1, max=28, help="Rated up to today: 28 fill four weeks.")
    ] = 1,
    as_json: AsJson = False,
) -> None:
    """Play a hospital's day with invented people, some of whom say how it went."""
    stop = _stopped()
    faults = Faults(duplicate, late, shuffle, garbled)
    told = with_faults(hospital_day(_seven(), people, seed), faults, seed)
    try:
        with ExitStack() as opened:
            his = opened.enter_context(HisClient(verifier, client, institution, read_key(key)))
            receiver = None
            if listen is not None:
                receiver = opened.enter_context(Receiver(his.keys, institution, listen))
                typer.echo(f"Webhooks are received at {receiver.url}", err=True)
            sink = to_folder(folder, garbled, seed) if folder else to_feed(his)
            found = play(told, sink, speed=speed, stop=stop)
            for back in range(0 if folder else rated_days):
                day = _seven().date() - timedelta(days=back)
                found += hand_in(his, opinions(day, people, rate, seed))
            _say(found, as_json)
            if receiver is not None:
                stop.wait()
                heard = receiver.heard
                counts = {"told": len(heard.told), "again": heard.again, "unsigned": heard.unsigned}
                _say(Counter(counts), as_json)
    except (KeyUnusable, SettingsRefused) as error:
        _fail(str(error), error.code)
    except (ClientRefused, httpx.HTTPError) as error:
        _fail("The verifier does not take it.", str(error)[:80])
    except OSError as error:
        _fail(f"It cannot be used: {error.strerror}.", "his.unusable")


@app.command("webhook")
def add_webhook(
    url: Annotated[str, typer.Argument(help="In the hospital's own network.")],
) -> None:
    """Let an address hear of decisions; on the verifier's machine, as the console does."""
    # Where a folder is watched there is no database, nor its library.
    from verifier.cli_webhooks import add

    add(url)


def _seven() -> datetime:
    """Seven o'clock of today, there."""
    return datetime.now(CHINA).replace(hour=7, minute=0, second=0, microsecond=0)


def _say(found: Counter[str], as_json: bool) -> None:
    said = dict(sorted(found.items()))
    typer.echo(json.dumps(said) if as_json else "  ".join(f"{k} {v}" for k, v in said.items()))


def _stopped() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _fail(sentence: str, code: str) -> NoReturn:
    typer.echo(f"{sentence} [{code}]", err=True)
    raise typer.Exit(1)
