"""Ward presence (在院核验): wards and their kinds, looks, consents for a stay, hints."""

import sqlalchemy as sa
from alembic import op

revision = "presence"
down_revision = "chip_photo"
branch_labels = None
depends_on = None

OPEN = "coalesce(current_setting('shualian.institution', true), '') = ''"
OWN = "institution = current_setting('shualian.institution', true)"
TIME = sa.DateTime(timezone=True)
JSON = sa.dialects.postgresql.JSONB(astext_type=sa.Text())
TABLES = ("presence_wards", "presence_looks", "presence_answers", "presence_hints")
KINDS = "kind IN ('ordinary','icu','theatre','delivery','emergency','isolation')"
FOUND = "found IN ('face','wristband','away','asleep','unsure','empty','undone')"


def _fk(table: str, column: str, of: str) -> sa.ForeignKeyConstraint:
    target = "institutions.code" if of == "institutions" else f"{of}.id"
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}_{of}"))


def upgrade() -> None:
    op.create_table(
        "presence_wards",
        sa.Column("institution", sa.String(length=32), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("site", sa.String(length=64), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.Column("changed_by", sa.String(length=22), nullable=False),
        sa.CheckConstraint(KINDS, name=op.f("ck_presence_wards_kind")),
        _fk("presence_wards", "institution", "institutions"),
        _fk("presence_wards", "changed_by", "accounts"),
        sa.PrimaryKeyConstraint("institution", "code", name=op.f("pk_presence_wards")),
    )
    _looks()
    _answers()
    _hints()
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON presence_wards TO shualian_app")
    op.execute("GRANT SELECT, INSERT, DELETE ON presence_looks TO shualian_app")
    for table in ("presence_answers", "presence_hints"):
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO shualian_app")
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own_institution ON {table} TO shualian_app USING ({OPEN} OR {OWN})"
        )


def _looks() -> None:
    op.create_table(
        "presence_looks",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("institution", sa.String(length=32), nullable=False),
        sa.Column("stay", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=22), nullable=True),
        sa.Column("ward", sa.String(length=64), nullable=False),
        sa.Column("bed", sa.String(length=32), nullable=True),
        sa.Column("at", TIME, nullable=False),
        sa.Column("found", sa.String(length=16), nullable=False),
        sa.Column("away", sa.String(length=16), nullable=True),
        sa.Column("by", sa.String(length=22), nullable=False),
        sa.Column("instead_of", sa.String(length=22), nullable=True),
        sa.Column("evidence", JSON, nullable=False),
        sa.CheckConstraint(FOUND, name=op.f("ck_presence_looks_found")),
        sa.CheckConstraint(
            "away IN ('examination','operation','dialysis','leave')",
            name=op.f("ck_presence_looks_away"),
        ),
        sa.CheckConstraint(
            "(found = 'away') = (away IS NOT NULL)", name=op.f("ck_presence_looks_away_said")
        ),
        sa.CheckConstraint(
            "found <> 'undone' OR instead_of IS NOT NULL", name=op.f("ck_presence_looks_undone_of")
        ),
        _fk("presence_looks", "institution", "institutions"),
        _fk("presence_looks", "person", "people"),
        _fk("presence_looks", "by", "accounts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_presence_looks")),
        sa.UniqueConstraint("instead_of", name=op.f("uq_presence_looks_instead_of")),
    )
    op.create_index("ix_presence_looks_stay", "presence_looks", ["institution", "stay", "at"])
    op.create_index(op.f("ix_presence_looks_person"), "presence_looks", ["person"])
    op.create_index(op.f("ix_presence_looks_at"), "presence_looks", ["at"])


def _answers() -> None:
    op.create_table(
        "presence_answers",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("institution", sa.String(length=32), nullable=False),
        sa.Column("stay", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=22), nullable=False),
        sa.Column("answer", sa.String(length=8), nullable=False),
        sa.Column("notice_version", sa.String(length=32), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("by", sa.String(length=22), nullable=False),
        sa.Column("used_at", TIME, nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.CheckConstraint("answer IN ('yes','no')", name=op.f("ck_presence_answers_answer")),
        _fk("presence_answers", "institution", "institutions"),
        _fk("presence_answers", "person", "people"),
        _fk("presence_answers", "by", "accounts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_presence_answers")),
    )
    op.create_index(
        "uq_presence_answers_open",
        "presence_answers",
        ["institution", "stay"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(op.f("ix_presence_answers_person"), "presence_answers", ["person"])
    op.create_index(op.f("ix_presence_answers_used_at"), "presence_answers", ["used_at"])


def _hints() -> None:
    op.create_table(
        "presence_hints",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("institution", sa.String(length=32), nullable=False),
        sa.Column("stay", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=22), nullable=True),
        sa.Column("ward", sa.String(length=64), nullable=False),
        sa.Column("bed", sa.String(length=32), nullable=True),
        sa.Column("found_at", TIME, nullable=False),
        sa.Column("cause", sa.String(length=32), nullable=True),
        sa.Column("closed_at", TIME, nullable=True),
        sa.Column("closed_by", sa.String(length=22), nullable=True),
        sa.CheckConstraint(
            "(cause IS NULL) = (closed_at IS NULL)", name=op.f("ck_presence_hints_closed")
        ),
        _fk("presence_hints", "institution", "institutions"),
        _fk("presence_hints", "person", "people"),
        _fk("presence_hints", "closed_by", "accounts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_presence_hints")),
    )
    op.create_index(
        "uq_presence_hints_open",
        "presence_hints",
        ["institution", "stay"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index(op.f("ix_presence_hints_person"), "presence_hints", ["person"])
    op.create_index(op.f("ix_presence_hints_found_at"), "presence_hints", ["found_at"])


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
