"""Back-up and restore of the database alone, by PostgreSQL's own programs.

The dump holds what the tables hold: readable values only as ciphertext. Keys are no part of it, and
never come near it: without the ring a dump shows nobody. The manifest is signed, so that a dump
that was touched is refused before it is read.
"""

import hashlib
import os
import subprocess
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy import URL, text

from verifier.protocol import jose
from verifier.trust import listing
from verifier.trust.erasures import ErasureList
from verifier.trust.keys import KeyRing

from . import migrate, roles
from .database import Database
from .embedded import binaries

DUMP, MANIFEST = "database.dump", "manifest.jws"
_OTHERS = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
    "AND usesysid IS NOT NULL AND pid <> pg_backend_pid()"
)


class BackupRefused(Exception):
    """Codes: `backup.exists`, `backup.missing`, `backup.damaged`, `backup.other_institution`,
    `backup.not_empty`, `backup.in_use`, `backup.failed`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Manifest(BaseModel):
    """What a back-up is. Signed by a key of the ring; holds nothing secret."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    institution: str
    made_at: datetime
    revision: str
    sha256: str
    size: int
    erasures: int = 0
    """Lines of the list of erasures when the back-up was made, and the digest of the last."""
    erasures_head: str = ""


def create(
    database: Database, keyring: KeyRing, institution: str, folder: Path, at: datetime
) -> Manifest:
    """Dump into an empty folder (0700). Raises `BackupRefused`; a failed one leaves nothing.

    Raises `ErasuresBroken` as well: without the list of erasures a back-up must not be restored.
    """
    if folder.exists() and any(folder.iterdir()):
        raise BackupRefused("backup.exists", f"{folder} is not empty")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    dump = folder / DUMP
    dump.touch(mode=0o600)
    try:
        count, head = _listed(database, keyring, institution)
        _run(database, "pg_dump", "--format=custom", "--no-owner", f"--file={dump}")
        with database.owner.connect() as conn:
            revision = migrate.revision(conn) or ""
        made = Manifest(
            institution=institution,
            made_at=at,
            revision=revision,
            sha256=_digest(dump),
            size=dump.stat().st_size,
            erasures=count,
            erasures_head=head,
        )
        _write(folder / MANIFEST, _signed(made, keyring))
    except BaseException:
        for name in (DUMP, MANIFEST):
            (folder / name).unlink(missing_ok=True)
        raise
    return made


def check(keyring: KeyRing, institution: str, folder: Path) -> Manifest:
    """That the back-up is whole and this institution's. Raises `BackupRefused`."""
    key = _key(keyring)
    try:
        compact = (folder / MANIFEST).read_text("ascii").strip()
        payload = jose.verify(jose.BACKUP, compact, {key.kid or "": key}.get)
        made = Manifest.model_validate_json(payload)
        whole = (folder / DUMP).stat().st_size == made.size and _digest(
            folder / DUMP
        ) == made.sha256
    except OSError as error:
        raise BackupRefused("backup.missing", f"{error.filename}: {error.strerror}") from error
    except (jose.BadSignature, ValidationError, UnicodeDecodeError) as error:
        raise BackupRefused(
            "backup.damaged", f"{folder / MANIFEST} was not signed by this key ring"
        ) from error
    if not whole:
        raise BackupRefused("backup.damaged", f"{folder / DUMP} is not as it was made")
    if made.institution != institution:
        raise BackupRefused("backup.other_institution", f"it is of {made.institution}")
    return made


def restore(database: Database, folder: Path, *, replace: bool = False) -> None:
    """Load a checked dump, all of it or nothing. Raises `BackupRefused`.

    A database that holds an institution is refused unless it is to be replaced.
    """
    with database.owner.connect() as conn:
        present = migrate.revision(conn) is not None
        held = present and conn.scalar(text("SELECT count(*) FROM institutions"))
    if held and not replace:
        raise BackupRefused("backup.not_empty", "the database holds data; see --replace")
    database.app.dispose()
    database.owner.dispose()
    refuse_others(database)
    _run(
        database,
        "pg_restore",
        "--clean",
        "--if-exists",
        "--no-owner",
        "--single-transaction",
        "--exit-on-error",
        str(folder / DUMP),
    )


def refuse_others(database: Database) -> None:
    """Raises `BackupRefused` with `backup.in_use` while anybody else has the database open.

    Whoever just left may be counted for a moment, so the question is asked for five seconds.
    """
    alone = database.owner.execution_options(isolation_level="AUTOCOMMIT")
    with alone.connect() as conn:
        for _ in range(50):
            others = int(conn.scalar(_OTHERS) or 0)
            if not others:
                break
            conn.execute(text("SELECT pg_sleep(0.1)"))
    database.owner.dispose()
    if others:
        raise BackupRefused("backup.in_use", f"{others} others use the database: stop the verifier")


def _listed(database: Database, keyring: KeyRing, institution: str) -> tuple[int, str]:
    kept = ErasureList.of(keyring, institution)
    if kept is None:
        return 0, ""
    with database.app.begin() as conn:
        return listing.begin(conn, kept)


def _run(database: Database, program: str, *arguments: str) -> None:
    url = database.owner.url
    command = [str(binaries() / program), f"--role={roles.OWNER}", *_where(url), *arguments]
    said: dict[str, str] = {**os.environ}
    if url.password is not None:
        said["PGPASSWORD"] = str(url.password)
    done = subprocess.run(command, env=said, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise BackupRefused("backup.failed", f"{program}: {_said(done.stderr)}")


def _where(url: URL) -> list[str]:
    """All that the URL says, TLS and certificates too, but the password."""
    plain = URL.create(
        "postgresql", url.username, None, url.host, url.port, url.database, url.query
    )
    return [f"--dbname={plain.render_as_string()}", "--no-password"]


def _said(text: str) -> str:
    """PostgreSQL's own words name tables and causes, never a row's values, in these programs."""
    lines = [line for line in text.splitlines() if "error" in line.lower()] or text.splitlines()
    return lines[0][:200] if lines else "it ended without a word"


def _key(keyring: KeyRing) -> jose.SigningKey:
    return keyring.signing_key("backup")


def _signed(made: Manifest, keyring: KeyRing) -> str:
    key = _key(keyring)
    return jose.sign(jose.BACKUP, key.kid or "", made.model_dump_json().encode(), key)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(path: Path, said: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(said + "\n")
        file.flush()
        os.fsync(file.fileno())
