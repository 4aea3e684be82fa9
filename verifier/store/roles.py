"""Two roles: `shualian_owner` owns the tables and migrates, `shualian_app` reads and writes rows.

The app neither owns nor alters a table, and in the ledger it can only add and read. Logins are the
hospital's own affair; they act through membership in these two.
"""

from sqlalchemy import Connection, text
from sqlalchemy.exc import ProgrammingError

from .errors import StoreRefused

OWNER = "shualian_owner"
APP = "shualian_app"

FOR_AN_ADMINISTRATOR = (
    f"CREATE ROLE {OWNER}; CREATE ROLE {APP}; GRANT {OWNER} TO «migrating login»; "
    f"GRANT {APP} TO «app login»; GRANT USAGE, CREATE ON SCHEMA public TO {OWNER};"
)


def prepare(connection: Connection, app_login: str) -> None:
    """See that roles, memberships and the schema's grant are there. Raises `StoreRefused`.

    Makes what is missing where the connection's login may; otherwise says what an administrator
    must run.
    """
    try:
        for role in (OWNER, APP):
            if not _exists(connection, role):
                connection.execute(text(f"CREATE ROLE {role}"))
        _see_member(connection, OWNER, _login(connection))
        _see_member(connection, APP, app_login)
        _see_schema(connection)
    except ProgrammingError as error:  # insufficient_privilege, undefined_object
        raise _missing() from error
    if not _owner_may_create(connection):  # a grant that one may not give is only warned of
        raise _missing()


def refuse_a_powerful_app(connection: Connection) -> None:
    """The app's login must be no superuser and no owner of the tables. Raises `StoreRefused`."""
    powerful = connection.scalar(
        text(
            "SELECT rolsuper OR rolbypassrls OR pg_has_role(oid, CAST(:owner AS name), 'MEMBER') "
            "FROM pg_roles WHERE rolname = session_user"
        ),
        {"owner": OWNER},
    )
    if powerful:
        raise StoreRefused(
            "database.app_too_powerful",
            f"the app's login must not be a superuser or a member of {OWNER}",
        )


def _see_member(connection: Connection, role: str, login: str) -> None:
    """Since PostgreSQL 16 who makes a role is its member without being able to act as it."""
    version = int(connection.scalar(text("SHOW server_version_num")) or 0)
    able = "SET" if version >= 160000 else "MEMBER"
    member = text("SELECT pg_has_role(CAST(:login AS name), CAST(:role AS name), :able)")
    if not connection.scalar(member, {"login": login, "role": role, "able": able}):
        connection.execute(text(f"GRANT {role} TO {_quoted(connection, login)}"))


def _see_schema(connection: Connection) -> None:
    if not _owner_may_create(connection):
        connection.execute(text(f"GRANT USAGE, CREATE ON SCHEMA public TO {OWNER}"))


def _owner_may_create(connection: Connection) -> bool:
    able = text("SELECT has_schema_privilege(CAST(:owner AS name), 'public', 'CREATE')")
    return bool(connection.scalar(able, {"owner": OWNER}))


def _missing() -> StoreRefused:
    return StoreRefused(
        "database.roles_missing",
        "the database's roles are not as they should be and this login may not make them so; "
        f"let an administrator run: {FOR_AN_ADMINISTRATOR}",
    )


def _exists(connection: Connection, role: str) -> bool:
    known = text("SELECT 1 FROM pg_roles WHERE rolname = :role")
    return connection.scalar(known, {"role": role}) is not None


def _login(connection: Connection) -> str:
    return str(connection.scalar(text("SELECT session_user")))


def _quoted(connection: Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote_identifier(name)
