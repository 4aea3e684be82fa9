"""The enrolment desk: enrolments, doubts, ties between people, standing authorisations."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "desk"
down_revision = "his_feeds"
branch_labels = None
depends_on = None

OPEN = "coalesce(current_setting('shualian.institution', true), '') = ''"
OWN = "institution = current_setting('shualian.institution', true)"
TABLES = ("enrolments", "duplicate_referrals", "person_ties", "standing_authorisations")


def upgrade() -> None:
    _enrolments()
    _referrals()
    _ties()
    _authorisations()
    for table in TABLES:
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO shualian_app")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own_institution ON {table} TO shualian_app USING ({OPEN} OR {OWN})"
        )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def _enrolments() -> None:
    op.create_table(
        "enrolments",
        *_begin("enrolments", "person"),
        _said("site", 64, "Empty where no desk was chosen."),
        _said("way", 8),
        sa.Column("samples", sa.Integer(), nullable=False, comment="0 where no face was taken."),
        sa.Column("about_sealed", sa.LargeBinary(), nullable=True),
        _time("at"),
        _said("by", 32, "Work number."),
        sa.CheckConstraint("way IN ('card','typed','none')", name=op.f("ck_enrolments_way")),
    )
    op.create_index(op.f("ix_enrolments_person"), "enrolments", ["person"])


def _referrals() -> None:
    table = "duplicate_referrals"
    op.create_table(
        table,
        *_begin(table, "person", "other"),
        _said("reason", 32),
        _said("likeness", 8, "A word, not a score."),
        sa.Column(
            "note_sealed", sa.LargeBinary(), nullable=True, comment="Under the key of `person`."
        ),
        _time("at"),
        _said("by", 32),
    )
    op.create_index("ix_duplicate_referrals_at", table, ["institution", "at"])
    for column in ("person", "other"):
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def _ties() -> None:
    table = "person_ties"
    op.create_table(
        table,
        *_begin(table, "person", "other"),
        _said("kind", 16),
        _said("relation", 16),
        _time("since"),
        _said("by", 32),
        _time("ended_at", nullable=True),
        sa.CheckConstraint(
            "kind IN ('guardian','mother','proxy')", name=op.f("ck_person_ties_kind")
        ),
    )
    for column in ("person", "other"):
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def _authorisations() -> None:
    table = "standing_authorisations"
    op.create_table(
        table,
        *_begin(table, "person", "proxy"),
        sa.Column(
            "scope",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="Purposes of the policy.",
        ),
        sa.Column("uses_max", sa.Integer(), nullable=False),
        sa.Column("used", sa.Integer(), server_default="0", nullable=False),
        _time("given_at"),
        _time("expires_at"),
        _said("by", 32),
        _time("revoked_at", nullable=True),
        sa.CheckConstraint(
            "uses_max > 0 AND used BETWEEN 0 AND uses_max",
            name=op.f("ck_standing_authorisations_used"),
        ),
    )
    for column in ("person", "proxy"):
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def _begin(table: str, *people: str) -> list[sa.schema.SchemaItem]:
    """An id, an institution, people, and what holds them."""
    columns = [sa.Column("id", sa.String(length=22), nullable=False), _said("institution", 32)]
    columns += [_said(person, 22) for person in people]
    keys = [
        sa.ForeignKeyConstraint([person], ["people.id"], name=op.f(f"fk_{table}_{person}_people"))
        for person in people
    ]
    return [
        *columns,
        *keys,
        sa.ForeignKeyConstraint(
            ["institution"],
            ["institutions.code"],
            name=op.f(f"fk_{table}_institution_institutions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    ]


def _said(name: str, length: int, comment: str | None = None) -> "sa.Column[str]":
    return sa.Column(name, sa.String(length=length), nullable=False, comment=comment)


def _time(name: str, *, nullable: bool = False) -> "sa.Column[object]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
