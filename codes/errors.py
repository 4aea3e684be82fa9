"""The one error of this package."""


class InvalidCode(ValueError):
    """A number or code does not follow its standard.

    `code` is stable and names the rule that failed (`id_number.check_digit`). The value itself may
    be personal, so it is never part of the message.
    """

    def __init__(self, code: str, rule: str) -> None:
        super().__init__(f"{code}: {rule}")
        self.code = code
        self.rule = rule
