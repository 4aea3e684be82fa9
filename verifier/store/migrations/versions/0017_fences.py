"""Fences drawn by staff: what a site's was before each saving, and marks on its plan."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "fences"
down_revision = "phones"
branch_labels = None
depends_on = None

OPEN = "coalesce(current_setting('shualian.institution', true), '') = ''"
OWN = "institution = current_setting('shualian.institution', true)"
TABLE = "fence_versions"


def upgrade() -> None:
    op.add_column(
        "sites",
        sa.Column(
            "marks",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
            comment="Doors and terminals on the plan: for the eye only.",
        ),
    )
    op.create_table(
        TABLE,
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("institution", sa.String(length=32), nullable=False),
        sa.Column("site", sa.String(length=64), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("after", sa.String(length=43), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_by", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["institution"],
            ["institutions.code"],
            name=op.f("fk_fence_versions_institution_institutions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fence_versions")),
    )
    op.create_index(
        "ix_fence_versions_site_saved_at", TABLE, ["institution", "site", "saved_at"]
    )
    op.execute(f"GRANT SELECT, INSERT, DELETE ON {TABLE} TO shualian_app")
    op.execute(f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_institution ON {TABLE} TO shualian_app USING ({OPEN} OR {OWN})")


def downgrade() -> None:
    op.drop_table(TABLE)
    op.drop_column("sites", "marks")
