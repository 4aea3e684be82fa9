"""Ratings (好差评) and intakes (受理): what was said of a service, and what was changed."""

import sqlalchemy as sa
from alembic import op

revision = "ratings"
down_revision = "presence"
branch_labels = None
depends_on = None

OPEN = "coalesce(current_setting('shualian.institution', true), '') = ''"
OWN = "institution = current_setting('shualian.institution', true)"
TIME = sa.DateTime(timezone=True)
JSON = sa.dialects.postgresql.JSONB(astext_type=sa.Text())
TABLES = ("ratings", "intakes", "intake_steps")


def _fk(table: str, column: str, of: str, gone: str | None = None) -> sa.ForeignKeyConstraint:
    target = "institutions.code" if of == "institutions" else f"{of}.id"
    name = op.f(f"fk_{table}_{column}_{of}")
    return sa.ForeignKeyConstraint([column], [target], name=name, ondelete=gone)


def upgrade() -> None:
    _ratings()
    _intakes()
    op.create_table(
        "intake_steps",
        sa.Column("intake", sa.String(length=22), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("institution", sa.String(length=32), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("by", sa.String(length=22), nullable=False),
        sa.Column("words_sealed", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('taken','told','noted','answered','closed','reopened')",
            name=op.f("ck_intake_steps_kind"),
        ),
        _fk("intake_steps", "intake", "intakes", "CASCADE"),
        _fk("intake_steps", "institution", "institutions"),
        _fk("intake_steps", "by", "accounts"),
        sa.PrimaryKeyConstraint("intake", "place", name=op.f("pk_intake_steps")),
    )
    for table in TABLES:
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO shualian_app")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own_institution ON {table} TO shualian_app USING ({OPEN} OR {OWN})"
        )


def _ratings() -> None:
    op.create_table(
        "ratings",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("institution", sa.String(length=32), nullable=False),
        sa.Column("external_key", sa.String(length=43), nullable=False),
        sa.Column(
            "digest", sa.String(length=43), nullable=False, comment="Keyed hash of what was said."
        ),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("door", sa.String(length=16), nullable=False),
        sa.Column("site", sa.String(length=64), nullable=True),
        sa.Column("terminal", sa.String(length=22), nullable=True),
        sa.Column("purpose", sa.String(length=64), nullable=True),
        sa.Column("grade", sa.String(length=24), nullable=False),
        sa.Column("reasons", JSON, nullable=False),
        sa.Column("text_sealed", sa.LargeBinary(), nullable=True, comment="Free text."),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.Column("suite", sa.String(length=8), server_default="intl", nullable=False),
        sa.CheckConstraint("door IN ('terminal','counter','phone')", name=op.f("ck_ratings_door")),
        sa.CheckConstraint(
            "grade IN ('very_satisfied','satisfied','fairly_satisfied','dissatisfied',"
            "'very_dissatisfied')",
            name=op.f("ck_ratings_grade"),
        ),
        sa.CheckConstraint(
            "terminal IS NULL OR door = 'terminal'", name=op.f("ck_ratings_terminal")
        ),
        _fk("ratings", "institution", "institutions"),
        _fk("ratings", "terminal", "terminals"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ratings")),
        sa.UniqueConstraint(
            "institution", "external_key", name=op.f("uq_ratings_institution_external_key")
        ),
    )
    op.create_index("ix_ratings_institution_day", "ratings", ["institution", "day"])


def _intakes() -> None:
    op.create_table(
        "intakes",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("institution", sa.String(length=32), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("external_key", sa.String(length=43), nullable=True),
        sa.Column("digest", sa.String(length=43), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("door", sa.String(length=16), nullable=False),
        sa.Column("site", sa.String(length=64), nullable=True),
        sa.Column("rating", sa.String(length=22), nullable=True),
        sa.Column("received_at", TIME, nullable=False),
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("owner", sa.String(length=22), nullable=True),
        sa.Column("said_sealed", sa.LargeBinary(), nullable=True, comment="What was brought."),
        sa.Column(
            "reach_sealed",
            sa.LargeBinary(),
            nullable=True,
            comment=(
                "How to reach who asked for an answer; NULL where nobody did, and soon after."
            ),
        ),
        sa.Column("answered_at", TIME, nullable=True, comment="The first answer."),
        sa.Column("in_time", sa.Boolean(), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("closed_at", TIME, nullable=True),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.Column("suite", sa.String(length=8), server_default="intl", nullable=False),
        *_checks(),
        _fk("intakes", "institution", "institutions"),
        _fk("intakes", "rating", "ratings", "SET NULL"),
        _fk("intakes", "owner", "accounts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intakes")),
        sa.UniqueConstraint("institution", "year", "serial", name=op.f("uq_intakes_number")),
        sa.UniqueConstraint("institution", "external_key", name=op.f("uq_intakes_external_key")),
        sa.UniqueConstraint("rating", name=op.f("uq_intakes_rating")),
    )
    op.create_index("ix_intakes_due_at", "intakes", ["institution", "state", "due_at"])
    op.create_index("ix_intakes_received_at", "intakes", ["institution", "received_at"])


def _checks() -> list[sa.CheckConstraint]:
    said = {
        "kind": "kind IN ('poor_rating','reply','complaint','request','question','correction')",
        "state": "state IN ('received','in_hand','answered','closed')",
        "door": "door IN ('terminal','counter','phone')",
        "owner": "state = 'received' OR owner IS NOT NULL",
        "closed": "(state = 'closed') = (closed_at IS NOT NULL)",
        "outcome": "(closed_at IS NULL) = (outcome IS NULL)",
    }
    return [
        sa.CheckConstraint(rule, name=op.f(f"ck_intakes_{name}")) for name, rule in said.items()
    ]


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
