"""People who go without a face: a mark, so that nobody is asked again and no doubt arises from it."""

import sqlalchemy as sa
from alembic import op

revision = "face_marks"
down_revision = "training"
branch_labels = None
depends_on = None

OPEN = "coalesce(current_setting('shualian.institution', true), '') = ''"
OWN = "institution = current_setting('shualian.institution', true)"
TABLE = "face_marks"
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("institution", sa.String(length=32), nullable=False),
        sa.Column("person", sa.String(length=22), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.Column("until", TIME, nullable=True),
        sa.Column("by", sa.String(length=32), nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.CheckConstraint(
            "reason IN ('own_wish','cannot_compare')", name=op.f(f"ck_{TABLE}_reason")
        ),
        sa.ForeignKeyConstraint(
            ["institution"], ["institutions.code"], name=op.f(f"fk_{TABLE}_institution_institutions")
        ),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f(f"fk_{TABLE}_person_people")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
    )
    op.create_index(op.f(f"ix_{TABLE}_person"), TABLE, ["person"])
    op.create_index(
        f"uq_{TABLE}_person",
        TABLE,
        ["person"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {TABLE} TO shualian_app")
    op.execute(f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_institution ON {TABLE} TO shualian_app USING ({OPEN} OR {OWN})")


def downgrade() -> None:
    op.drop_table(TABLE)
