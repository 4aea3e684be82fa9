"""Kinds of machine clients: a hospital's system, a regional supervisor."""

import sqlalchemy as sa
from alembic import op

revision = "client_kinds"
down_revision = "retention"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "clients", sa.Column("kind", sa.String(length=16), server_default="his", nullable=False)
    )
    op.create_check_constraint(op.f("ck_clients_kind"), "clients", "kind IN ('his','supervisor')")


def downgrade() -> None:
    op.drop_constraint(op.f("ck_clients_kind"), "clients", type_="check")
    op.drop_column("clients", "kind")
