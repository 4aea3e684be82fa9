"""What `make check` holds of the repository as a whole: `python -m tests.house.check`.

File lengths, links in the docs, locks without addresses, quoted figures equal to their raw JSON,
and the two READMEs.
Each rule is a function from the repository's root to findings; no finding, no output.
"""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
MAX_LINES = 500
EXCUSE = "Longer than 500 lines because"
RESULT_FIELDS = ("command", "commit", "seed", "machine", "duration_s")
FIGURE = re.compile(
    r"(?P<shown>-?[\d,]+(?:\.\d+)?)(?P<unit>[^\d<|]{0,12})"
    r"<!-- (?P<file>[\w.-]+\.json) (?P<path>/\S+) -->"
)
LINK = re.compile(r"\]\((?!https?://|mailto:|#)([^)#\s]+)")


def tracked(root: Path, *patterns: str) -> Iterator[Path]:
    """Files under version control that match."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=root, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return (root / name for name in listing.stdout.split("\0") if name and (root / name).is_file())


def long_files(root: Path) -> Iterator[str]:
    """A file over 500 lines says in its first lines why."""
    for path in tracked(root, "*.py", "*.mjs", "*.js", "*.css", "*.html"):
        lines = path.read_text(encoding="utf-8").splitlines()
        if len(lines) > MAX_LINES and EXCUSE not in "\n".join(lines[:15]):
            yield f"{path.relative_to(root)}: {len(lines)} lines and no reason"


def dead_links(root: Path) -> Iterator[str]:
    """Each relative link in Markdown leads to a file."""
    for path in tracked(root, "*.md"):
        for target in LINK.findall(path.read_text(encoding="utf-8")):
            if not (path.parent / target).exists():
                yield f"{path.relative_to(root)}: {target} does not exist"


def addresses_in_locks(root: Path) -> Iterator[str]:
    """Locks carry hashes and no address."""
    for path in tracked(root, "requirements/*.lock"):
        text = path.read_text(encoding="utf-8")
        if "://" in text or "--index" in text or "--find-links" in text:
            yield f"{path.relative_to(root)}: an address"
        if "--hash=sha256:" not in text:
            yield f"{path.relative_to(root)}: no hashes"


def remote_assets(root: Path) -> Iterator[str]:
    """Pages and styles load nothing from another machine."""
    for path in tracked(root, "kiosk/*", "web/*", "console/*"):
        if path.suffix not in {".html", ".css", ".mjs", ".js"}:
            continue
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/", "")
        if re.search(r"(src|href|url|import|from)\s*[=(]?\s*[\"'(]?(https?:)?//", text):
            yield f"{path.relative_to(root)}: a remote asset"


def results(root: Path) -> Iterator[str]:
    """Raw results say how they were made."""
    for path in tracked(root, "benchmarks/results/*.json"):
        record = json.loads(path.read_text(encoding="utf-8"))
        for field in RESULT_FIELDS:
            if field not in record:
                yield f"{path.relative_to(root)}: no {field!r}"


def figures(root: Path) -> Iterator[str]:
    """A figure with `<!-- file.json /path -->` behind it equals the raw one, rounded as shown."""
    for path in tracked(root, "*.md"):
        for match in FIGURE.finditer(path.read_text(encoding="utf-8")):
            finding = compare(root / "benchmarks" / "results" / match["file"], match)
            if finding:
                yield f"{path.relative_to(root)}: {finding}"


def compare(source: Path, match: re.Match[str]) -> str | None:
    """What is wrong with one quoted figure, or None."""
    if not source.is_file():
        return f"{source.name} does not exist"
    try:
        raw = float(pointed(json.loads(source.read_text(encoding="utf-8")), match["path"]))
    except (KeyError, IndexError, TypeError, ValueError):
        return f"{match['file']} has no number at {match['path']}"
    raw *= 100 if match["unit"].strip().startswith("%") else 1
    shown = match["shown"].replace(",", "")
    places = len(shown.partition(".")[2])
    if abs(float(shown) - raw) > 0.5 * 10**-places + 1e-9:
        return f"{match[0]} but the raw figure is {raw}"
    return None


def pointed(document: Any, pointer: str) -> Any:
    """The value at a JSON pointer (RFC 6901, without escapes)."""
    for part in pointer.strip("/").split("/"):
        document = document[int(part)] if isinstance(document, list) else document[part]
    return document


def first_screen(root: Path) -> Iterator[str]:
    """Both READMEs show the two commands within the first forty lines, and a picture."""
    for name in ("README.md", "README.zh-CN.md"):
        head = "\n".join((root / name).read_text(encoding="utf-8").splitlines()[:40])
        for needed in ("make run", "make test", "docs/pictures/"):
            if needed not in head:
                yield f"{name}: {needed!r} is not on its first screen"


RULES: tuple[Callable[[Path], Iterator[str]], ...] = (
    long_files, dead_links, addresses_in_locks, remote_assets, results, figures, first_screen,
)  # fmt: skip


def main() -> int:
    """Print each finding; 1 if there is one."""
    findings = [f"{rule.__name__}: {finding}" for rule in RULES for finding in rule(ROOT)]
    for finding in findings:
        print(finding, file=sys.stderr)
    return 1 if findings else 0


if __name__ == "__main__":
    raise SystemExit(main())
