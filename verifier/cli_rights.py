"""`shualian rights`: what the law asks of a processor, as commands (docs/rights.md)."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Connection

from verifier.cli_common import fail, told
from verifier.identity import erasure, filing, people, sign, subject, subject_page
from verifier.identity.errors import IdentityRefused
from verifier.identity.galleries import Gallery, find_gallery
from verifier.identity.retention import LIVES, Sweeper
from verifier.identity.sign import Processor, SignRefused
from verifier.policy.load import PolicyRefused, load_policy
from verifier.policy.models import ENROLMENT, EnrolmentRules, Purpose
from verifier.protocol.values import now
from verifier.settings import Settings, load
from verifier.store import scrub
from verifier.store.database import Database, open_database
from verifier.store.errors import StoreRefused
from verifier.trust.erasures import ErasuresBroken
from verifier.trust.keys import KeyRing

app = typer.Typer(
    help="What the law asks of a processor: lives, copies, marks, signs (docs/rights.md).",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

Number = Annotated[str, typer.Argument(help="The person's number, or - to type it unseen.")]
Kind = Annotated[str, typer.Option(help="Of the number.")]
Later = Annotated[bool, typer.Option("--scrub-later", help="Leave old pages for the night.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_REFUSED = (ErasuresBroken, IdentityRefused, PolicyRefused, SignRefused)


@app.command()
def purposes(as_json: AsJson = False) -> None:
    """List the purposes in force: what for, why a face, on which ground."""
    with told(*_REFUSED, files="output.unwritable"):
        policy = load_policy(load().policy).policy
    known: dict[str, EnrolmentRules | Purpose] = {ENROLMENT: policy.enrolment, **policy.purposes}
    if as_json:
        typer.echo(json.dumps({k: p.model_dump(mode="json") for k, p in known.items()}))
        return
    for code, purpose in known.items():
        typer.echo(f"{code} {purpose.title_zh}")
        for line in (purpose.purpose, purpose.necessity, purpose.basis):
            typer.echo(f"    {line}")


@app.command()
def lives() -> None:
    """List how long each kind of data is kept, and what ends it."""
    for life in LIVES:
        days = f"{life.life.total_seconds() / 86_400:g} days" if life.life else "—"
        typer.echo(f"{life.table:<22} {days:>12}  {life.what_zh}  {life.ends}")


@app.command()
def sweep(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would end.")] = False,
) -> None:
    """End everything whose time is over; a running verifier does so once a day by itself."""
    with _opened() as (database, settings, ring):
        with database.app.begin() as conn:
            gallery = find_gallery(conn, ring, settings.institution)
        if gallery is None:
            fail("nobody was ever enrolled here", "gallery.missing")
        sweeper = Sweeper(database.app, gallery)
        found = sweeper.due(now()) if dry_run else sweeper.sweep(now())
    for what, count in found.items():
        typer.echo(f"{what:<16} {count}")


@app.command("copy")
def copy_for_the_person(
    number: Number,
    out: Annotated[Path, typer.Option(help="An empty folder for the copy.")],
    kind: Kind = "resident_id",
) -> None:
    """Write everything that is kept about a person: a page to read, and JSON.

    With `-` the number is asked for and does not stand in the shell's history.
    """
    said = _typed(number)
    with _opened() as (database, settings, ring):
        with database.app.begin() as conn:
            person = _found(conn, ring, settings.institution, kind, said)
            made = subject.export(conn, ring, settings.institution, person)
        out.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(out / "copy.json", made.model_dump_json(indent=2) + "\n")
        _write(out / "copy.html", subject_page.render(made))
    typer.echo(f"{out / 'copy.html'}\n{out / 'copy.json'}")


@app.command("correct")
def correct_a_name(
    number: Number,
    name: Annotated[str, typer.Option(prompt="正确的姓名 The right name", help="Asked for.")],
    kind: Kind = "resident_id",
) -> None:
    """Set a person's name right. A wrong number is erased and registered anew."""
    said = _typed(number)
    with _opened() as (database, settings, ring), database.app.begin() as conn:
        person = _found(conn, ring, settings.institution, kind, said)
        people.correct_name(conn, ring, settings.institution, person, name, "operator")
    typer.echo("已更正。Corrected.")


@app.command()
def withdraw(number: Number, kind: Kind = "resident_id", later: Later = False) -> None:
    """Withdraw a person's consent: the face template goes at once. Cards serve as before."""
    _end(number, kind, erasure.withdraw, later)
    typer.echo("已撤回同意，人脸模板已删除。Withdrawn; no template is kept.")


@app.command()
def erase(
    number: Number,
    kind: Kind = "resident_id",
    yes: Annotated[bool, typer.Option("--yes", help="It cannot be undone.")] = False,
    later: Later = False,
) -> None:
    """Erase a person: name, numbers and face, here and in every back-up restored later."""
    if not yes:
        typer.confirm("不能恢复，确定？It cannot be undone. Go on?", abort=True)
    _end(number, kind, erasure.erase, later)
    typer.echo("已删除。Erased.")


@app.command("scrub")
def clear_the_disk() -> None:
    """Clear the database's files of what was deleted before: nightly, by the server's own clock."""
    with _opened() as (database, _, _ring):
        _scrub(database)


def _end(
    number: str, kind: str, how: Callable[[Connection, Gallery, str], object], later: bool
) -> None:
    said = _typed(number)
    with _opened() as (database, settings, ring):
        with database.app.begin() as conn:
            person = _found(conn, ring, settings.institution, kind, said)
            gallery = find_gallery(conn, ring, settings.institution)
            if gallery is not None:
                how(conn, gallery, person)
        if not later:
            _scrub(database)


def _scrub(database: Database) -> None:
    try:
        log_too = scrub.scrub(database)
    except StoreRefused as error:  # what was asked for is done; the rest can wait for the night
        typer.echo(f"{error} [{error.code}]", err=True)
        return
    typer.echo("数据库文件中的残留已清除。The database's files are clear of what was deleted.")
    if not log_too:
        typer.echo("数据库日志(WAL)由医院清理。Its write-ahead log is the hospital's to clear.")


@app.command("filing")
def filing_marks(as_json: AsJson = False) -> None:
    """Say how many people's faces are kept, and whether a mark for filing is passed."""
    with _opened() as (database, settings, _), database.app.connect() as conn:
        found = filing.count(conn, settings.institution)
    if as_json:
        typer.echo(json.dumps({"people": found.people, "reached": found.reached}))
        return
    typer.echo(f"{found.people:,} / {filing.FILE:,}")
    for mark in found.reached:
        typer.echo(filing.SAID[mark])


@app.command("sign")
def camera_sign(
    name: Annotated[str, typer.Option(help="Who processes: the hospital's full name.")],
    contact: Annotated[str, typer.Option(help="Telephone or office.")],
    out: Annotated[Path, typer.Option(help="HTML file to print on A4.")],
) -> None:
    """Make the sign that hangs beside a camera."""
    with told(*_REFUSED, files="output.unwritable"):
        settings = load()
        version = (
            settings.notice_version or load_policy(settings.policy).policy.newest_notice.version
        )
        out.write_text(sign.render(Processor(name, contact, version)), "utf-8")
    typer.echo(str(out))


def _typed(number: str) -> str:
    return typer.prompt("证件号码 Number", hide_input=True) if number == "-" else number


def _found(conn: Connection, ring: KeyRing, institution: str, kind: str, number: str) -> str:
    known = people.find_by_number(conn, ring, institution, kind, number)
    if known is None:
        raise IdentityRefused("person.unknown", "nobody with this number is known here")
    return known.id


@contextmanager
def _opened() -> Iterator[tuple[Database, Settings, KeyRing]]:
    with told(*_REFUSED, files="output.unwritable"):
        settings = load()
        ring = KeyRing.load(settings.keys)
        with open_database(settings) as database:
            yield database, settings, ring


def _write(path: Path, said: str) -> None:
    path.touch(mode=0o600)
    path.write_text(said, "utf-8")
