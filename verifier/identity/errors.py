"""What identity refuses, each with a stable code."""


class IdentityRefused(Exception):
    """A change to people, consents or templates that is not allowed.

    Codes: `gallery.missing`, `gallery.other_pack`, `person.unknown`, `person.erased`,
    `template.no_consent`, `template.wrong_dim`, `template.not_finite`, `consent.invalid`.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
