"""`shualian roster`: a month from the grid that a department keeps, and back; who keeps which.

Whoever runs these has the server itself. Each change is a ledger entry all the same.
"""

import re
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Connection

from verifier.cli_common import fail, transaction
from verifier.identity.errors import IdentityRefused
from verifier.practice import roster, roster_export, roster_keepers
from verifier.practice.roster_people import department as department_of
from verifier.protocol.values import now
from verifier.settings import Settings
from verifier.shifts import Conflict, Month, RosterRefused, Severity, load_codes
from verifier.trust.accounts import accounts
from verifier.trust.accounts.accounts import OPERATOR, AccountRefused
from verifier.trust.keys import KeyRing

app = typer.Typer(
    help="Rosters: import, export, who keeps which (docs/roster.md).",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

In = Annotated[str, typer.Option("--department", help="The department's code.")]
_REFUSED = (AccountRefused, IdentityRefused, RosterRefused)


def _month(text: str) -> Month:
    if not re.fullmatch(r"\d{4}-\d{2}", text, re.ASCII):
        raise typer.BadParameter("a month is written 2026-12")
    try:
        return Month(int(text[:4]), int(text[5:]))
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


@app.command("import")
def import_grid(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV or XLSX.")],
    department: In,
    month: Annotated[
        Month | None,
        typer.Option(parser=_month, metavar="YYYY-MM", help="Where the grid does not say it."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show, and save nothing.")] = False,
) -> None:
    """Save a department's month from a grid; every cell that is not read is named.

    Exit 1 where conflicts block, or the file is no grid; then nothing is saved.
    """
    with transaction(*_REFUSED) as (conn, settings):
        codes, at, data = load_codes(settings.shift_codes), now(), file.read_bytes()
        seen = roster.preview(
            conn, KeyRing.load(settings.keys), settings.institution, department, data, month,
            codes=codes, at=at,
        )  # fmt: skip
        _show(seen)
        if seen.blocked:
            fail("conflicts block; nothing was saved", "roster.conflicts_block")
        if not dry_run:
            _save(conn, settings, department, seen, at)


@app.command("export")
def export_grid(
    file: Annotated[Path, typer.Argument(help="Ends in .csv or .xlsx; is overwritten.")],
    department: In,
    month: Annotated[Month, typer.Option(parser=_month, metavar="YYYY-MM")],
) -> None:
    """Write a department's month as a grid, with names."""
    kind = file.suffix.lower().removeprefix(".")
    if kind not in ("csv", "xlsx"):
        raise typer.BadParameter("the file's name ends in .csv or .xlsx")
    with transaction(*_REFUSED) as (conn, settings):
        where = department_of(conn, settings.institution, department)
        data = roster_export.export(
            conn, KeyRing.load(settings.keys), settings.institution, where, month,
            "csv" if kind == "csv" else "xlsx", load_codes(settings.shift_codes),
        )  # fmt: skip
    file.write_bytes(data)


@app.command()
def keeper(
    login: str,
    department: In,
    remove: Annotated[bool, typer.Option("--remove", help="Take it away.")] = False,
) -> None:
    """Let a scheduler's account keep a department's roster."""
    with transaction(*_REFUSED) as (conn, settings):
        account = accounts.named(conn, settings.institution, login)
        if remove:
            roster_keepers.take(conn, settings.institution, account, department, OPERATOR)
        else:
            roster_keepers.give(conn, settings.institution, account, department, now(), OPERATOR)


@app.command()
def keepers() -> None:
    """List which account keeps which department."""
    with transaction(*_REFUSED) as (conn, settings):
        for login, department in roster_keepers.listed(conn, settings.institution):
            typer.echo(f"{login:<16}  {department}")


def _save(
    conn: Connection, settings: Settings, department: str, seen: roster.Preview, at: datetime
) -> None:
    roster.save(
        conn, settings.institution, department, seen.month, seen.planned, OPERATOR,
        codes=load_codes(settings.shift_codes), at=at, base=seen.base,
    )  # fmt: skip
    typer.echo(f"saved {seen.month.title}: {len(seen.changes)} cells changed")


def _show(seen: roster.Preview) -> None:
    for problem in seen.report.problems:
        typer.echo(f"{problem.address}  {problem.en} [{problem.code}]")
    for name in seen.report.ignored:
        typer.echo(f"not read: column {name}")
    for name in seen.report.other_sheets:
        typer.echo(f"not read: sheet {name}")
    for one in seen.conflicts:
        typer.echo(_said(one))
    for change in seen.changes:
        before, after = "/".join(change.before) or "-", "/".join(change.after) or "-"
        typer.echo(f"{change.day}  {change.physician}  {before} -> {after}")
    for change in seen.past:
        typer.echo(f"{change.day}  {change.physician}  is over and stays as it is")


def _said(one: Conflict) -> str:
    weight = "blocks" if one.severity is Severity.BLOCKS else "hint"
    return f"{weight}: {one.physician or '-'} {one.day or '-'}  {one.en} [{one.code}]"
