"""Hosts and libraries, built once; a description beside what the library shall answer."""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from devices.vendor import host

SOURCE = Path(host.__file__).parent / "host.c"
LIBRARY = Path(__file__).parent / "library.c"
STRICT = ["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]

FUNCTIONS = """
[functions.ReadCardBas]
arguments = [{ out = 2048 }, { out = 8192 }]
no_card = [-1]
deadline = 30

[readings.social_security_card]
function = "ReadCardBas"
"""


def build(compiler: str, source: Path, to: Path, *options: str) -> Path:
    """A program or library from one C file."""
    subprocess.run([compiler, *options, "-o", str(to), str(source)], check=True)
    return to


def build_library(compiler: str, to: Path, *options: str) -> Path:
    return build(compiler, LIBRARY, to, "-shared", "-fPIC", "-O1", "-Wall", *options)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("built")


@pytest.fixture(scope="session")
def library(compiler: str, built: Path) -> Path:
    return build_library(compiler, built / "library.so")


@pytest.fixture(scope="session")
def library_32(compiler_32: str, built: Path) -> Path:
    return build_library(compiler_32, built / "library32.so", "-m32")


@pytest.fixture(scope="session")
def c_host(compiler: str, built: Path) -> Path:
    return build(compiler, SOURCE, built / "host", *STRICT, "-Os")


@pytest.fixture(scope="session")
def c_host_32(compiler_32: str, built: Path) -> Path:
    return build(compiler_32, SOURCE, built / "host32", *STRICT, "-Os", "-m32")


@pytest.fixture(scope="session")
def watched_host(compiler: str, built: Path) -> Path:
    """The C host with every access to memory and every overflow watched."""
    watches = ["-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    return build(compiler, SOURCE, built / "watched", *STRICT, *watches)


@dataclass(frozen=True)
class Described:
    """A folder with a library's description, in which its library works."""

    folder: Path
    library: Path
    host: Path | None

    def write(self, rest: str, **top: str | bool) -> Path:
        """The TOML; `rest` are its tables."""
        values = {"library": str(self.library), "working_folder": ".", **top}
        if self.host is not None:
            values.setdefault("host", str(self.host))
        lines = [
            f"{k} = {str(v).lower() if v in (True, False) else repr(v)}" for k, v in values.items()
        ]
        path = self.folder / "reader.toml"
        path.write_text("\n".join(lines) + "\n" + rest, "utf-8")
        return path

    def of(self, function: str, *, deadline: float = 30.0) -> Path:
        """A description in which one function with one output gives the social-security card."""
        return self.write(
            FUNCTIONS.replace("ReadCardBas", function)
            .replace(", { out = 8192 }", "")
            .replace("deadline = 30", f"deadline = {deadline}")
        )

    def put(self, name: str, line: str, encoding: str = "gb18030") -> None:
        """What the library answers; whole at once, also to a library that is asked meanwhile."""
        beside = self.folder / f".{name}"
        beside.write_bytes(line.encode(encoding))
        beside.replace(self.folder / name)


@pytest.fixture(params=["c", "python"])
def host_program(request: pytest.FixtureRequest) -> Path | None:
    """Both hosts, one after the other."""
    return request.getfixturevalue("c_host") if request.param == "c" else None


@pytest.fixture
def described(tmp_path: Path, library: Path, host_program: Path | None) -> Described:
    return Described(tmp_path, library, host_program)


@pytest.fixture
def alive() -> Callable[[int], bool]:
    """Whether a process runs; a zombie does not."""

    def is_alive(pid: int) -> bool:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return False
        return state != "Z"

    return is_alive
