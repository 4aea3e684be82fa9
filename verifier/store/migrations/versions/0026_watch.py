"""疑点: rules switched on, cases, and what a region shares of accepted visits."""

import sqlalchemy as sa
from alembic import op

revision = "watch"
down_revision = "batches"
branch_labels = None
depends_on = None

OPEN = "coalesce(current_setting('shualian.institution', true), '') = ''"
OWN = "institution = current_setting('shualian.institution', true)"
TIME = sa.DateTime(timezone=True)
JSON = sa.dialects.postgresql.JSONB(astext_type=sa.Text())


def _fk(table: str, column: str, of: str) -> sa.ForeignKeyConstraint:
    target = "institutions.code" if of == "institutions" else f"{of}.id"
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}_{of}"))


def upgrade() -> None:
    op.create_table(
        "watch_rules",
        sa.Column("institution", sa.String(length=32), nullable=False),
        sa.Column("rule", sa.String(length=48), nullable=False),
        sa.Column("digest", sa.String(length=43), nullable=False),
        sa.Column("tried_at", TIME, nullable=False),
        sa.Column("tried_found", sa.Integer(), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.Column("changed_by", sa.String(length=22), nullable=False),
        _fk("watch_rules", "institution", "institutions"),
        _fk("watch_rules", "changed_by", "accounts"),
        sa.PrimaryKeyConstraint("institution", "rule", name=op.f("pk_watch_rules")),
    )
    _cases()
    op.create_table(
        "region_sightings",
        sa.Column("decision", sa.String(length=22), nullable=False),
        sa.Column("institution", sa.String(length=32), nullable=False),
        sa.Column("person_key", sa.String(length=43), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("latitude", sa.Float(), nullable=False),
        sa.Column("longitude", sa.Float(), nullable=False),
        sa.Column("datum", sa.String(length=8), nullable=False),
        sa.Column(
            "apart", sa.Boolean(), nullable=False, comment="By a proxy: the person was not there."
        ),
        sa.Column("suite", sa.String(length=8), server_default="intl", nullable=False),
        sa.PrimaryKeyConstraint("decision", name=op.f("pk_region_sightings")),
    )
    op.create_index(
        "ix_region_sightings_person_key_at", "region_sightings", ["person_key", "at"]
    )
    op.create_index("ix_region_sightings_at", "region_sightings", ["at"])
    for table in ("watch_rules", "watch_cases", "region_sightings"):
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO shualian_app")
    for table in ("watch_rules", "watch_cases"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own_institution ON {table} TO shualian_app USING ({OPEN} OR {OWN})"
        )


def _cases() -> None:
    op.create_table(
        "watch_cases",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("institution", sa.String(length=32), nullable=False),
        sa.Column("rule", sa.String(length=48), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("severity", sa.String(length=8), nullable=False),
        sa.Column("subject", sa.String(length=128), nullable=False),
        sa.Column("people", JSON, nullable=False),
        sa.Column("decisions", JSON, nullable=False),
        sa.Column("terminal", sa.String(length=22), nullable=True),
        sa.Column("happened_at", TIME, nullable=False),
        sa.Column("found_at", TIME, nullable=False),
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("owner", sa.String(length=22), nullable=True),
        sa.Column("cause", sa.String(length=32), nullable=True),
        sa.Column("heard_at", TIME, nullable=True),
        sa.Column(
            "heard_sealed",
            sa.LargeBinary(),
            nullable=True,
            comment="What the person said (陈述).",
        ),
        sa.Column("proposed_by", sa.String(length=22), nullable=True),
        sa.Column("ended_at", TIME, nullable=True),
        sa.Column("ended_by", sa.String(length=22), nullable=True),
        sa.CheckConstraint(
            "state IN ('new','explained','confirmed','closed')", name=op.f("ck_watch_cases_state")
        ),
        _fk("watch_cases", "institution", "institutions"),
        _fk("watch_cases", "terminal", "terminals"),
        _fk("watch_cases", "owner", "accounts"),
        _fk("watch_cases", "proposed_by", "accounts"),
        _fk("watch_cases", "ended_by", "accounts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watch_cases")),
    )
    op.create_index(
        "uq_watch_cases_open",
        "watch_cases",
        ["institution", "rule", "subject"],
        unique=True,
        postgresql_where=sa.text("state IN ('new','explained')"),
    )
    op.create_index("ix_watch_cases_state", "watch_cases", ["institution", "state", "found_at"])


def downgrade() -> None:
    for table in ("region_sightings", "watch_cases", "watch_rules"):
        op.drop_table(table)
