"""`shualian keys`: shares of the key ring, their rehearsal, and its recovery."""

from pathlib import Path
from typing import Annotated, NoReturn

import typer

from verifier.settings import Settings, SettingsRefused, load
from verifier.trust import shares
from verifier.trust.keys import KeyRing, KeysRefused
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
    settings = _settings()
    if needed > total:
        _fail(f"{needed} of {total} cannot be", "shares.too_few")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        _fail(f"{folder} is not an empty folder", "shares.folder_not_empty")
    try:
        made = shares.export(KeyRing.load(settings.keys), total, needed)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for share in made:
            path = folder / f"share-{share.number}.txt"
            path.touch(mode=0o600)
            path.write_text(shares.page(share, total, settings.institution), "utf-8")
            typer.echo(str(path))
    except KeysRefused as error:
        _fail(str(error), error.code)
    except OSError as error:
        _fail(f"{folder}: {error.strerror}", "shares.unwritable")
    typer.echo(
        "请逐份打印、分别封存，然后删除这些文件。Print each, lock each away, delete the files."
    )


@app.command()
def rehearse(files: Files) -> None:
    """Prove that these shares give the running key ring back. Writes nothing."""
    settings = _settings()
    try:
        recovered = shares.recover([shares.read(path) for path in files])
        shares.refuse_another(recovered, KeyRing.load(settings.keys))
    except (SharesRefused, KeysRefused) as error:
        _fail(str(error), error.code)
    typer.echo("份额有效，与现用密钥一致。The shares give the running key ring back.")


@app.command()
def recover(files: Files) -> None:
    """Write the ring that these shares give into an empty keys folder."""
    settings = _settings()
    try:
        shares.recover([shares.read(path) for path in files]).restore(settings.keys)
    except (SharesRefused, KeysRefused) as error:
        _fail(str(error), error.code)
    typer.echo(f"已恢复到 {settings.keys}。The key ring is recovered.")


def _settings() -> Settings:
    try:
        return load()
    except SettingsRefused as error:
        _fail(str(error), error.code)


def _fail(sentence: str, code: str) -> NoReturn:
    typer.echo(f"{sentence} [{code}]", err=True)
    raise typer.Exit(1)
