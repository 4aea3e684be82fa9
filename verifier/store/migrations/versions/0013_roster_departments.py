"""Rosters: who keeps whose, what a month was before, and which shifts a request is about."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "roster_departments"
down_revision = "practice"
branch_labels = None
depends_on = None

OPEN = "coalesce(current_setting('shualian.institution', true), '') = ''"
OWN = "institution = current_setting('shualian.institution', true)"
CHECKS = (
    ("roster_slots", "ck_roster_slots_kind", "kind IN ('work','on_call','off')"),
    ("roster_swaps", "ck_roster_swaps_kind", "kind IN ('swap','substitute')"),
    ("roster_swaps", "ck_roster_swaps_state",
     "state IN ('asked','accepted','declined','withdrawn')"),
)
INDEXES = (
    ("roster_slots", "ix_roster_slots_department_day", ["institution", "department", "day"]),
    ("roster_swaps", "ix_roster_swaps_department_asked_at",
     ["institution", "department", "asked_at"]),
    ("roster_swaps", "ix_roster_swaps_asker", ["asker"]),
    ("roster_swaps", "ix_roster_swaps_accepter", ["accepter"]),
)


def _swap_columns() -> list[sa.Column[object]]:
    return [
        sa.Column("department", sa.String(length=64), nullable=False),
        sa.Column("asker_site", sa.String(length=64), nullable=False),
        sa.Column("asker_shift", sa.String(length=16), nullable=False),
        sa.Column("accepter_site", sa.String(length=64), nullable=True),
        sa.Column("accepter_shift", sa.String(length=16), nullable=True),
        sa.Column(
            "expires_at", sa.DateTime(timezone=True), nullable=False,
            comment="Unanswered until then: expired.",
        ),
    ]


def _hold(table: str, more: str) -> None:
    op.execute(f"GRANT SELECT, INSERT{more} ON {table} TO shualian_app")
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_institution ON {table} TO shualian_app USING ({OPEN} OR {OWN})")


def upgrade() -> None:
    op.create_table(
        "roster_versions",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("institution", sa.String(length=32), nullable=False),
        sa.Column("department", sa.String(length=64), nullable=False),
        sa.Column("month", sa.Date(), nullable=False, comment="Its first day."),
        sa.Column("cells", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("after", sa.String(length=43), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_by", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["institution"], ["institutions.code"],
            name=op.f("fk_roster_versions_institution_institutions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_versions")),
    )
    op.create_index(
        "ix_roster_versions_department_month", "roster_versions",
        ["institution", "department", "month"],
    )
    op.create_table(
        "scheduler_departments",
        sa.Column("account", sa.String(length=22), nullable=False),
        sa.Column("department", sa.String(length=64), nullable=False),
        sa.Column("institution", sa.String(length=32), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("given_by", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["account"], ["accounts.id"], name=op.f("fk_scheduler_departments_account_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["institution"], ["institutions.code"],
            name=op.f("fk_scheduler_departments_institution_institutions"),
        ),
        sa.PrimaryKeyConstraint("account", "department", name=op.f("pk_scheduler_departments")),
    )
    _hold("roster_versions", ", DELETE")
    _hold("scheduler_departments", ", DELETE")
    for column in _swap_columns():
        op.add_column("roster_swaps", column)
    for table, name, rule in CHECKS:
        op.create_check_constraint(op.f(name), table, rule)
    for table, name, columns in INDEXES:
        op.create_index(name, table, columns)


def downgrade() -> None:
    for table, name, _ in INDEXES:
        op.drop_index(name, table_name=table)
    for table, name, _ in CHECKS:
        op.drop_constraint(op.f(name), table)
    for column in _swap_columns():
        op.drop_column("roster_swaps", column.name)
    op.drop_table("scheduler_departments")
    op.drop_table("roster_versions")
