"""A watched folder: files come in, go to `done/` or `refused/` with a report beside them.

A file is taken once it has stopped growing, and leaves the folder by one rename after everything
in it was answered and its report is on the disk. Killed in between, the file still lies there and
is sent again, which changes nothing. A row that is refused does not keep the others out: the file
then lies in `refused/`, and its report says which lines.
"""

import json
import os
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Literal, Protocol

import httpx
import structlog

from verifier.protocol.his import ItemResult, Kind

from .client import ClientRefused
from .rows import Finding, Sheet, kind_of, read

log = structlog.get_logger("his")

MOST_BYTES = 32 * 1024 * 1024
SETTLE_S = 2.0
KEEP_DAYS = 7.0
ENDS: tuple[Literal["done", "refused"], ...] = ("done", "refused")


class Feed(Protocol):
    """Where rows go: `HisClient`."""

    def put(self, kind: Kind, items: list[dict[str, object]]) -> list[ItemResult]:
        """One result for each item, in their order."""


@dataclass(frozen=True)
class Report:
    """What became of one file. It holds lines, columns and codes, nothing of a cell."""

    file: str
    encoding: str
    results: dict[str, int]
    findings: list[Finding] = field(default_factory=list)

    @property
    def end(self) -> Literal["done", "refused"]:
        """Where the file goes."""
        return "refused" if self.findings else "done"

    def text(self) -> str:
        """As it lies beside the file."""
        said = {**asdict(self), "taken": sum(self.results.values())}
        return json.dumps(said, ensure_ascii=False, indent=1) + "\n"


class Watch:
    """One folder. `look` is one turn; whoever calls it decides how often."""

    def __init__(
        self,
        folder: Path,
        feed: Feed,
        *,
        settle_s: float = SETTLE_S,
        keep_days: float = KEEP_DAYS,
    ) -> None:
        """Makes `done` and `refused`, which only their owner may read. Raises `OSError`."""
        self.folder, self._feed = folder, feed
        self._settle, self._keep = settle_s, keep_days * 86_400
        self._before: dict[str, tuple[int, int]] = {}
        for end in ENDS:
            (folder / end).mkdir(mode=0o700, exist_ok=True)

    def look(self) -> list[Report]:
        """Take every file that has settled, in the order of their names, and forget old ones.

        A file that cannot be answered now stays for the next turn.
        """
        found = {path: _stamp(path) for path in sorted(self.folder.iterdir()) if _is_file(path)}
        settled = [path for path, stamp in found.items() if self._has_settled(path, stamp)]
        self._before = {path.name: stamp for path, stamp in found.items()}
        reports = []
        for path in settled:
            try:
                reports += self._taken(path)
            except (httpx.HTTPError, ClientRefused) as error:
                log.warning("his.file_waits", file=path.name, error=str(error)[:80])
                break  # the others would fare no better
            except OSError as error:
                log.warning("his.file_waits", file=path.name, error=type(error).__name__)
        self._forget()
        return reports

    def _has_settled(self, path: Path, stamp: tuple[int, int]) -> bool:
        """Unchanged for a while, and since the turn before."""
        if not self._settle:
            return True
        age = time.time() - stamp[1] / 1e9
        return age >= self._settle and self._before.get(path.name) == stamp

    def _taken(self, path: Path) -> list[Report]:
        """The report, or nothing where the file grew meanwhile."""
        stamp = _stamp(path)
        data = b"" if stamp[0] > MOST_BYTES else path.read_bytes()
        kind = kind_of(path.name)
        if stamp[0] > MOST_BYTES:
            report = _refused(path.name, "csv.too_large")
        elif kind is None:
            report = _refused(path.name, "csv.kind_unknown")
        else:
            report = self._sent(path.name, kind, read(data))
        if _stamp(path) != stamp:
            return []
        self._hand_over(path, sha256(data).hexdigest()[:8], report)
        log.info("his.file_taken", file=path.name, end=report.end, findings=len(report.findings))
        return [report]

    def _sent(self, name: str, kind: Kind, sheet: Sheet) -> Report:
        results = self._feed.put(kind, [dict(row.item) for row in sheet.rows])
        findings = list(sheet.findings)
        for row, result in zip(sheet.rows, results, strict=True):
            if result.result == "refused":
                column = _column(result, sheet)
                findings.append(Finding(row.line, column, result.code or "his.item_malformed"))
        counts: Counter[str] = Counter(each.result for each in results if each.result != "refused")
        findings.sort(key=lambda finding: finding.line)
        return Report(name, sheet.encoding, dict(counts), findings)

    def _hand_over(self, path: Path, mark: str, report: Report) -> None:
        """The report first: a file that left the folder always has one."""
        there = self.folder / report.end
        name = f"{path.stem}.{mark}{path.suffix}"
        _write(there / f"{name}.report.json", report.text())
        os.utime(path)  # from now on it is kept for so long
        path.replace(there / name)

    def _forget(self) -> None:
        """Files hold numbers of people: none lies here for ever."""
        for end in ENDS:
            for path in (self.folder / end).iterdir():
                if path.is_file() and time.time() - path.stat().st_mtime > self._keep:
                    path.unlink(missing_ok=True)


def _refused(name: str, code: str) -> Report:
    return Report(name, "", {}, [Finding(0, "", code)])


def _column(result: ItemResult, sheet: Sheet) -> str:
    """The file's heading of what the verifier named."""
    place = (result.field or "").partition(":")[0]
    name = "number" if place.startswith("person") else place.partition(".")[0]
    return sheet.headings.get(name, name)


def _is_file(path: Path) -> bool:
    """Whole files only: a name that begins with a dot, or ends otherwise, is still being made."""
    return path.suffix.lower() == ".csv" and path.name[0] != "." and not path.is_symlink()


def _stamp(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def _write(path: Path, text: str) -> None:
    """Whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
