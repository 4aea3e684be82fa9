"""`shualian ledger`: verify it, seal it, carry its newest checkpoint away."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from joserfc.jwk import OKPKey
from rich.console import Console

from verifier.cli_common import fail, told
from verifier.ledger import page
from verifier.ledger.sealing import Sealer
from verifier.ledger.verifying import Finding, Report
from verifier.ledger.verifying import verify as verified
from verifier.protocol import jose
from verifier.protocol.checkpoint import CheckpointRefused, check
from verifier.protocol.values import now
from verifier.settings import Settings, load
from verifier.store.database import open_database
from verifier.trust.keys import KeyRing

app = typer.Typer(
    help="The ledger: verify, seal, carry a checkpoint away (docs/ledger.md).",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@app.command()
def verify(
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option(help="A checkpoint that was kept elsewhere; repeat it for several."),
    ] = None,
    keys: Annotated[
        Path | None,
        typer.Option(
            help="The public checkpoint keys (JWKS), where the key ring is not at hand: the "
            "entries are checked, the rows that they speak of are not."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check every entry against what was sealed. Exit 1 if anything is not as it was."""
    with told(CheckpointRefused):
        settings = load()
        given = [_text(path) for path in checkpoint or []]
        public = _public(settings, keys)
        aside = Console(stderr=True)
        with (
            aside.status("核对账本 Checking the ledger…") as status,
            open_database(settings) as database,
            database.app.connect() as conn,
        ):
            report = verified(
                conn,
                settings.institution,
                public.get,
                given,
                lambda done: status.update(f"核对账本 Checking the ledger… {done:,}"),
                None if keys else KeyRing.load(settings.keys),
            )
    if as_json:
        typer.echo(json.dumps({"ok": report.ok, **asdict(report)}, default=str, indent=2))
    else:
        _say(report, trusted=bool(given))
    raise typer.Exit(0 if report.ok else 1)


@app.command()
def seal() -> None:
    """Seal what is not sealed yet, now."""
    with told(CheckpointRefused):
        settings = load()
        with open_database(settings) as database:
            ring = KeyRing.load(settings.keys)
            sealed = Sealer(database.app, ring, settings.institution, now).seal()
    typer.echo(f"sealed {sealed} entries")


@app.command("checkpoint")
def carry_away(
    out: Annotated[Path | None, typer.Option(help="File to write; else it is printed.")] = None,
    keys_out: Annotated[
        Path | None, typer.Option(help="File for the public keys that check it.")
    ] = None,
    page_out: Annotated[
        Path | None, typer.Option("--page", help="HTML file, to be printed on A4.")
    ] = None,
) -> None:
    """Seal, and write the newest checkpoint: keep it where the server's people cannot reach.

    With --page it can be printed: the page holds it as a QR code too.
    """
    with told(CheckpointRefused):
        settings = load()
        with open_database(settings) as database:
            ring = KeyRing.load(settings.keys)
            sealer = Sealer(database.app, ring, settings.institution, now)
            sealer.seal()
    if sealer.newest is None:
        fail("there is no entry yet", "ledger.empty")
    if keys_out:
        keys_out.write_text(json.dumps(ring.checkpoint_jwks(), indent=2) + "\n", "utf-8")
    if page_out:
        keys = {str(ring.checkpoint_key.kid): ring.checkpoint_key}
        said = check(sealer.newest, keys.get, settings.institution)
        page_out.write_text(page.render(sealer.newest, said, now()), "utf-8")
    if out:
        out.write_text(sealer.newest + "\n", "utf-8")
    else:
        typer.echo(sealer.newest)


def _public(settings: Settings, keys: Path | None) -> dict[str, jose.SigningKey]:
    if keys is None:
        known = KeyRing.load(settings.keys).checkpoint_jwks()
    else:
        try:
            known = json.loads(_text(keys))
        except ValueError:
            fail(f"{keys} is no JSON", "input.unreadable")
    try:
        return {str(key["kid"]): OKPKey.import_key(key) for key in known["keys"]}
    except (KeyError, TypeError, ValueError):
        fail(f"{keys} holds no keys of checkpoints", "input.unreadable")


def _say(report: Report, *, trusted: bool) -> None:
    source = "带来的检查点 given checkpoint" if trusted else "库内检查点 stored checkpoints"
    typer.echo(
        f"{report.entries:,} 条已封存 sealed · {report.waiting:,} 条待封存 waiting · {source}"
    )
    if report.ok:
        typer.echo(
            f"前 {report.proved:,} 条与检查点一致。The first {report.proved:,} are as sealed."
        )
    else:
        typer.echo(f"发现 {len(report.findings)} 处不符 findings:")
        for finding in report.findings:
            typer.echo(f"  {_line(finding)}")
        if report.first:
            typer.echo(f"最早一处 the first: {_line(report.first)}")
    if report.proved < report.entries:
        typer.echo(
            f"从第 {report.proved} 条起没有证明。From entry {report.proved} on nothing is proved."
        )
    if not trusted:
        typer.echo(
            "库内检查点可被同一人重签，请用另处保存的检查点核对（--checkpoint）。"
            "Whoever has the keys can re-sign the stored ones: bring one that was kept elsewhere."
        )


def _line(finding: Finding) -> str:
    parts = [finding.code]
    if finding.position is not None:
        parts.append(f"entry {finding.position}")
    if finding.seq is not None:
        parts.append(f"seq {finding.seq}")
    parts += [part for part in (finding.kind, finding.words) if part]
    if finding.at is not None:
        parts.append(f"{finding.at:%Y-%m-%dT%H:%M:%SZ}")
    return " · ".join(parts)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        fail(f"{path} cannot be read", "input.unreadable")
