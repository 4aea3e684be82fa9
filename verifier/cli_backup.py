"""`shualian backup`: the database into a folder that may be carried away (docs/backup.md)."""

from pathlib import Path
from typing import Annotated

import typer

from verifier.cli_common import told
from verifier.protocol.values import now
from verifier.settings import load
from verifier.store import backup
from verifier.store.backup import BackupRefused
from verifier.store.database import open_database
from verifier.trust.erasures import ErasuresBroken
from verifier.trust.keys import KeyRing

app = typer.Typer(pretty_exceptions_enable=False)
REFUSED = (BackupRefused, ErasuresBroken)


@app.command()
def make_a_backup(
    folder: Annotated[Path, typer.Argument(help="A new or empty folder.")],
    check: Annotated[bool, typer.Option("--check", help="Only check one that is there.")] = False,
) -> None:
    """Write the database, without any key, into a folder. The verifier may run meanwhile."""
    with told(*REFUSED, files="backup.unwritable"):
        settings = load()
        ring = KeyRing.load(settings.keys)
        if check:
            made = backup.check(ring, settings.institution, folder)
        else:
            with open_database(settings) as database:
                made = backup.create(database, ring, settings.institution, folder, now())
    typer.echo(f"{folder} · {made.made_at:%Y-%m-%d %H:%M:%S}Z · {made.size:,} bytes · whole")
    typer.echo(
        "不含密钥；密钥另存（shualian keys export-shares）。"
        "It holds no key; those are kept apart (shualian keys export-shares)."
    )
