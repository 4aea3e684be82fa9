"""What the shipped code must not contain: addresses of others, datum transforms that run back."""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.house.check import ROOT

ROOMS = ("codes", "devices", "models", "verifier", "enroll", "integrations", "kiosk", "console",
         "web", "shualian")  # fmt: skip
TEXTS = {".py", ".mjs", ".html", ".css", ".toml", ".json", ".c"}

ADDRESS = re.compile(r"\b(?:https?|wss?|ftp)://([A-Za-z0-9][A-Za-z0-9.-]*)")
HERE = {"127.0.0.1", "localhost"}
NAMES_ONLY = {"www.w3.org"}
"""Of XML namespaces: never asked for."""

_FROM = r"(?:gcj_?02|bd_?09|gcj|bd|mars|火星)"
_TO = r"(?:wgs_?84|wgs|gps)"
BACKWARD = re.compile(rf"{_FROM}_?(?:to|2|into|as)_?{_TO}|bd_?09_?(?:to|2)_?gcj", re.IGNORECASE)


def shipped() -> Iterator[tuple[Path, str]]:
    """Every text file of the rooms."""
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*")):
            if path.suffix in TEXTS and path.is_file():
                yield path.relative_to(ROOT), path.read_text(encoding="utf-8")


def test_no_address_of_another_machine_stands_in_the_code() -> None:
    """What is asked for stands in a hospital's settings: its verifier, its platform, its mirror."""
    found = {
        f"{path}: {host}"
        for path, text in shipped()
        for host in ADDRESS.findall(text)
        if host not in HERE | NAMES_ONLY
    }
    assert found == set()


def test_no_conversion_of_a_datum_runs_backward() -> None:
    assert [str(path) for path, text in shipped() if BACKWARD.search(text)] == []


def test_a_conversion_that_runs_backward_would_be_seen() -> None:
    assert BACKWARD.search("def gcj02_to_wgs84(latitude):")
    assert BACKWARD.search("bd09_to_gcj02")
    assert not BACKWARD.search("wgs84_to_gcj02")
    assert not BACKWARD.search("gcj02_to_bd09")
