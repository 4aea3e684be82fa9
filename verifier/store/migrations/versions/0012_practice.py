"""Practice: sites, practitioners, registrations, rosters, windows, the region's locks."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = 'practice'
down_revision = 'erasure_lines'
branch_labels = None
depends_on = None

OPEN = "coalesce(current_setting('shualian.institution', true), '') = ''"
OWN = "institution = current_setting('shualian.institution', true)"
APART = "practice_locks"
FOR_GOOD = ("qualifications", "practice_changes")
TABLES = (
    "sites", "departments", "practitioners", "practice_registrations", "qualifications",
    "roster_slots", "roster_swaps", "practice_windows", "practice_points", "practice_changes",
)
REMOVED = (
    "roster_slots", "roster_swaps", "practice_windows", "practice_points", "practice_changes",
)


def _hold() -> None:
    for table in TABLES:
        more = "" if table in FOR_GOOD else ", UPDATE"
        more += ", DELETE" if table in REMOVED else ""
        op.execute(f"GRANT SELECT, INSERT{more} ON {table} TO shualian_app")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own_institution ON {table} TO shualian_app USING ({OPEN} OR {OWN})"
        )
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {APART} TO shualian_app")


def upgrade() -> None:
    op.create_table('practice_locks',
    sa.Column('practice_window', sa.String(length=22), nullable=False),
    sa.Column('practitioner_key', sa.String(length=43), nullable=False),
    sa.Column('institution', sa.String(length=32), nullable=False),
    sa.Column('site', sa.Text(), nullable=False),
    sa.Column('datum', sa.String(length=8), nullable=False),
    sa.Column('latitude', sa.Float(), nullable=False),
    sa.Column('longitude', sa.Float(), nullable=False),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('taken_by', sa.String(length=32), nullable=True, comment='The institution where the next check-in was, if that closed it.'),
    sa.Column('suite', sa.String(length=8), server_default='intl', nullable=False),
    sa.PrimaryKeyConstraint('practice_window', name=op.f('pk_practice_locks'))
    )
    op.create_index(op.f('ix_practice_locks_practitioner_key'), 'practice_locks', ['practitioner_key'], unique=False)
    op.create_index('uq_practice_locks_live', 'practice_locks', ['practitioner_key'], unique=True, postgresql_where=sa.text('closed_at IS NULL'))
    op.create_table('departments',
    sa.Column('institution', sa.String(length=32), nullable=False),
    sa.Column('code', sa.String(length=64), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('site', sa.String(length=64), nullable=False),
    sa.Column('kind', sa.String(length=16), server_default='ordinary', nullable=False),
    sa.CheckConstraint("kind IN ('ordinary','theatre','icu','delivery','emergency')", name=op.f('ck_departments_kind')),
    sa.ForeignKeyConstraint(['institution'], ['institutions.code'], name=op.f('fk_departments_institution_institutions')),
    sa.PrimaryKeyConstraint('institution', 'code', name=op.f('pk_departments'))
    )
    op.create_table('sites',
    sa.Column('institution', sa.String(length=32), nullable=False),
    sa.Column('code', sa.String(length=64), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('licence', sa.String(length=32), nullable=True, comment="The site's own code at the insurance platform, where it has one."),
    sa.Column('datum', sa.String(length=8), nullable=False, comment='Of the point below.'),
    sa.Column('latitude', sa.Float(), nullable=False),
    sa.Column('longitude', sa.Float(), nullable=False),
    sa.Column('fences', postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment='GeoJSON, each with its datum.'),
    sa.Column('networks', postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="CIDRs of the site's own network."),
    sa.ForeignKeyConstraint(['institution'], ['institutions.code'], name=op.f('fk_sites_institution_institutions')),
    sa.PrimaryKeyConstraint('institution', 'code', name=op.f('pk_sites'))
    )
    op.create_table('practitioners',
    sa.Column('person', sa.String(length=22), nullable=False),
    sa.Column('institution', sa.String(length=32), nullable=False),
    sa.Column('code', sa.String(length=32), nullable=False),
    sa.Column('profession', sa.String(length=16), nullable=False),
    sa.Column('department', sa.String(length=64), nullable=False),
    sa.Column('login', sa.String(length=32), nullable=True, comment='Work number, where there is one.'),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['institution'], ['institutions.code'], name=op.f('fk_practitioners_institution_institutions')),
    sa.ForeignKeyConstraint(['person'], ['people.id'], name=op.f('fk_practitioners_person_people')),
    sa.PrimaryKeyConstraint('person', name=op.f('pk_practitioners')),
    sa.UniqueConstraint('institution', 'code', name=op.f('uq_practitioners_institution_code'))
    )
    op.create_table('practice_changes',
    sa.Column('seq', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('transaction', sa.BigInteger(), server_default=sa.text('pg_current_xact_id()::text::bigint'), nullable=False),
    sa.Column('institution', sa.String(length=32), nullable=False),
    sa.Column('practitioner', sa.String(length=22), nullable=False),
    sa.Column('practice_window', sa.String(length=22), nullable=True),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['institution'], ['institutions.code'], name=op.f('fk_practice_changes_institution_institutions')),
    sa.ForeignKeyConstraint(['practitioner'], ['practitioners.person'], name=op.f('fk_practice_changes_practitioner_practitioners')),
    sa.PrimaryKeyConstraint('seq', name=op.f('pk_practice_changes'))
    )
    op.create_index(op.f('ix_practice_changes_institution'), 'practice_changes', ['institution'], unique=False)
    op.create_table('practice_registrations',
    sa.Column('id', sa.String(length=22), nullable=False),
    sa.Column('institution', sa.String(length=32), nullable=False),
    sa.Column('practitioner', sa.String(length=22), nullable=False),
    sa.Column('site', sa.String(length=64), nullable=True, comment='NULL: every site of the licence.'),
    sa.Column('basis', sa.String(length=32), nullable=False),
    sa.Column('practice_right', sa.String(length=16), nullable=False),
    sa.Column('supervisor', sa.String(length=22), nullable=True),
    sa.Column('document', sa.String(length=64), nullable=False),
    sa.Column('from_day', sa.Date(), nullable=False),
    sa.Column('to_day', sa.Date(), nullable=True),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True, comment='Withdrawn before its last day.'),
    sa.CheckConstraint("practice_right IN ('independent','supervised','granted','none')", name=op.f('ck_practice_registrations_practice_right')),
    sa.ForeignKeyConstraint(['institution'], ['institutions.code'], name=op.f('fk_practice_registrations_institution_institutions')),
    sa.ForeignKeyConstraint(['practitioner'], ['practitioners.person'], name=op.f('fk_practice_registrations_practitioner_practitioners')),
    sa.ForeignKeyConstraint(['supervisor'], ['practitioners.person'], name=op.f('fk_practice_registrations_supervisor_practitioners')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_practice_registrations'))
    )
    op.create_index(op.f('ix_practice_registrations_practitioner'), 'practice_registrations', ['practitioner'], unique=False)
    op.create_table('qualifications',
    sa.Column('id', sa.String(length=22), nullable=False),
    sa.Column('institution', sa.String(length=32), nullable=False),
    sa.Column('practitioner', sa.String(length=22), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.Column('source', sa.String(length=64), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("state IN ('normal','suspended','ended')", name=op.f('ck_qualifications_state')),
    sa.ForeignKeyConstraint(['institution'], ['institutions.code'], name=op.f('fk_qualifications_institution_institutions')),
    sa.ForeignKeyConstraint(['practitioner'], ['practitioners.person'], name=op.f('fk_qualifications_practitioner_practitioners')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_qualifications'))
    )
    op.create_index('ix_qualifications_practitioner_since', 'qualifications', ['practitioner', 'since'], unique=False)
    op.create_table('roster_slots',
    sa.Column('id', sa.String(length=22), nullable=False),
    sa.Column('institution', sa.String(length=32), nullable=False),
    sa.Column('practitioner', sa.String(length=22), nullable=False),
    sa.Column('department', sa.String(length=64), nullable=False),
    sa.Column('site', sa.String(length=64), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('shift', sa.String(length=16), nullable=False),
    sa.Column('kind', sa.String(length=8), nullable=False),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['institution'], ['institutions.code'], name=op.f('fk_roster_slots_institution_institutions')),
    sa.ForeignKeyConstraint(['practitioner'], ['practitioners.person'], name=op.f('fk_roster_slots_practitioner_practitioners')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_roster_slots'))
    )
    op.create_index('ix_roster_slots_practitioner_starts_at', 'roster_slots', ['practitioner', 'starts_at'], unique=False)
    op.create_table('roster_swaps',
    sa.Column('id', sa.String(length=22), nullable=False),
    sa.Column('institution', sa.String(length=32), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('asker', sa.String(length=22), nullable=False),
    sa.Column('asker_day', sa.Date(), nullable=False),
    sa.Column('accepter', sa.String(length=22), nullable=False),
    sa.Column('accepter_day', sa.Date(), nullable=True),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['accepter'], ['practitioners.person'], name=op.f('fk_roster_swaps_accepter_practitioners')),
    sa.ForeignKeyConstraint(['asker'], ['practitioners.person'], name=op.f('fk_roster_swaps_asker_practitioners')),
    sa.ForeignKeyConstraint(['institution'], ['institutions.code'], name=op.f('fk_roster_swaps_institution_institutions')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_roster_swaps'))
    )
    op.create_table('practice_windows',
    sa.Column('id', sa.String(length=22), nullable=False),
    sa.Column('institution', sa.String(length=32), nullable=False),
    sa.Column('practitioner', sa.String(length=22), nullable=False),
    sa.Column('site', sa.String(length=64), nullable=False),
    sa.Column('department', sa.String(length=64), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=False, comment='Where nobody closes it: shift and grace.'),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closed_by', sa.String(length=16), nullable=True),
    sa.Column('said_out_at', sa.DateTime(timezone=True), nullable=True, comment="补签: the person's own word."),
    sa.Column('way', sa.String(length=8), nullable=False, comment='face, or other.'),
    sa.Column('liveness', sa.String(length=16), nullable=False),
    sa.Column('shift', sa.String(length=16), nullable=False),
    sa.Column('proof', sa.String(length=24), nullable=False, comment='On what the place rests.'),
    sa.Column('reason', sa.String(length=64), nullable=True),
    sa.Column('decision', sa.String(length=22), nullable=True),
    sa.Column('terminal', sa.String(length=22), nullable=True),
    sa.Column('review_by', sa.DateTime(timezone=True), nullable=True),
    sa.Column('reviewed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('reviewed_by', sa.String(length=22), nullable=True),
    sa.Column('recheck_by', sa.DateTime(timezone=True), nullable=True, comment='Until when the person was asked to be recognised once more.'),
    sa.Column('rechecked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('planned_until', sa.DateTime(timezone=True), nullable=True, comment='What `until` was before that question, and is again after it.'),
    sa.Column('proved_from', sa.DateTime(timezone=True), nullable=True, comment='Offline: the check-in was between this moment and the next, no more is proved.'),
    sa.Column('proved_to', sa.DateTime(timezone=True), nullable=True),
    sa.Column('simulated', sa.Boolean(), nullable=False),
    sa.Column('leaf', sa.String(length=43), nullable=False, comment="Of the ledger's entry of its opening."),
    sa.CheckConstraint("state IN ('confirmed','provisional','approved','denied','deferred')", name=op.f('ck_practice_windows_state')),
    sa.ForeignKeyConstraint(['decision'], ['decisions.id'], name=op.f('fk_practice_windows_decision_decisions')),
    sa.ForeignKeyConstraint(['institution'], ['institutions.code'], name=op.f('fk_practice_windows_institution_institutions')),
    sa.ForeignKeyConstraint(['practitioner'], ['practitioners.person'], name=op.f('fk_practice_windows_practitioner_practitioners')),
    sa.ForeignKeyConstraint(['terminal'], ['terminals.id'], name=op.f('fk_practice_windows_terminal_terminals')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_practice_windows')),
    sa.UniqueConstraint('decision', name=op.f('uq_practice_windows_decision'))
    )
    op.create_index('ix_practice_windows_practitioner_opened_at', 'practice_windows', ['practitioner', 'opened_at'], unique=False)
    op.create_index('ix_practice_windows_to_review', 'practice_windows', ['institution', 'review_by'], unique=False, postgresql_where=sa.text("state IN ('provisional','deferred')"))
    op.create_table('practice_points',
    sa.Column('practice_window', sa.String(length=22), nullable=False),
    sa.Column('institution', sa.String(length=32), nullable=False),
    sa.Column('point_sealed', sa.LargeBinary(), nullable=False),
    sa.Column('taken_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('suite', sa.String(length=8), server_default='intl', nullable=False),
    sa.ForeignKeyConstraint(['institution'], ['institutions.code'], name=op.f('fk_practice_points_institution_institutions')),
    sa.ForeignKeyConstraint(['practice_window'], ['practice_windows.id'], name=op.f('fk_practice_points_practice_window_practice_windows')),
    sa.PrimaryKeyConstraint('practice_window', name=op.f('pk_practice_points'))
    )
    op.create_index(op.f('ix_practice_points_taken_at'), 'practice_points', ['taken_at'], unique=False)
    _hold()


def downgrade() -> None:
    op.drop_index(op.f('ix_practice_points_taken_at'), table_name='practice_points')
    op.drop_table('practice_points')
    op.drop_index('ix_practice_windows_to_review', table_name='practice_windows', postgresql_where=sa.text("state IN ('provisional','deferred')"))
    op.drop_index('ix_practice_windows_practitioner_opened_at', table_name='practice_windows')
    op.drop_table('practice_windows')
    op.drop_table('roster_swaps')
    op.drop_index('ix_roster_slots_practitioner_starts_at', table_name='roster_slots')
    op.drop_table('roster_slots')
    op.drop_index('ix_qualifications_practitioner_since', table_name='qualifications')
    op.drop_table('qualifications')
    op.drop_index(op.f('ix_practice_registrations_practitioner'), table_name='practice_registrations')
    op.drop_table('practice_registrations')
    op.drop_index(op.f('ix_practice_changes_institution'), table_name='practice_changes')
    op.drop_table('practice_changes')
    op.drop_table('practitioners')
    op.drop_table('sites')
    op.drop_table('departments')
    op.drop_index('uq_practice_locks_live', table_name='practice_locks', postgresql_where=sa.text('closed_at IS NULL'))
    op.drop_index(op.f('ix_practice_locks_practitioner_key'), table_name='practice_locks')
    op.drop_table('practice_locks')
