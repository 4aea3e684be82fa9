"""`docs/api/`: the interface as committed. `--check` fails where it is not what the app says."""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .app import bare_app, openapi

FOLDER = Path(__file__).parents[2] / "docs" / "api"


def documents() -> dict[str, str]:
    """File name to text."""
    document = openapi(bare_app())
    return {
        "openapi.json": json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True) + "\n",
        "access.md": "\n".join(_access(document)) + "\n",
    }


def _access(document: dict[str, Any]) -> Iterator[str]:
    yield "# Who may call what"
    yield ""
    yield "Made from the app by `python -m verifier.api.snapshot`; `make check` compares."
    yield ""
    yield "| address | who may call it | what it does |"
    yield "| --- | --- | --- |"
    for path, verbs in sorted(document["paths"].items()):
        for verb, operation in verbs.items():
            does = operation.get("description", "").splitlines()[0]
            yield f"| `{verb.upper()} {path}` | {_who(operation)} | {does} |"
    yield ""
    yield "¹ The password must have been given in the last five minutes."


def _who(operation: dict[str, Any]) -> str:
    who = str(operation["x-access"])
    if "x-permission" in operation:
        roles = ", ".join(operation["x-roles"])
        who += f" with `{operation['x-permission']}`: {roles}"
    return who + ("¹" if operation.get("x-password-again") else "")


def main(arguments: list[str] | None = None) -> int:
    """Write the files, or with `--check` say which differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args(arguments).check
    stale = []
    for name, text in documents().items():
        file = FOLDER / name
        if check:
            current = file.read_text(encoding="utf-8") if file.is_file() else ""
            stale += [name] if current != text else []
        else:
            FOLDER.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    if stale:
        print(f"docs/api is stale: {', '.join(stale)}; run python -m verifier.api.snapshot",  # noqa: T201
              file=sys.stderr)  # fmt: skip
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
