"""Alarms of terminals, and which account is a practitioner's own."""

import sqlalchemy as sa
from alembic import op

revision = "alarms"
down_revision = "fences"
branch_labels = None
depends_on = None

OPEN = "coalesce(current_setting('shualian.institution', true), '') = ''"
OWN = "institution = current_setting('shualian.institution', true)"
TABLE = "alarms"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("institution", sa.String(length=32), nullable=False),
        sa.Column("cause", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=22), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_by", sa.String(length=32), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.String(length=32), nullable=True),
        sa.Column("note", sa.String(length=200), server_default="", nullable=False),
        sa.CheckConstraint("state IN ('new','seen','done')", name=op.f("ck_alarms_state")),
        sa.ForeignKeyConstraint(
            ["institution"], ["institutions.code"], name=op.f("fk_alarms_institution_institutions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarms")),
    )
    op.create_index(
        "uq_alarms_open",
        TABLE,
        ["institution", "cause", "subject"],
        unique=True,
        postgresql_where=sa.text("state <> 'done'"),
    )
    op.create_index(op.f("ix_alarms_raised_at"), TABLE, ["raised_at"])
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {TABLE} TO shualian_app")
    op.execute(f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_institution ON {TABLE} TO shualian_app USING ({OPEN} OR {OWN})")
    _own_accounts()


def _own_accounts() -> None:
    op.add_column(
        "practitioners",
        sa.Column(
            "account",
            sa.String(length=22),
            nullable=True,
            comment="Whose own account it is, so that nobody reviews an own window under another.",
        ),
    )
    op.create_foreign_key(
        op.f("fk_practitioners_account_accounts"), "practitioners", "accounts", ["account"], ["id"]
    )
    op.create_unique_constraint(op.f("uq_practitioners_account"), "practitioners", ["account"])
    # A work number that two were given says of neither whose it is: the registrar gives it anew.
    op.execute(
        "UPDATE practitioners SET login = NULL WHERE (institution, login) IN "
        "(SELECT institution, login FROM practitioners WHERE login IS NOT NULL "
        "GROUP BY institution, login HAVING count(*) > 1)"
    )
    op.create_index(
        "uq_practitioners_institution_login", "practitioners", ["institution", "login"], unique=True
    )


def downgrade() -> None:
    op.drop_index("uq_practitioners_institution_login", table_name="practitioners")
    op.drop_constraint(op.f("uq_practitioners_account"), "practitioners")
    op.drop_constraint(op.f("fk_practitioners_account_accounts"), "practitioners")
    op.drop_column("practitioners", "account")
    op.drop_table(TABLE)
