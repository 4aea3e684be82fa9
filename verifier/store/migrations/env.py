"""Alembic's way in: migrations run over the connection that the caller opened."""

from alembic import context
from sqlalchemy import Connection

from verifier.store.metadata import Base


def run() -> None:
    """Migrate over `config.attributes["connection"]`, in its transaction."""
    connection = context.config.attributes.get("connection")
    if not isinstance(connection, Connection):
        raise SystemExit("migrations run over an open connection: verifier.store.migrate")
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        compare_type=True,
        compare_server_default=True,
    )
    context.run_migrations()


run()
