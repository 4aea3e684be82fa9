"""Sites (院区) as the store has them: fences, networks, the code that a site's terminals show."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from verifier import ledger
from verifier.place import Datum, MultiFence, Position, Source, from_geojson, to_geojson
from verifier.place.fences import Shape
from verifier.store.practice_tables import Department
from verifier.store.practice_tables import Site as SiteRow
from verifier.trust.keys import KeyRing

from .locks import Stand

SURVEY_ACCURACY_M = 5.0
"""Of a point that a hospital reads off a map or a receiver when it puts a terminal up."""


@dataclass(frozen=True)
class Mark:
    """A door or a terminal on the plan: for the eye, nothing is judged by it."""

    kind: Literal["door", "terminal"]
    name: str
    latitude: float
    longitude: float
    datum: Datum


@dataclass(frozen=True)
class HospitalSite:
    """One site: its name, its point, its fence."""

    institution: str
    code: str
    name: str
    licence: str | None
    datum: Datum
    latitude: float
    longitude: float
    fence: MultiFence | None
    networks: tuple[str, ...]
    marks: tuple[Mark, ...] = ()

    @property
    def stand(self) -> Stand:
        """As a lock says where it is."""
        return Stand(self.institution, self.name, self.datum, self.latitude, self.longitude)

    def point(self, at: datetime) -> Position:
        """The site's own point, as a survey of one of its fixed terminals."""
        return Position(
            latitude=self.latitude,
            longitude=self.longitude,
            datum=self.datum,
            accuracy_m=SURVEY_ACCURACY_M,
            source=Source.SURVEYED,
            at=at,
        )


def put(
    conn: Connection,
    institution: str,
    code: str,
    *,
    name: str,
    point: tuple[float, float],
    datum: Datum,
    shapes: Sequence[Shape],
    networks: Sequence[str] = (),
    licence: str | None = None,
) -> None:
    """Record a site, or change it, with a ledger entry. `point` is latitude and longitude."""
    values = {
        "name": name,
        "licence": licence,
        "datum": datum.value,
        "latitude": point[0],
        "longitude": point[1],
        "fences": stored(shapes),
        "networks": list(networks),
    }
    statement = insert(SiteRow).values(institution=institution, code=code, **values)
    keys = ["institution", "code"]
    conn.execute(statement.on_conflict_do_update(index_elements=keys, set_=values))
    ledger.append(conn, institution, "site.recorded", {"site": code, "fences": len(shapes)})


def stored(shapes: Iterable[Shape]) -> list[dict[str, Any]]:
    """Shapes as the table has them: each in the datum that it was drawn in."""
    return [{"datum": shape.datum.value, "shape": to_geojson([shape])} for shape in shapes]


def shapes_from(fences: Iterable[dict[str, Any]]) -> tuple[Shape, ...]:
    """The shapes of `stored`."""
    return tuple(
        shape for said in fences for shape in from_geojson(said["shape"], Datum(said["datum"]))
    )


def put_department(
    conn: Connection, institution: str, code: str, name: str, site: str, kind: str = "ordinary"
) -> None:
    """Record a department, or change it."""
    values = {"name": name, "site": site, "kind": kind}
    statement = insert(Department).values(institution=institution, code=code, **values)
    keys = ["institution", "code"]
    conn.execute(statement.on_conflict_do_update(index_elements=keys, set_=values))
    ledger.append(conn, institution, "department.recorded", {"department": code})


@dataclass(frozen=True)
class Ward:
    """A department (科室) and its site's code."""

    code: str
    name: str
    site: str
    kind: str


def departments(conn: Connection, institution: str) -> list[Ward]:
    """All departments of the institution, by code."""
    columns = (Department.code, Department.name, Department.site, Department.kind)
    mine = select(*columns).where(Department.institution == institution)
    return [Ward(*row) for row in conn.execute(mine.order_by(Department.code))]


def get(conn: Connection, institution: str, site: str) -> HospitalSite | None:
    """The site with this code or this name, or None."""
    found = [one for one in listed(conn, institution) if site in (one.code, one.name)]
    return found[0] if found else None


def listed(conn: Connection, institution: str) -> list[HospitalSite]:
    """All sites of the institution, by code."""
    mine = select(SiteRow.__table__).where(SiteRow.institution == institution)
    return [_site(row) for row in conn.execute(mine.order_by(SiteRow.code)).mappings()]


def licences(conn: Connection, institution: str) -> dict[str, str]:
    """Sites' own codes at the insurance platform, and our codes of them."""
    mine = (SiteRow.institution == institution, SiteRow.licence.is_not(None))
    rows = conn.execute(select(SiteRow.licence, SiteRow.code).where(*mine))
    return {str(row.licence): row.code for row in rows}


def secret_of(keyring: KeyRing, institution: str, site: str) -> bytes:
    """From which the code of a site's terminals follows (`verifier.place.site_codes`)."""
    return bytes(keyring.derive("site-code", f"{institution}/{site}"))


def _site(row: Any) -> HospitalSite:
    shapes = shapes_from(row["fences"])
    return HospitalSite(
        institution=row["institution"],
        code=row["code"],
        name=row["name"],
        licence=row["licence"],
        datum=Datum(row["datum"]),
        latitude=row["latitude"],
        longitude=row["longitude"],
        fence=MultiFence(shapes, row["name"]) if shapes else None,
        networks=tuple(row["networks"]),
        marks=tuple(Mark(**{**said, "datum": Datum(said["datum"])}) for said in row["marks"]),
    )
