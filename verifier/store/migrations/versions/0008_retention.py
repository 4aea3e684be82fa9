"""Decisions and receipts end: the app may delete those of three years ago, and none younger."""

from alembic import op

revision = "retention"
down_revision = "row_policies"
branch_labels = None
depends_on = None

ENDS = {"decisions": "decided_at", "receipts": "expires_at"}


def upgrade() -> None:
    for table, moment in ENDS.items():
        op.execute(f"GRANT DELETE ON {table} TO shualian_app")
        op.execute(
            f"CREATE POLICY only_old ON {table} AS RESTRICTIVE FOR DELETE TO shualian_app "
            f"USING ({moment} < now() - interval '1094 days')"
        )
    op.create_index("ix_decisions_person_decided_at", "decisions", ["person", "decided_at"])


def downgrade() -> None:
    op.drop_index("ix_decisions_person_decided_at", table_name="decisions")
    for table in ENDS:
        op.execute(f"DROP POLICY only_old ON {table}")
        op.execute(f"REVOKE DELETE ON {table} FROM shualian_app")
