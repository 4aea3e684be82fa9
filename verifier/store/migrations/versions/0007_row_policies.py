"""Row security: a connection that works for one institution sees no other's rows."""

from alembic import op

revision = "row_policies"
down_revision = "policy_texts"
branch_labels = None
depends_on = None

OPEN = "coalesce(current_setting('shualian.institution', true), '') = ''"
SAID = "current_setting('shualian.institution', true)"
OWN = (
    "account_codes", "accounts", "checkpoints", "clients", "consents", "decisions", "galleries",
    "identifiers", "ledger", "ledger_leaves", "people", "policies", "receipts", "sessions",
    "terminal_invitations", "terminals",
)
THROUGH = {
    "templates": ("galleries", "gallery"),
    "template_removals": ("galleries", "gallery"),
    "account_roles": ("accounts", "account"),
}


def upgrade() -> None:
    for table in OWN:
        _hold(table, f"institution = {SAID}")
    for table, (other, column) in THROUGH.items():
        inner = f"SELECT 1 FROM {other} AS o WHERE o.id = {table}.{column}"
        _hold(table, f"EXISTS ({inner} AND o.institution = {SAID})")


def downgrade() -> None:
    for table in (*OWN, *THROUGH):
        op.execute(f"DROP POLICY own_institution ON {table}")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")


def _hold(table: str, condition: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY own_institution ON {table} TO shualian_app USING ({OPEN} OR {condition})"
    )
