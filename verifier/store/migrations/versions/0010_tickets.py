"""Tickets: challenges that wait, in sequence, for a terminal that is cut off."""

import sqlalchemy as sa
from alembic import op

revision = "tickets"
down_revision = "client_kinds"
branch_labels = None
depends_on = None

BEFORE = "state IN ('open','spent','superseded')"
AFTER = "state IN ('open','spent','superseded','ticket')"


def upgrade() -> None:
    op.add_column("challenges", sa.Column("sequence", sa.BigInteger(), nullable=True))
    op.create_index(
        "uq_challenges_sequence",
        "challenges",
        ["terminal", "sequence"],
        unique=True,
        postgresql_where=sa.text("sequence IS NOT NULL"),
    )
    op.drop_constraint(op.f("ck_challenges_state"), "challenges", type_="check")
    op.create_check_constraint(op.f("ck_challenges_state"), "challenges", AFTER)


def downgrade() -> None:
    op.execute("UPDATE challenges SET state = 'superseded' WHERE state = 'ticket'")
    op.drop_constraint(op.f("ck_challenges_state"), "challenges", type_="check")
    op.create_check_constraint(op.f("ck_challenges_state"), "challenges", BEFORE)
    op.drop_index("uq_challenges_sequence", table_name="challenges")
    op.drop_column("challenges", "sequence")
