"""`shualian verifier`: serve, migrate, register, check."""

import functools
import json
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ParamSpec, TypeVar

import typer
from fastapi import FastAPI

from models.errors import ModelError
from verifier.api.compose import StartRefused, open_verifier
from verifier.api.logs import configure
from verifier.api.serve import ServeRefused, address, listen, serve, tls_of
from verifier.api.site import Site
from verifier.api.syslog import Collector, Syslog
from verifier.api.tokens import READ_RECEIPTS, READ_SUPERVISION
from verifier.identity import institutions
from verifier.identity.errors import IdentityRefused
from verifier.identity.resolver import CredentialResolver
from verifier.policy.load import PolicyRefused, load_policy
from verifier.protocol.desk import DESK
from verifier.protocol.receipt import ReceiptRefused, check_receipt
from verifier.settings import Settings, SettingsRefused, load
from verifier.shifts import RosterRefused
from verifier.store import migrate as store_migrations
from verifier.store.database import open_database
from verifier.store.errors import StoreRefused
from verifier.trust import clients, invitations, terminal_states, terminals
from verifier.trust.erasures import ErasuresBroken
from verifier.trust.keys import KeyRing, KeysRefused
from verifier.trust.terminal_states import State, StateRefused
from verifier.trust.terminals import KeyRefused

app = typer.Typer(
    help="The verifier: serve, migrate, register, check.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
of_institutions = typer.Typer(help="Institutions.", no_args_is_help=True)
of_terminals = typer.Typer(help="Terminals.", no_args_is_help=True)
of_clients = typer.Typer(help="Machine clients, such as a HIS.", no_args_is_help=True)
of_receipts = typer.Typer(help="Receipts.", no_args_is_help=True)
app.add_typer(of_institutions, name="institutions")
app.add_typer(of_terminals, name="terminals")
app.add_typer(of_clients, name="clients")
app.add_typer(of_receipts, name="receipt")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Jwk = Annotated[Path, typer.Option(help="File with the public key as a JWK.")]


@dataclass(frozen=True)
class Adapters:
    """What the front door joins to the verifier's ports; none where the verifier stands alone."""

    resolver: Callable[[], AbstractContextManager[CredentialResolver | None]] = nullcontext
    extend: Callable[[FastAPI, Site], None] | None = None
    """Adds what the verifier itself does not serve, such as the staff's pages."""


_P = ParamSpec("_P")
_R = TypeVar("_R")

_REFUSED = (
    ErasuresBroken,
    IdentityRefused,
    KeyRefused,
    KeysRefused,
    ModelError,
    PolicyRefused,
    RosterRefused,
    ReceiptRefused,
    ServeRefused,
    SettingsRefused,
    StartRefused,
    StateRefused,
    StoreRefused,
)


class InputRefused(Exception):
    """A file or an answer that cannot be used. Code: `input.unreadable`."""

    code = "input.unreadable"


def reported(command: Callable[_P, _R]) -> Callable[_P, _R]:
    """A command whose errors are one sentence and a code on stderr, and exit code 1."""

    @functools.wraps(command)
    def run(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            return command(*args, **kwargs)
        except (*_REFUSED, InputRefused) as error:
            typer.echo(f"{error} [{error.code}]", err=True)
            raise typer.Exit(1) from None

    return run


@app.command("serve")
@reported
def serve_command(context: typer.Context) -> None:
    """Answer terminals until stopped. Settings come from SHUALIAN_… (docs/operations.md)."""
    settings = load()
    syslog = Syslog(Collector.of(settings.syslog, settings.syslog_ca)) if settings.syslog else None
    configure(syslog)
    adapters = context.find_object(Adapters) or Adapters()
    tls = tls_of(settings)
    if tls:
        tls.options()  # files that cannot be used are told before models are loaded
    bound = listen(settings.host, settings.port)
    with (
        syslog or nullcontext(),
        bound,
        adapters.resolver() as resolver,
        open_verifier(settings, resolver=resolver) as verifier,
    ):
        if adapters.extend is not None:
            adapters.extend(verifier.app, verifier.site)
        typer.echo(verifier.line)
        typer.echo(f"listening on {address(bound, tls)}")
        serve(verifier.app, bound, tls)


@app.command()
@reported
def migrate(
    back_to: Annotated[
        str | None, typer.Option(help="An older revision, for the way back to an older program.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do it: what goes is gone.")] = False,
) -> None:
    """Bring the database's tables to this version, or with --back-to to an older one."""
    with open_database(load()) as database:
        if back_to is None:
            database.migrate()
            typer.echo("the tables are up to date")
            return
        with database.owner.connect() as conn:
            gone = store_migrations.step_back(conn, back_to)
            for table, rows in gone.items():
                typer.echo(f"{table}: {rows} rows {'are gone' if yes else 'would go'}")
            if yes:
                conn.commit()
    typer.echo(f"the tables are at {back_to}" if yes else "nothing was changed: repeat with --yes")


@app.command()
@reported
def policy(
    file: Annotated[
        Path | None, typer.Argument(help="The hospital's policy; else the shipped.")
    ] = None,
) -> None:
    """Check a policy and print it whole, as JSON."""
    loaded = load_policy(file)
    said = {"digest": loaded.digest, **loaded.policy.model_dump(mode="json")}
    typer.echo(json.dumps(said, ensure_ascii=False, indent=2))


@of_institutions.command("register")
@reported
def register_institution(
    code: str,
    name: str,
    demo: Annotated[bool, typer.Option(help="It takes simulated devices. For good.")] = False,
) -> None:
    """Make an institution known; one that is known stays as it is."""
    with open_database(load()) as database:
        database.migrate()
        with database.app.begin() as conn:
            institutions.ensure(conn, code, name, demo=demo)
    typer.echo(f"{code} is registered")


@of_terminals.command("register")
@reported
def register_terminal(
    key: Jwk,
    site: Annotated[str, typer.Option(help="Where it stands.")],
    label: Annotated[str, typer.Option(help="What staff call it.")],
    purpose: Annotated[list[str], typer.Option(help="What it may ask for; repeat it.")],
    as_json: AsJson = False,
) -> None:
    """Register a terminal by its public key; the same key again keeps its id."""
    settings = load()
    _refuse_unknown(purpose, settings)
    with open_database(settings) as database, database.app.begin() as conn:
        terminal = terminals.register(conn, settings.institution, site, label, _jwk(key), purpose)
    typer.echo(json.dumps({"terminal": terminal}) if as_json else terminal)


@of_terminals.command("invite")
@reported
def invite_terminal(
    site: Annotated[str, typer.Option(help="Where it will stand.")],
    label: Annotated[str, typer.Option(help="What staff call it.")],
    purpose: Annotated[list[str], typer.Option(help="What it may ask for; repeat it.")],
    as_json: AsJson = False,
) -> None:
    """Print a code with which one terminal may register within 30 minutes."""
    settings = load()
    _refuse_unknown(purpose, settings)
    keyring = KeyRing.load_or_create(settings.keys)
    with open_database(settings) as database, database.app.begin() as conn:
        made = invitations.invite(conn, keyring, settings.institution, site, label, purpose)
    said = {"code": made.code, "expires_at": made.expires_at.isoformat()}
    typer.echo(json.dumps(said) if as_json else f"{made.code}  until {made.expires_at:%H:%M:%S}Z")


@of_terminals.command("list")
@reported
def list_terminals(as_json: AsJson = False) -> None:
    """List the institution's terminals: what each may do, and when it was last seen."""
    settings = load()
    with open_database(settings) as database, database.app.connect() as conn:
        found = terminal_states.listed(conn, settings.institution)
    if as_json:
        typer.echo(json.dumps([line.model_dump(mode="json") for line in found], ensure_ascii=False))
        return
    for line in found:
        seen = f"{line.last_seen_at:%Y-%m-%d %H:%M:%S}Z" if line.last_seen_at else "never seen"
        typer.echo(f"{line.id}  {line.state:<15}  {seen:<20}  {line.site} · {line.label}")


@of_terminals.command("suspend")
@reported
def suspend_terminal(terminal: str) -> None:
    """Let a terminal do nothing more until it is reinstated."""
    _change(terminal, State.SUSPENDED)


@of_terminals.command("revoke")
@reported
def revoke_terminal(terminal: str) -> None:
    """Never trust this terminal's key again: stolen, copied, taken out of use."""
    _change(terminal, State.REVOKED)


@of_terminals.command("reinstate")
@reported
def reinstate_terminal(terminal: str) -> None:
    """Let a suspended terminal go on. A revoked or copied one must be registered anew."""
    _change(terminal, State.ACTIVE)


@of_terminals.command("rejoin")
@reported
def rejoin_terminals(
    terminal: Annotated[str | None, typer.Argument(help="One; else all of them.")] = None,
) -> None:
    """After the database was restored from a backup: take each terminal's next claim as it comes.

    A restored database is older than the terminals' chains, which would look like copied keys.
    """
    settings = load()
    with open_database(settings) as database, database.app.begin() as conn:
        count = terminal_states.rejoin(conn, settings.institution, terminal)
    typer.echo(f"{count} terminals may begin their chains anew")


def _change(terminal: str, state: State) -> None:
    settings = load()
    with open_database(settings) as database, database.app.begin() as conn:
        changed = terminal_states.change(conn, settings.institution, terminal, state)
    typer.echo(f"{terminal} is {state}" if changed else f"{terminal} was {state} already")


@of_clients.command("register")
@reported
def register_client(
    client: str,
    key: Jwk,
    scope: Annotated[list[str] | None, typer.Option(help="What it may do; repeat it.")] = None,
    supervisor: Annotated[bool, typer.Option(help="Of the region, not of this hospital.")] = False,
) -> None:
    """Register a machine client by its public key. Without a scope it may read receipts."""
    kind = "supervisor" if supervisor else "his"
    settings, scopes = load(), set(scope or [READ_SUPERVISION if supervisor else READ_RECEIPTS])
    with open_database(settings) as database, database.app.begin() as conn:
        clients.register(conn, client, settings.institution, _jwk(key), scopes, kind)
    typer.echo(f"{client} may ask for {' '.join(sorted(scopes))}")


@of_clients.command("suspend")
@reported
def suspend_client(client: str) -> None:
    """Let a client do nothing more until it is registered again."""
    settings = load()
    with open_database(settings) as database, database.app.begin() as conn:
        done = clients.suspend(conn, client, settings.institution)
    typer.echo(f"{client} is suspended" if done else f"no active client {client}")


@of_receipts.command("check")
@reported
def check(
    file: Annotated[Path, typer.Argument(help="File with the compact receipt.")],
    jwks: Annotated[Path, typer.Option(help="File with the verifier's public keys.")],
    audience: Annotated[str, typer.Option(help="The institution's code.")],
    visit: Annotated[str | None, typer.Option(help="The visit that it must be for.")] = None,
    accept_simulated: Annotated[bool, typer.Option(help="Let the demo's pass.")] = False,
) -> None:
    """Print a receipt if it says `accepted`, is in force, and is for this institution and visit."""
    receipt = check_receipt(
        _text(file).strip(),
        _json(jwks),
        audience=audience,
        visit=visit,
        accept_simulated=accept_simulated,
    )
    typer.echo(receipt.model_dump_json(indent=2))


def _refuse_unknown(purposes: list[str], settings: Settings) -> None:
    known = [*load_policy(settings.policy).policy.purposes, DESK]
    if unknown := sorted(set(purposes) - set(known)):
        raise InputRefused(
            f"the policy knows no purpose {', '.join(unknown)}; it knows {', '.join(known)}"
        )


def _jwk(file: Path) -> dict[str, Any]:
    return _json(file)


def _json(file: Path) -> dict[str, Any]:
    try:
        value = json.loads(_text(file))
    except ValueError as error:
        raise InputRefused(f"{file} is no JSON") from error
    if not isinstance(value, dict):
        raise InputRefused(f"{file} is no JSON object")
    return value


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputRefused(f"{file} cannot be read") from error
