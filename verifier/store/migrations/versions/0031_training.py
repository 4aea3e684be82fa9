"""Training mode: which sessions practise on invented people, and whether the hospital lets them."""

import sqlalchemy as sa
from alembic import op

revision = "training"
down_revision = "ratings"
branch_labels = None
depends_on = None

OPEN = "coalesce(current_setting('shualian.institution', true), '') = ''"
OWN = "institution = current_setting('shualian.institution', true)"
SWITCHES = "training_switches"


def upgrade() -> None:
    op.add_column(
        "sessions",
        sa.Column(
            "in_training",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="What is done in it is practice, in a store of its own.",
        ),
    )
    op.create_table(
        SWITCHES,
        sa.Column("institution", sa.String(length=32), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String(length=22), nullable=False, comment="An account."),
        sa.ForeignKeyConstraint(
            ["institution"],
            ["institutions.code"],
            name=op.f(f"fk_{SWITCHES}_institution_institutions"),
        ),
        sa.PrimaryKeyConstraint("institution", name=op.f(f"pk_{SWITCHES}")),
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON {SWITCHES} TO shualian_app")
    op.execute(f"ALTER TABLE {SWITCHES} ENABLE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY own_institution ON {SWITCHES} TO shualian_app USING ({OPEN} OR {OWN})"
    )


def downgrade() -> None:
    op.drop_table(SWITCHES)
    op.drop_column("sessions", "in_training")
