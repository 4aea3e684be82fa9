"""Cards whose loss was reported (挂失)."""

import sqlalchemy as sa
from alembic import op

revision = "lost_cards"
down_revision = "counter"
branch_labels = None
depends_on = None

OPEN = "coalesce(current_setting('shualian.institution', true), '') = ''"
OWN = "institution = current_setting('shualian.institution', true)"


def _hold(table: str) -> None:
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO shualian_app")
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_institution ON {table} TO shualian_app USING ({OPEN} OR {OWN})")


def upgrade() -> None:
    op.create_table('lost_cards',
    sa.Column('id', sa.String(length=22), nullable=False),
    sa.Column('institution', sa.String(length=32), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('card_key', sa.String(length=43), nullable=False),
    sa.Column('second_kind', sa.String(length=32), nullable=False),
    sa.Column('second_key', sa.String(length=43), nullable=False),
    sa.Column('person', sa.String(length=22), nullable=True),
    sa.Column('reported_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('reported_by', sa.String(length=22), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_by', sa.String(length=22), nullable=True),
    sa.Column('suite', sa.String(length=8), server_default='intl', nullable=False),
    sa.ForeignKeyConstraint(['institution'], ['institutions.code'], name=op.f('fk_lost_cards_institution_institutions')),
    sa.ForeignKeyConstraint(['person'], ['people.id'], name=op.f('fk_lost_cards_person_people')),
    sa.ForeignKeyConstraint(['reported_by'], ['accounts.id'], name=op.f('fk_lost_cards_reported_by_accounts')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_lost_cards'))
    )
    op.create_index(op.f('ix_lost_cards_person'), 'lost_cards', ['person'], unique=False)
    op.create_index('uq_lost_cards_live', 'lost_cards', ['institution', 'card_key'], unique=True, postgresql_where=sa.text('ended_at IS NULL'))
    _hold("lost_cards")


def downgrade() -> None:
    op.drop_table("lost_cards")
