"""What can go wrong between the verifier and its database."""


class StoreRefused(Exception):
    """The database cannot be used. `str()` says what to do, never a password.

    Codes: `database.not_started`, `database.other_version`, `database.folder_unsafe`,
    `database.no_account`, `database.unreachable`, `database.too_old`, `database.roles_missing`,
    `database.app_too_powerful`, `database.not_migrated`, `database.not_installed`.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
