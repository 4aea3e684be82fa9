"""What an identity card says, whichever layout it has."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from codes.sex import Sex

from .table import Certificate


class DocumentKind(StrEnum):
    """Which credential (凭证) a card is."""

    RESIDENT_ID = "resident_id"
    """Its number is a citizen's number, GB 11643: a citizen's card, and a residence permit for
    residents of Hong Kong, Macao and Taiwan, which bears such a number (81, 82, 83).
    """
    PERMIT = "permit"
    """A foreigner's permanent residence card, whose number is of another kind."""


@dataclass(frozen=True, kw_only=True)
class CardData:
    """An identity card. `repr` shows nothing personal.

    What a layout has no place for is None, and so is what its holder has not.
    """

    certificate: Certificate = field(default=Certificate.CITIZEN, repr=False)
    name: str = field(repr=False)
    """The Chinese name; empty on a foreigner's card that bears none."""
    sex: Sex = field(repr=False)
    birth: date = field(repr=False)
    number: str = field(repr=False)
    valid_from: date = field(repr=False)
    valid_to: date | None = field(repr=False)
    """Last day of validity; None means 长期, without end."""
    nation: str | None = field(default=None, repr=False)
    """Two digits of GB/T 3304, `01` to `56`, `97`, `98`: a citizen's only."""
    address: str | None = field(default=None, repr=False)
    authority: str | None = field(default=None, repr=False)
    """签发机关; on a foreigner's card of 2017 its code of four characters."""
    english_name: str | None = field(default=None, repr=False)
    nationality: str | None = field(default=None, repr=False)
    """Three letters (GB/T 2659), as the card has them: taken unchecked, since it proves nothing."""
    pass_number: str | None = field(default=None, repr=False)
    """通行证号码 of a resident of Hong Kong, Macao or Taiwan."""
    issue_count: str | None = field(default=None, repr=False)
    """签发次数 or 换证次数, two characters."""
    version: str | None = field(default=None, repr=False)
    """证件版本号, two characters."""
    previous_number_link: str | None = field(default=None, repr=False)
    """既往证件号码关联项, three characters."""

    @property
    def document_kind(self) -> DocumentKind:
        """The kind that a reading of this card has."""
        foreign = self.certificate in (Certificate.FOREIGNER_2017, Certificate.FOREIGNER_2023)
        return DocumentKind.PERMIT if foreign else DocumentKind.RESIDENT_ID

    def is_valid_on(self, day: date) -> bool:
        """Whether `day` lies in the card's period, both ends included.

        A policy, not this package, refuses.
        """
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def fields(self) -> dict[str, str]:
        """As a reading carries them: dates `YYYY-MM-DD`, sex as a word, nothing that is None.

        `valid_to` is a date or `long_term`; `layout` is the certificate's word. `name` is never
        empty: where there is no Chinese name it is the English one.
        """
        texts = {
            "layout": self.certificate.value,
            "name": self.name or self.english_name,
            "english_name": self.english_name,
            "sex": self.sex.value,
            "nation": self.nation,
            "nationality": self.nationality,
            "birth": self.birth.isoformat(),
            "address": self.address,
            "number": self.number,
            "authority": self.authority,
            "valid_from": self.valid_from.isoformat(),
            "valid_to": self.valid_to.isoformat() if self.valid_to else "long_term",
            "pass_number": self.pass_number,
            "issue_count": self.issue_count,
            "version": self.version,
            "previous_number_link": self.previous_number_link,
        }
        return {name: text for name, text in texts.items() if text is not None}
