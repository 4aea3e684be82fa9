"""The counter: who waits for a person, and decisions that no terminal made."""

import sqlalchemy as sa
from alembic import op

revision = "counter"
down_revision = "merges"
branch_labels = None
depends_on = None

OPEN = "coalesce(current_setting('shualian.institution', true), '') = ''"
OWN = "institution = current_setting('shualian.institution', true)"
FREED = (("decisions", "terminal"), ("decisions", "challenge"), ("receipts", "terminal"))
SAID = "NULL: made at the counter."


def _free(nullable: bool) -> None:
    for table, column in FREED:
        said = SAID if table == "receipts" else None
        op.alter_column(
            table,
            column,
            existing_type=sa.String(length=22),
            nullable=nullable,
            comment=said if nullable else None,
            existing_comment=None if nullable else said,
        )


def _hold(table: str) -> None:
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO shualian_app")
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_institution ON {table} TO shualian_app USING ({OPEN} OR {OWN})")


def upgrade() -> None:
    _free(nullable=True)
    op.create_check_constraint(
        op.f("ck_decisions_counter"), "decisions", "(terminal IS NULL) = (challenge IS NULL)"
    )
    op.create_table('counter_items',
    sa.Column('id', sa.String(length=22), nullable=False),
    sa.Column('institution', sa.String(length=32), nullable=False),
    sa.Column('number', sa.String(length=32), nullable=False),
    sa.Column('origin', sa.String(length=16), nullable=False),
    sa.Column('visit', sa.String(length=22), nullable=False),
    sa.Column('purpose', sa.String(length=64), nullable=False),
    sa.Column('reason', sa.String(length=64), nullable=True),
    sa.Column('decision', sa.String(length=22), nullable=True, comment="Of the terminal that referred; its time may end before this row's."),
    sa.Column('terminal', sa.String(length=22), nullable=True),
    sa.Column('person', sa.String(length=22), nullable=True),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('happened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('entered_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('entered_by', sa.String(length=22), nullable=True, comment='An account; NULL: a terminal.'),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('first_handler', sa.String(length=22), nullable=True),
    sa.Column('handler', sa.String(length=22), nullable=True),
    sa.Column('taken_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('pass_reason', sa.String(length=64), nullable=True),
    sa.Column('pass_by', sa.String(length=22), nullable=True),
    sa.Column('pass_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_by', sa.String(length=22), nullable=True),
    sa.Column('end', sa.String(length=64), nullable=True, comment='How it left, where it was not resolved.'),
    sa.CheckConstraint("origin IN ('terminal','pressed','emergency','downtime')", name=op.f('ck_counter_items_origin')),
    sa.CheckConstraint("state IN ('waiting','taken','later','resolved','left')", name=op.f('ck_counter_items_state')),
    sa.ForeignKeyConstraint(['first_handler'], ['accounts.id'], name=op.f('fk_counter_items_first_handler_accounts')),
    sa.ForeignKeyConstraint(['handler'], ['accounts.id'], name=op.f('fk_counter_items_handler_accounts')),
    sa.ForeignKeyConstraint(['institution'], ['institutions.code'], name=op.f('fk_counter_items_institution_institutions')),
    sa.ForeignKeyConstraint(['pass_by'], ['accounts.id'], name=op.f('fk_counter_items_pass_by_accounts')),
    sa.ForeignKeyConstraint(['person'], ['people.id'], name=op.f('fk_counter_items_person_people')),
    sa.ForeignKeyConstraint(['terminal'], ['terminals.id'], name=op.f('fk_counter_items_terminal_terminals')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_counter_items'))
    )
    op.create_index('ix_counter_items_institution_state', 'counter_items', ['institution', 'state', 'due_at'], unique=False)
    op.create_index(op.f('ix_counter_items_person'), 'counter_items', ['person'], unique=False)
    op.create_index('uq_counter_items_open', 'counter_items', ['visit'], unique=True, postgresql_where=sa.text("state IN ('waiting','taken','later')"))
    op.create_index('uq_counter_items_given_number', 'counter_items', ['institution', 'number'], unique=True, postgresql_where=sa.text("origin IN ('emergency','downtime')"))
    op.create_table('counter_results',
    sa.Column('decision', sa.String(length=22), nullable=False),
    sa.Column('institution', sa.String(length=32), nullable=False),
    sa.Column('item', sa.String(length=22), nullable=False),
    sa.Column('way', sa.String(length=16), nullable=False),
    sa.Column('document', sa.String(length=32), nullable=True),
    sa.Column('by_reader', sa.Boolean(), nullable=False),
    sa.Column('number_key', sa.String(length=43), nullable=True),
    sa.Column('reason', sa.String(length=64), nullable=True),
    sa.Column('proxy_document', sa.String(length=32), nullable=True),
    sa.Column('proxy_key', sa.String(length=43), nullable=True),
    sa.Column('proxy', sa.String(length=22), nullable=True, comment='代办人, where known here.'),
    sa.Column('account', sa.String(length=22), nullable=False),
    sa.Column('second', sa.String(length=22), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('reversed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('reversed_by', sa.String(length=22), nullable=True),
    sa.Column('suite', sa.String(length=8), server_default='intl', nullable=False),
    sa.CheckConstraint("way IN ('document','let_pass')", name=op.f('ck_counter_results_way')),
    sa.ForeignKeyConstraint(['account'], ['accounts.id'], name=op.f('fk_counter_results_account_accounts')),
    sa.ForeignKeyConstraint(['decision'], ['decisions.id'], name=op.f('fk_counter_results_decision_decisions')),
    sa.ForeignKeyConstraint(['institution'], ['institutions.code'], name=op.f('fk_counter_results_institution_institutions')),
    sa.ForeignKeyConstraint(['item'], ['counter_items.id'], name=op.f('fk_counter_results_item_counter_items'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['proxy'], ['people.id'], name=op.f('fk_counter_results_proxy_people')),
    sa.ForeignKeyConstraint(['second'], ['accounts.id'], name=op.f('fk_counter_results_second_accounts')),
    sa.PrimaryKeyConstraint('decision', name=op.f('pk_counter_results'))
    )
    op.create_index(op.f('ix_counter_results_item'), 'counter_results', ['item'], unique=False)
    op.create_index(op.f('ix_counter_results_proxy'), 'counter_results', ['proxy'], unique=False)
    _hold("counter_items")
    _hold("counter_results")


def downgrade() -> None:
    op.drop_table("counter_results")
    op.drop_table("counter_items")
    # An older program knows no decision without a terminal; the ledger keeps what they said.
    op.execute("DELETE FROM receipts WHERE terminal IS NULL")
    op.execute("DELETE FROM decisions WHERE terminal IS NULL")
    op.drop_constraint(op.f("ck_decisions_counter"), "decisions")
    _free(nullable=False)
