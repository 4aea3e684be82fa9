"""`shualian accounts`: the first administrators, and help for one who is locked out.

Whoever runs these has the server itself, its database and its keys: no account can give more. Each
is a ledger entry all the same.
"""

import json
from typing import Annotated

import typer

from verifier.cli_common import transaction
from verifier.protocol.values import now
from verifier.trust.accounts import accounts
from verifier.trust.accounts.accounts import AccountRefused, Made
from verifier.trust.accounts.roles import PERMISSIONS, Role, RolesConflict
from verifier.trust.keys import KeyRing

app = typer.Typer(
    help="Staff's accounts: the first administrators, a way back in (docs/accounts.md).",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_REFUSED = (AccountRefused, RolesConflict)


@app.command()
def first(
    role: Annotated[Role, typer.Argument(help="system_admin, security_admin, audit_admin, …")],
    login: Annotated[str, typer.Argument(help="The person's work number.")],
    as_json: AsJson = False,
) -> None:
    """Make an account with a role, and print the one-time code for its person.

    For the three administrators of a new hospital, one after another; they make all others.
    """
    with transaction(*_REFUSED) as (conn, settings):
        ring = KeyRing.load_or_create(settings.keys)
        made = accounts.create(conn, ring, settings.institution, login, now())
        accounts.grant(conn, settings.institution, made.account, role, now())
    _say(made, as_json)


@app.command()
def renew(login: str, as_json: AsJson = False) -> None:
    """Print a new one-time code for an administrator who lost password or telephone."""
    with transaction(*_REFUSED) as (conn, settings):
        ring = KeyRing.load(settings.keys)
        account = accounts.named(conn, settings.institution, login)
        made = accounts.renew(conn, ring, settings.institution, account, now())
    _say(made, as_json)


@app.command("list")
def list_accounts(as_json: AsJson = False) -> None:
    """List the institution's accounts with their roles."""
    with transaction(*_REFUSED) as (conn, settings):
        found = accounts.listed(conn, settings.institution)
    if as_json:
        typer.echo(json.dumps([line.model_dump(mode="json") for line in found]))
        return
    for line in found:
        typer.echo(f"{line.id}  {line.login:<16}  {line.state:<10}  {', '.join(line.roles)}")


@app.command()
def roles() -> None:
    """List the roles and what each may do."""
    for role in Role:
        typer.echo(f"{role:<18} {', '.join(sorted(PERMISSIONS[role])) or '(nothing yet)'}")


def _say(made: Made, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"account": made.account, "code": made.code}))
        return
    typer.echo(f"启用码 Code: {made.code}")
    typer.echo(f"24小时内有效，只用一次 Once, until {made.expires_at:%Y-%m-%d %H:%M}Z")
