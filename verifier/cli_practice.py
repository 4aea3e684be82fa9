"""`shualian practice`: sites, departments and practitioners, recorded on the server.

Whoever runs these has the server itself. Each is a ledger entry all the same.
"""

import ipaddress
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer

from codes.nhsa import is_institution
from verifier.cli_common import fail, transaction
from verifier.identity.errors import IdentityRefused
from verifier.place import Circle, Datum, PlaceRefused, from_geojson
from verifier.place.fences import Shape
from verifier.practice import intake, intake_rows, listing, sites
from verifier.practice.intake import Book, Planned
from verifier.practice.intake_rows import IntakeRefused
from verifier.protocol.values import now
from verifier.shifts.errors import RosterRefused
from verifier.shifts.sheet import read_sheet
from verifier.trust.keys import KeyRing

app = typer.Typer(
    help="Practice: sites, departments, practitioners (docs/practice.md).",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Drawn = Literal["wgs84", "gcj02", "bd09"]
Kind = Literal["ordinary", "theatre", "icu", "delivery", "emergency"]
_REFUSED = (IdentityRefused, IntakeRefused, PlaceRefused, RosterRefused)


@app.command()
def site(
    code: Annotated[str, typer.Argument(help="Short, as terminals name it.")],
    name: Annotated[str, typer.Argument(help="As staff read it.")],
    at: Annotated[str, typer.Option(help="LATITUDE,LONGITUDE in degrees.")],
    datum: Annotated[Drawn, typer.Option(help="Of the point and of the fence.")],
    fence: Annotated[Path | None, typer.Option(help="GeoJSON of the outlines.")] = None,
    radius: Annotated[float | None, typer.Option(help="Metres around the point, instead.")] = None,
    network: Annotated[list[str] | None, typer.Option(help="CIDR of the site's own.")] = None,
    licence: Annotated[str | None, typer.Option(help="The site's own H code, if any.")] = None,
) -> None:
    """Record a site with its fence, or change it."""
    if (fence is None) == (radius is None):
        fail("say either --fence or --radius", "practice.fence_missing")
    if licence is not None and not is_institution(licence):
        fail("a licence is H and 11 digits", "practice.licence_malformed")
    with transaction(*_REFUSED) as (conn, settings):
        point, frame = _point(at), Datum(datum)
        shapes = _shapes(fence, frame) if fence else [Circle(*point, radius or 0, frame, name)]
        sites.put(
            conn,
            settings.institution,
            code,
            name=name,
            point=point,
            datum=frame,
            shapes=shapes,
            networks=[_network(each) for each in network or ()],
            licence=licence,
        )
    typer.echo(f"{code} {name}: {len(shapes)} shapes")


@app.command()
def department(
    code: str,
    name: str,
    site: Annotated[str, typer.Option(help="The site's code.")],
    kind: Annotated[Kind, typer.Option(help="What is special about it.")] = "ordinary",
) -> None:
    """Record a department at a site, or change it."""
    with transaction(*_REFUSED) as (conn, settings):
        if site not in {one.code for one in sites.listed(conn, settings.institution)}:
            fail(f"no site has the code {site}", "practice.site_unknown")
        sites.put_department(conn, settings.institution, code, name, site, kind)
    typer.echo(f"{code} {name}")


@app.command("import")
def import_people(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV or XLSX.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what it would do.")] = False,
) -> None:
    """Record practitioners from a file: all of it, or nothing where a row is wrong."""
    with transaction(*_REFUSED) as (conn, settings):
        book = Book(KeyRing.load(settings.keys), settings.institution, "operator")
        rows = intake_rows.rows_of(read_sheet(file.read_bytes()).rows)
        if dry_run:
            planned = intake.plan(conn, book, rows)
        else:
            planned = intake.carry_out(conn, book, rows, now())
    _report(planned)
    if any(one.findings for one in planned):
        fail("nothing was recorded: mend these rows", "practice.rows_wrong")


@app.command("list")
def list_all(as_json: AsJson = False) -> None:
    """List sites, departments and practitioners' codes; no names."""
    with transaction(*_REFUSED) as (conn, settings):
        places = sites.listed(conn, settings.institution)
        wards = sites.departments(conn, settings.institution)
        people = listing.entries(conn, settings.institution, now())
    if as_json:
        found = {
            "sites": [{"code": one.code, "name": one.name} for one in places],
            "departments": [vars(one) for one in wards],
            "practitioners": [{"code": one.code, "right": one.right} for one in people],
        }
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    for place in places:
        shapes = len(place.fence.shapes) if place.fence else 0
        typer.echo(f"site        {place.code:<16} {place.name} ({shapes} shapes)")
    for ward in wards:
        typer.echo(f"department  {ward.code:<16} {ward.name} at {ward.site}, {ward.kind}")
    for one in people:
        rights = f"{one.right or 'no right'}, payment {one.payment or 'unknown'}"
        typer.echo(f"{one.profession:<11} {one.code:<16} {one.department}, {rights}")


def _report(planned: Sequence[Planned]) -> None:
    for one in planned:
        said = ", ".join(one.findings or one.acts) or "no change"
        typer.echo(f"{one.row.line:>5}  {one.row.code:<14}  {'! ' if one.findings else ''}{said}")


def _point(text: str) -> tuple[float, float]:
    try:
        latitude, longitude = map(float, text.split(","))
    except ValueError:
        fail("say --at LATITUDE,LONGITUDE in degrees", "practice.point_malformed")
    return latitude, longitude


def _shapes(fence: Path, datum: Datum) -> list[Shape]:
    try:
        return from_geojson(json.loads(fence.read_text(encoding="utf-8")), datum)
    except (OSError, ValueError):
        fail(f"{fence} is no GeoJSON that can be read", "practice.fence_unreadable")


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text))
    except ValueError:
        fail(f"{text} is no network such as 10.1.0.0/16", "practice.network_malformed")
