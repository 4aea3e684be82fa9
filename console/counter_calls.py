"""What the counter's pages share: one transaction an act, documents out of a form, names as shown.

A name is shown masked, and only of a visit that somebody has taken.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection, text
from starlette.requests import Request

from codes.names import masked
from verifier.api import desk_readings
from verifier.api.site import Site
from verifier.counter import documents
from verifier.counter.deciding import Counter
from verifier.counter.documents import Document
from verifier.counter.errors import CounterRefused
from verifier.counter.items import Item
from verifier.identity import authorisations
from verifier.identity.errors import IdentityRefused
from verifier.identity.naming import names_of
from verifier.protocol.errors import Refused

from .forms import Form
from .refusals import refused
from .visitor import form_of, site_of, staff_of, visitor_of

COUNTER = "/console/counter"
ITEM = f"{COUNTER}/items/{{item}}"
AGAIN = frozenset(
    {
        "counter.card_known",
        "counter.card_lost",
        "counter.chip_none",
        "counter.document_expired",
        "counter.later_no_pass",
        "counter.line_entered",
        "counter.no_proxy",
        "counter.number_malformed",
        "counter.other_person",
        "counter.proxy_same",
        "counter.reading_none",
        "counter.time_outside",
        "counter.two_differ",
        "form.malformed",
    }
)
"""Refusals after which the same form is shown again, with the reason above it."""

T = TypeVar("T")

_DESKS = text(
    "SELECT id, label FROM terminals WHERE institution = :institution AND state = 'active' "
    "AND purposes ? 'desk' ORDER BY label, id"
)


@dataclass(frozen=True)
class Reader:
    """A desk's reader, by its terminal."""

    id: str
    label: str


def counter_of(site: Site, by: str) -> Counter:
    """Where decisions of this hospital's counter are made, by this account."""
    mine = site.parts.institution

    def standing(conn: Connection, *, patient: str, proxy: str, purpose: str, at: datetime) -> bool:
        """Counts a use, in the transaction that resolves the visit."""
        del at  # a use has the time of its own statement
        try:
            authorisations.use(conn, mine, patient, proxy, purpose, by)
        except IdentityRefused:  # both documents were seen: the visit is a proxy's all the same
            return False
        return True

    return Counter(site.parts.keyring, mine, site.rules, standing)


async def done(request: Request, act: Callable[[Connection], T]) -> T:
    """One act in one transaction. Raises `Refused` with the pages' own `counter.…`."""
    site = site_of(request)

    def carried_out() -> T:
        with site.parts.engine.begin() as conn:
            return act(conn)

    try:
        return await site.small.take(carried_out)
    except CounterRefused as told:
        raise refused(told.code, told.note) from None


async def document_of(request: Request, kind: str = "document", number: str = "number") -> Document:
    """The document that the form names, or that the desk's reader read. Raises `Refused`."""
    form, site = form_of(request), site_of(request)
    try:
        if form.text("way") != "reading" or kind != "document":
            return documents.typed(form.text(kind), form.text(number))
        found = await site.small.take(
            desk_readings.taken, site, form.text("desk"), staff_of(request)
        )
        if found is None:
            raise refused("counter.reading_none")
        return documents.read(found, site.parts.clock())
    except CounterRefused as told:
        raise refused(told.code, told.note) from None


def desks(conn: Connection, institution: str) -> list[Reader]:
    """Desks with a reader of their own."""
    return [Reader(*row) for row in conn.execute(_DESKS, {"institution": institution})]


def shown_names(site: Site, conn: Connection, listed: Collection[Item]) -> dict[str, str]:
    """Masked names by item: of visits that were taken, and whose card the terminal knew."""
    people = {one.id: one.person for one in listed if one.person and one.handler}
    wanted = set(people.values())
    names = names_of(conn, site.parts.keyring, site.parts.institution, wanted)
    return {item: masked(names[who]) for item, who in people.items() if who in names}


def titles(request: Request) -> dict[str, str]:
    """Purposes as the policy calls them, in the visitor's language."""
    purposes = site_of(request).rules.policy.purposes
    chinese = visitor_of(request).language == "zh"
    return {code: one.title_zh if chinese else one.title_en for code, one in purposes.items()}


def queued_purposes(request: Request) -> dict[str, str]:
    """Those that the counter deals with."""
    purposes = site_of(request).rules.policy.purposes
    return {code: name for code, name in titles(request).items() if purposes[code].counter_min}


def typed_of(form: Form) -> dict[str, str]:
    """What was typed, for the same form again."""
    return dict(form.fields)


def is_again(told: Refused) -> bool:
    """Whether the same form helps."""
    return told.code in AGAIN
