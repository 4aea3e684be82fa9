"""Which processes live, and which of them work in a folder."""

import os
from pathlib import Path

_PROC = Path("/proc")


def first_number(path: Path) -> int | None:
    """The process that a lock file names in its first line, or None."""
    try:
        return int(path.read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None


def exists(pid: int) -> bool:
    """True for any process with this number, also one that is dead and not yet reaped."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def working_in(folder: Path) -> bool:
    """True if a living process has `folder` as its working directory.

    Where there is no /proc to ask, True: nothing is known, so nothing may be taken for stale.
    """
    if not (_PROC / "self").exists():
        return True
    target = folder.resolve()
    return any(_cwd(entry) == target for entry in _PROC.iterdir() if entry.name.isdigit())


def _cwd(entry: Path) -> Path | None:
    try:
        return (entry / "cwd").readlink()
    except OSError:
        return None
