"""Plays a hospital's day against a verifier: over its API, or as files into a watched folder."""

import csv
import io
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

from verifier.protocol.his import Kind

from .day import Said
from .folder import Feed
from .rows import HEADERS

TOGETHER = timedelta(minutes=5)
"""What is said within so long goes as one message or file."""

COLUMNS = tuple(HEADERS)
ENCODINGS = ("utf-8", "utf-8-sig", "gb18030")

Sink = Callable[[Kind, Sequence[Said]], Counter[str]]


def to_feed(feed: Feed) -> Sink:
    """Over the API."""

    def sent(kind: Kind, told: Sequence[Said]) -> Counter[str]:
        return Counter(each.result for each in feed.put(kind, [dict(s.item) for s in told]))

    return sent


def to_folder(folder: Path, garbled: float = 0.0, seed: int = 1) -> Sink:
    """As files in every encoding, written beside their place and renamed."""
    dice, count = random.Random(seed), iter(range(10**9))

    def sent(kind: Kind, told: Sequence[Said]) -> Counter[str]:
        number = next(count)
        data = as_csv(told, ENCODINGS[number % len(ENCODINGS)])
        spoiled = dice.random() < garbled
        if spoiled:
            data += b"\xff\xff\xff,\xff\n"
        name = f"{kind.value}-{number:06d}.csv"
        (folder / f".{name}").write_bytes(data)
        (folder / f".{name}").replace(folder / name)
        return Counter(files=1, garbled=int(spoiled))

    return sent


def as_csv(told: Iterable[Said], encoding: str = "utf-8") -> bytes:
    """Items as a file of a HIS."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([HEADERS[name][1] for name in COLUMNS])
    for said in told:
        flat: dict[str, Any] = {
            **said.item,
            "number_kind": said.item["person"]["kind"],
            "number": said.item["person"]["number"],
        }
        writer.writerow([flat.get(name, "") for name in COLUMNS])
    return text.getvalue().encode(encoding)


def play(
    told: Iterable[Said], sink: Sink, *, speed: float = 0.0, stop: threading.Event | None = None
) -> Counter[str]:
    """Say everything in its order; what became of it. `speed` 60 plays an hour in a minute, 0 waits
    for nothing. `stop` ends it early. Raises what the sink raises."""
    found: Counter[str] = Counter()
    halt, before = stop or threading.Event(), None
    for at, batch in _batches(told):
        if speed and before is not None:
            halt.wait((at - before).total_seconds() / speed)
        if halt.is_set():
            break
        before = at
        for kind, group in groupby(batch, key=lambda said: said.kind):
            found += sink(kind, list(group))
    return found


def _batches(told: Iterable[Said]) -> Iterator[tuple[Any, list[Said]]]:
    """Messages that are said together, those of one kind side by side in their order."""
    batch: list[Said] = []
    for said in told:
        if batch and said.at - batch[0].at >= TOGETHER:
            yield batch[0].at, sorted(batch, key=lambda each: each.kind)
            batch = []
        batch.append(said)
    if batch:
        yield batch[0].at, sorted(batch, key=lambda each: each.kind)
