"""Phones of practitioners: terminals of their own kind, and codes by which they are enrolled."""

import sqlalchemy as sa
from alembic import op

revision = "phones"
down_revision = "roster_departments"
branch_labels = None
depends_on = None

OPEN = "coalesce(current_setting('shualian.institution', true), '') = ''"
OWN = "institution = current_setting('shualian.institution', true)"
TABLE = "phone_invitations"


def upgrade() -> None:
    op.add_column(
        "terminals",
        sa.Column("kind", sa.String(length=8), server_default="fixed", nullable=False),
    )
    op.add_column(
        "terminals",
        sa.Column(
            "holder",
            sa.String(length=22),
            nullable=True,
            comment="Whose phone it is; NULL for what is fixed.",
        ),
    )
    op.create_foreign_key(
        op.f("fk_terminals_holder_practitioners"),
        "terminals",
        "practitioners",
        ["holder"],
        ["person"],
    )
    op.create_check_constraint(op.f("ck_terminals_kind"), "terminals", "kind IN ('fixed','phone')")
    op.create_check_constraint(
        op.f("ck_terminals_holder"), "terminals", "(kind = 'phone') = (holder IS NOT NULL)"
    )
    op.create_index(
        "uq_terminals_phone",
        "terminals",
        ["holder"],
        unique=True,
        postgresql_where=sa.text("kind = 'phone' AND state = 'active'"),
    )
    op.add_column(
        "practice_windows",
        sa.Column(
            "request",
            sa.String(length=22),
            nullable=True,
            comment="A phone's own number of its request, so that the same again is the same.",
        ),
    )
    op.create_unique_constraint(
        op.f("uq_practice_windows_terminal_request"), "practice_windows", ["terminal", "request"]
    )
    _invitations()


def _invitations() -> None:
    op.create_table(
        TABLE,
        sa.Column("code_key", sa.String(length=43), nullable=False),
        sa.Column("institution", sa.String(length=32), nullable=False),
        sa.Column("holder", sa.String(length=22), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "terminal",
            sa.String(length=22),
            nullable=True,
            comment="Which phone used it; NULL while it is unused.",
        ),
        sa.Column("suite", sa.String(length=8), server_default="intl", nullable=False),
        sa.ForeignKeyConstraint(
            ["institution"],
            ["institutions.code"],
            name=op.f("fk_phone_invitations_institution_institutions"),
        ),
        sa.ForeignKeyConstraint(
            ["holder"],
            ["practitioners.person"],
            name=op.f("fk_phone_invitations_holder_practitioners"),
        ),
        sa.ForeignKeyConstraint(
            ["terminal"], ["terminals.id"], name=op.f("fk_phone_invitations_terminal_terminals")
        ),
        sa.PrimaryKeyConstraint("code_key", name=op.f("pk_phone_invitations")),
    )
    op.create_index(op.f("ix_phone_invitations_expires_at"), TABLE, ["expires_at"])
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {TABLE} TO shualian_app")
    op.execute(f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_institution ON {TABLE} TO shualian_app USING ({OPEN} OR {OWN})")


def downgrade() -> None:
    op.drop_table(TABLE)
    op.drop_constraint(op.f("uq_practice_windows_terminal_request"), "practice_windows")
    op.drop_column("practice_windows", "request")
    op.drop_index("uq_terminals_phone", table_name="terminals")
    op.drop_constraint(op.f("ck_terminals_holder"), "terminals")
    op.drop_constraint(op.f("ck_terminals_kind"), "terminals")
    op.drop_constraint(op.f("fk_terminals_holder_practitioners"), "terminals")
    op.drop_column("terminals", "holder")
    op.drop_column("terminals", "kind")
