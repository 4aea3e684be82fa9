"""`shualian restore`: a back-up into a database, and every erasure and stop since done again."""

from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import inspect

from verifier import ledger
from verifier.cli_backup import REFUSED
from verifier.cli_common import told
from verifier.identity import erasure
from verifier.identity.erasure import Replayed
from verifier.identity.galleries import find_gallery
from verifier.protocol import checkpoint
from verifier.protocol.checkpoint import CheckpointRefused
from verifier.settings import load
from verifier.store import backup
from verifier.store.backup import Manifest
from verifier.store.database import Database, open_database
from verifier.store.erasure_tables import ErasureLine
from verifier.trust import listing, stops, terminal_states
from verifier.trust.erasures import ErasureList
from verifier.trust.keys import KeyRing
from verifier.trust.sealing import SealBroken

app = typer.Typer(pretty_exceptions_enable=False)


@app.command()
def restore_a_backup(
    folder: Annotated[Path, typer.Argument(help="As `shualian backup` made it.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Forget what the database holds now.")
    ] = False,
    newest: Annotated[
        Path | None,
        typer.Option("--checkpoint", help="The newest carried away: how long the list was."),
    ] = None,
    without_list: Annotated[
        bool, typer.Option("--without-list", help="The list of erasures is lost for good.")
    ] = False,
) -> None:
    """Load a back-up. Stop the verifier first; terminals may begin their chains anew."""
    with told(*REFUSED, SealBroken, CheckpointRefused, files="input.unreadable"):
        settings = load()
        ring = KeyRing.load(settings.keys)
        made = backup.check(ring, settings.institution, folder)
        kept = ErasureList.of(ring, settings.institution)
        with open_database(settings) as database:
            if kept is not None:
                _see_the_list(database, ring, kept, made, newest, without_list)
            backup.restore(database, folder, replace=replace)
            database.migrate()
            done, terminals = _after(database, ring, settings.institution, kept, made)
    typer.echo(f"已恢复 restored · {made.made_at:%Y-%m-%d %H:%M:%S}Z")
    typer.echo(f"再次删除 erased again: {done.people} · 再次停用 stopped again: {done.stops}")
    typer.echo(f"终端 terminals: {terminals} · 请重新登录 everybody signs in anew")
    if kept is not None:
        _say_how_long(kept)


def _see_the_list(
    database: Database,
    ring: KeyRing,
    kept: ErasureList,
    made: Manifest,
    newest: Path | None,
    without_list: bool,
) -> None:
    """Before anything is replaced: the list is whole, and as long as it is known to have been."""
    kept.read()
    with database.app.begin() as conn:
        if inspect(conn).has_table(ErasureLine.__tablename__):
            listing.agree(conn, kept)  # what the database knows is not lost with it
    if without_list:
        return
    listing.refuse_a_shorter(kept, made.erasures, made.erasures_head)
    if newest is not None:
        key = ring.checkpoint_key
        told = checkpoint.check(
            newest.read_text("ascii").strip(), {key.kid or "": key}.get, made.institution
        )
        listing.refuse_a_shorter(kept, told.erasures, told.erasures_head or "")


def _after(
    database: Database, ring: KeyRing, institution: str, kept: ErasureList | None, made: Manifest
) -> tuple[Replayed, int]:
    with database.app.begin() as conn:
        gallery = find_gallery(conn, ring, institution)
        done = erasure.replay(conn, kept, gallery)
        stops.let_nobody_in(conn, institution)
        terminals = terminal_states.rejoin(conn, institution)
        facts = {"made_at": f"{made.made_at:%Y-%m-%dT%H:%M:%SZ}", "erased_again": done.people}
        ledger.append(conn, institution, "database.restored", facts)
    return done, terminals


def _say_how_long(kept: ErasureList) -> None:
    lines = kept.read()
    last = f"{lines[-1].at:%Y-%m-%d %H:%M}Z" if lines else "—"
    typer.echo(
        f"删除清单 list of erasures: {len(lines)} 行 lines, 最后 last {last}。"
        "若此后还有人要求删除，请再次删除。Whoever was erased after that must be erased again."
    )
