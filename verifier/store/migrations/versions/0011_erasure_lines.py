"""The list of what is gone, in the database as well as beside the keys."""

import sqlalchemy as sa
from alembic import op

revision = "erasure_lines"
down_revision = "tickets"
branch_labels = None
depends_on = None

OPEN = "coalesce(current_setting('shualian.institution', true), '') = ''"
OWN = "institution = current_setting('shualian.institution', true)"


def upgrade() -> None:
    op.create_table(
        "erasure_lines",
        sa.Column("institution", sa.String(length=32), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("compact", sa.Text(), nullable=False),
        sa.Column("suite", sa.String(length=8), server_default="intl", nullable=False),
        sa.PrimaryKeyConstraint("institution", "position", name=op.f("pk_erasure_lines")),
    )
    op.execute("GRANT SELECT, INSERT ON erasure_lines TO shualian_app")
    op.execute("ALTER TABLE erasure_lines ENABLE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY own_institution ON erasure_lines TO shualian_app "
        f"USING ({OPEN} OR {OWN})"
    )


def downgrade() -> None:
    op.drop_table("erasure_lines")
