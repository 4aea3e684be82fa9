"""Batch enrolment: batches, and what became of each row."""

import sqlalchemy as sa
from alembic import op

revision = "batches"
down_revision = "lost_cards"
branch_labels = None
depends_on = None

OPEN = "coalesce(current_setting('shualian.institution', true), '') = ''"
OWN = "institution = current_setting('shualian.institution', true)"
BATCHES, ROWS = "enrol_batches", "enrol_batch_rows"
STATES = (
    "state IN ('uploading','ready','running','paused','done','cancelled','expired',"
    "'undoing','undone')"
)
OUTCOMES = (
    "outcome IN ('pending','enrolled','updated','already_enrolled','refused','taken_back')"
)


def _institution(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["institution"],
        ["institutions.code"],
        name=op.f(f"fk_{table}_institution_institutions"),
    )


def upgrade() -> None:
    op.create_table(
        BATCHES,
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("institution", sa.String(length=32), nullable=False),
        sa.Column("created_by", sa.String(length=22), nullable=False, comment="An account."),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("key_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("table_bytes", sa.BigInteger(), nullable=False),
        sa.Column("photo_bytes", sa.BigInteger(), nullable=False),
        sa.Column(
            "note",
            sa.String(length=64),
            nullable=True,
            comment="Why it paused by itself: a code.",
        ),
        sa.CheckConstraint(STATES, name=op.f("ck_enrol_batches_state")),
        _institution(BATCHES),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrol_batches")),
    )
    op.create_index(
        "ix_enrol_batches_institution_created_at", BATCHES, ["institution", "created_at"]
    )
    _rows()
    for table in (BATCHES, ROWS):
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO shualian_app")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own_institution ON {table} TO shualian_app USING ({OPEN} OR {OWN})"
        )


def _rows() -> None:
    op.create_table(
        ROWS,
        sa.Column("batch", sa.String(length=22), nullable=False),
        sa.Column("line", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("institution", sa.String(length=32), nullable=False),
        sa.Column("outcome", sa.String(length=16), server_default="pending", nullable=False),
        sa.Column(
            "code", sa.String(length=64), nullable=True, comment="Why the row was refused."
        ),
        sa.Column(
            "quality", sa.Float(), nullable=True, comment="Of the best photo, 0..1."
        ),
        sa.Column(
            "photos",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="How many were used.",
        ),
        sa.Column("person", sa.String(length=22), nullable=True),
        sa.Column(
            "template",
            sa.String(length=22),
            nullable=True,
            comment="Which this row made, so that only that is taken back.",
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(OUTCOMES, name=op.f("ck_enrol_batch_rows_outcome")),
        sa.ForeignKeyConstraint(
            ["batch"],
            ["enrol_batches.id"],
            name=op.f("fk_enrol_batch_rows_batch_enrol_batches"),
            ondelete="CASCADE",
        ),
        _institution(ROWS),
        sa.ForeignKeyConstraint(
            ["person"], ["people.id"], name=op.f("fk_enrol_batch_rows_person_people")
        ),
        sa.PrimaryKeyConstraint("batch", "line", name=op.f("pk_enrol_batch_rows")),
    )
    op.create_index(
        "ix_enrol_batch_rows_person",
        ROWS,
        ["person"],
        postgresql_where=sa.text("person IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_table(ROWS)
    op.drop_table(BATCHES)
