"""`shualian restore`: a back-up into a database, and every erasure since done again."""

from pathlib import Path
from typing import Annotated

import typer

from verifier.cli_backup import REFUSED, fail
from verifier.identity import erasure
from verifier.identity.galleries import find_gallery
from verifier.settings import load
from verifier.store import backup
from verifier.store.database import open_database
from verifier.trust import terminal_states
from verifier.trust.erasures import ErasureList, ErasuresBroken
from verifier.trust.keys import KeyRing
from verifier.trust.sealing import SealBroken

app = typer.Typer(pretty_exceptions_enable=False)


@app.command()
def restore_a_backup(
    folder: Annotated[Path, typer.Argument(help="As `shualian backup` made it.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Forget what the database holds now.")
    ] = False,
) -> None:
    """Load a back-up. Stop the verifier first; terminals may begin their chains anew."""
    try:
        settings = load()
        ring = KeyRing.load(settings.keys)
        made = backup.check(ring, settings.institution, folder)
        if (kept := ErasureList.of(ring)) is not None:
            kept.read()  # a broken list is told before anything is replaced
        with open_database(settings) as database:
            backup.restore(database, folder, replace=replace)
            database.migrate()
            with database.app.begin() as conn:
                gallery = find_gallery(conn, ring, settings.institution)
                again = erasure.replay(conn, gallery) if gallery else 0
                terminals = terminal_states.rejoin(conn, settings.institution)
    except (*REFUSED, ErasuresBroken, SealBroken) as error:
        fail(str(error), error.code)
    typer.echo(f"已恢复 restored · {made.made_at:%Y-%m-%d %H:%M:%S}Z")
    typer.echo(f"再次删除 erased again: {again} · 终端 terminals: {terminals}")
