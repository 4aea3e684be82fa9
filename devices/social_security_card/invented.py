"""Social-security cards of people who do not exist: the same as `devices.resident_id.invented`."""

from datetime import date

from devices.resident_id.invented import invented_card as resident_id_card
from devices.resident_id.layout import CardData

from . import simulated
from .layout import SocialSecurityCard


def invented_card(index: int) -> SocialSecurityCard:
    """The card of invented person number `index`, who has the same name and number there."""
    return card_of(resident_id_card(index), serial=index)


def card_of(person: CardData, serial: int = 0) -> SocialSecurityCard:
    """A card of version 2 for the holder of a resident ID card; `serial` tells several apart."""
    return SocialSecurityCard(
        card_id=simulated.card_id(serial),
        number=person.number,
        name=person.name,
        sex=person.sex,
        birth=person.birth,
        card_number=f"Y{serial % 10**8:08}",
        card_class="1",
        version="2.00",
        issuer="990101000000000000000001",
        issued=date(2020, 1, 1),
        valid_to=date(2040, 1, 1),
        nation=person.nation,
        birthplace=person.number[:6],
    )
