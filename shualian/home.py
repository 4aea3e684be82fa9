"""The data folder of this machine's demo hospital, and the mark that says it is ours."""

import fcntl
import os
from pathlib import Path

MARKER = ".shualian"


class AlreadyRunning(Exception):
    """Another demo hospital runs on the same folder."""

    code = "run.already_running"


def data_folder() -> Path:
    """`SHUALIAN_DATA`, or `.data` under the present folder."""
    return Path(os.environ.get("SHUALIAN_DATA") or ".data").absolute()


def take(folder: Path) -> int:
    """Make the folder (0700) with its mark and hold it. Raises `AlreadyRunning`.

    The hold is a lock on the mark: the kernel gives it back however we end. Returns its descriptor.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(folder / MARKER, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise AlreadyRunning(f"a demo hospital already runs on {folder}") from None
    return descriptor
