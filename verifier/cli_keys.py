"""`shualian keys`: shares of the key ring, their rehearsal, and its recovery."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from verifier.cli_common import fail, told
from verifier.identity.errors import IdentityRefused
from verifier.identity.rekeying import rekey
from verifier.settings import load
from verifier.store import backup
from verifier.store.backup import BackupRefused
from verifier.store.database import open_database
from verifier.trust import shares
from verifier.trust.keys import KeyRing
from verifier.trust.sealing import SealBroken
from verifier.trust.shares import SharesRefused

app = typer.Typer(
    help="The master keys: shares, rehearsal, recovery (docs/keys.md).",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

Files = Annotated[list[Path], typer.Argument(help="Files of shares, as many as are needed.")]


@app.command("export-shares")
def export_shares(
    folder: Annotated[Path, typer.Argument(help="An empty folder; a file for each share.")],
    total: Annotated[int, typer.Option("--shares", min=2, max=255)] = 3,
    needed: Annotated[int, typer.Option(min=2, max=255)] = 2,
) -> None:
    """Write shares of the key ring, to be printed, locked away apart, and deleted here."""
    if needed > total:
        fail(f"{needed} of {total} cannot be", "shares.too_few")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        fail(f"{folder} is not an empty folder", "shares.folder_not_empty")
    with told(files="shares.unwritable"):
        settings = load()
        made = shares.export(KeyRing.load(settings.keys), total, needed)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for share in made:
            path = folder / f"share-{share.number}.txt"
            path.touch(mode=0o600)
            path.write_text(shares.page(share, total, settings.institution), "utf-8")
            typer.echo(str(path))
    typer.echo(
        "请逐份打印、分别封存，然后删除这些文件。Print each, lock each away, delete the files."
    )


@app.command()
def rehearse(files: Files) -> None:
    """Prove that these shares give the running key ring back. Writes nothing."""
    with told(SharesRefused):
        settings = load()
        recovered = shares.recover([shares.read(path) for path in files])
        shares.refuse_another(recovered, KeyRing.load(settings.keys))
    typer.echo("份额有效，与现用密钥一致。The shares give the running key ring back.")


@app.command()
def recover(files: Files) -> None:
    """Write the ring that these shares give into an empty keys folder."""
    with told(SharesRefused):
        settings = load()
        shares.recover([shares.read(path) for path in files]).restore(settings.keys)
    typer.echo(f"已恢复到 {settings.keys}。The key ring is recovered.")


@app.command("rekey-gallery")
def rekey_gallery(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """New keys for every template, name and number; nobody is enrolled anew. Stop verifiers first.

    Make a back-up before, and burn older ones after: they open with the old key no less.
    """
    if not yes:
        typer.confirm("停机更换人脸库密钥？Change the gallery's keys now?", abort=True)
    with told(BackupRefused, IdentityRefused, SealBroken):
        settings = load()
        ring = KeyRing.load(settings.keys)
        with open_database(settings) as database:
            database.app.dispose()
            backup.refuse_others(database)
            with database.owner.begin() as conn, Console(stderr=True).status("更换密钥") as status:
                done = rekey(
                    conn, ring, settings.institution, lambda n: status.update(f"更换密钥 {n:,}")
                )
    typer.echo(f"已更换密钥，共 {done:,} 人。The keys of {done:,} people are new.")
