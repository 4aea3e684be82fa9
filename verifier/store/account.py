"""Under which system account the embedded server runs, and which folders it may enter."""

import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import StoreRefused

SYSTEM_USER = "pgserver"
_MAX_LOG_BYTES = 4_000_000


@dataclass(frozen=True)
class Account:
    """A system account."""

    name: str
    uid: int
    gid: int

    def process(self) -> dict[str, Any]:
        """Arguments of `subprocess.run` under which a child runs as this account."""
        if self.uid == os.geteuid():
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def own_name() -> str:
    """Name of the account that we run as. Raises `StoreRefused`."""
    return _named(os.geteuid()).name


def server_account(folder: Path, binaries: Path) -> Account:
    """The account that the server runs as, with `folder` (0700) and the binaries open to it.

    We ourselves, unless we are root: then the folder's present owner, or the system user
    `pgserver`, which is made where it is missing. Raises `StoreRefused`.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.geteuid() != 0:
        account = _named(os.geteuid())
    else:
        owner = folder.stat().st_uid
        account = _named(owner) if owner else _system_user()
        let_pass(folder.parent, account)
        let_pass(binaries, account)
        _readable(binaries, account)
    private_folder(folder, account)
    return account


def private_folder(folder: Path, account: Account) -> None:
    """Make `folder` if need be: 0700, the account's own, no link. Raises `StoreRefused`."""
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        pass
    else:
        os.chown(folder, account.uid, account.gid)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid not in (account.uid, os.geteuid()):
        raise StoreRefused("database.folder_unsafe", f"{folder} belongs to somebody else")
    if status.st_uid != account.uid:
        os.chown(folder, account.uid, account.gid)
    if stat.S_IMODE(status.st_mode) != 0o700:
        folder.chmod(0o700)


def let_pass(folder: Path, account: Account) -> None:
    """Root only: let the account walk through (never list) each folder on the way to `folder`."""
    for step in (folder, *folder.parents):
        status = step.stat()
        if not may_pass(status, account):
            step.chmod(stat.S_IMODE(status.st_mode) | stat.S_IXOTH)


def may_pass(status: os.stat_result, account: Account) -> bool:
    """True if the account has search permission by these mode bits."""
    if status.st_uid == account.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == account.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)


def write(path: Path, text: str, account: Account) -> None:
    """A file of the account's own, 0600, whole or not at all."""
    temporary = path.with_name(f".{path.name}.new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        os.fchown(file.fileno(), account.uid, account.gid)
        file.write(text)
    temporary.replace(path)


def trim(log: Path, account: Account) -> None:
    """Start the log anew when it has grown beyond 4 MB."""
    if log.exists() and log.stat().st_size > _MAX_LOG_BYTES:
        write(log, "", account)


def remove_tree(folder: Path) -> None:
    """Remove what a killed start left."""
    if folder.exists():
        shutil.rmtree(folder)


def _named(uid: int) -> Account:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        raise StoreRefused(
            "database.no_account",
            f"user id {uid} has no account on this system, and PostgreSQL asks for one; "
            "make one, or set SHUALIAN_DATABASE_URL",
        ) from None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _system_user() -> Account:
    try:
        pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        _make_system_user()
    entry = pwd.getpwnam(SYSTEM_USER)
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _make_system_user() -> None:
    program = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if program is None:
        raise _no_user()
    options = ("--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin")
    done = subprocess.run([program, *options, SYSTEM_USER], capture_output=True, check=False)  # noqa: S603
    if done.returncode not in (0, 9):  # 9: another process made it meanwhile
        raise _no_user()


def _no_user() -> StoreRefused:
    return StoreRefused(
        "database.no_account",
        f"PostgreSQL does not run as root and the system user {SYSTEM_USER} cannot be made; "
        "run as another user, or set SHUALIAN_DATABASE_URL",
    )


def _readable(programs: Path, account: Account) -> None:
    """A umask of 077 at installation leaves the programs to root alone."""
    if may_pass((programs / "postgres").stat(), account):
        return
    root = programs.parent
    for path in (root, *root.rglob("*")):
        mode = stat.S_IMODE(path.stat().st_mode)
        path.chmod(mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0))
