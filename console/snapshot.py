"""`docs/console/access.md`: who may open which page. `--check` fails where it is not so."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from verifier.trust.accounts.roles import roles_with

from .pages import Page
from .registry import PAGES

FILE = Path(__file__).parents[1] / "docs" / "console" / "access.md"


def text() -> str:
    """The table."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# Who may open which page"
    yield ""
    yield "Made from the pages by `python -m console.snapshot`; `make check` compares."
    yield ""
    yield "| page | who may open it | what it does |"
    yield "| --- | --- | --- |"
    for page in sorted(PAGES, key=lambda page: (page.path, page.method)):
        yield f"| `{page.method} {page.path}` | {_who(page)} | {page.does} |"
    yield ""
    yield "¹ The password must have been given in the last five minutes."


def _who(page: Page) -> str:
    if page.open:
        return "anyone"
    if page.permission is None:
        return "staff" + (", also with a password that has expired" if page.expired else "")
    roles = ", ".join(roles_with(page.permission))
    return f"staff with `{page.permission}`: {roles}" + ("¹" if page.again else "")


def main(arguments: list[str] | None = None) -> int:
    """Write the file, or with `--check` say whether it is current."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    if parser.parse_args(arguments).check:
        current = FILE.read_text(encoding="utf-8") if FILE.is_file() else ""
        if current != text():
            sys.stderr.write(f"{FILE.name} is stale; run python -m console.snapshot\n")
            return 1
        return 0
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(text(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
