"""Expected visits of a HIS, webhooks, and decisions as a feed without gaps."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "his_feeds"
down_revision = "alarms"
branch_labels = None
depends_on = None

OPEN = "coalesce(current_setting('shualian.institution', true), '') = ''"
OWN = "institution = current_setting('shualian.institution', true)"
KINDS = "kind IN ('appointments','admission-orders','inpatients','dispensing')"
TABLES = ("webhook_deliveries", "webhooks", "his_feeds", "expected_visits")
XACT = sa.text("pg_current_xact_id()::text::bigint")


def _institution(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_institution_institutions")
    return sa.ForeignKeyConstraint(["institution"], ["institutions.code"], name=name)


def _time(name: str, nullable: bool = False, comment: str | None = None) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, comment=comment)


def _text(
    name: str, length: int, nullable: bool = False, comment: str | None = None
) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length=length), nullable=nullable, comment=comment)


def upgrade() -> None:
    op.add_column(
        "decisions", sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False)
    )
    op.add_column(
        "decisions", sa.Column("transaction", sa.BigInteger(), server_default=XACT, nullable=False)
    )
    op.create_index("ix_decisions_feed", "decisions", ["institution", "transaction", "seq"])
    _expected_visits()
    op.create_table(
        "his_feeds",
        _text("institution", 32),
        _text("kind", 16),
        _time("heard_at"),
        _time("changed_at", nullable=True),
        _text("client", 64),
        sa.CheckConstraint(KINDS, name=op.f("ck_his_feeds_kind")),
        _institution("his_feeds"),
        sa.ForeignKeyConstraint(["client"], ["clients.id"], name=op.f("fk_his_feeds_client_clients")),
        sa.PrimaryKeyConstraint("institution", "kind", name=op.f("pk_his_feeds")),
    )
    _webhooks()
    for table in reversed(TABLES):
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO shualian_app")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own_institution ON {table} TO shualian_app USING ({OPEN} OR {OWN})"
        )


def _expected_visits() -> None:
    op.create_table(
        "expected_visits",
        _text("institution", 32),
        _text("kind", 16),
        _text("external_id", 64),
        _text("person_key", 43),
        _text("department", 64),
        _text("place", 64, nullable=True),
        _text("ward", 64, nullable=True),
        _text("bed", 32, nullable=True),
        _time("valid_from"),
        _time("valid_to", nullable=True, comment="NULL: an inpatient's open end."),
        _text("state", 16),
        sa.Column(
            "version",
            sa.BigInteger(),
            nullable=False,
            comment="Of the source; the greater stands.",
        ),
        _text("digest", 43, comment="Keyed, of all above: to know the same."),
        _time("changed_at"),
        _time("heard_at", comment="Last told, for one with an open end."),
        sa.Column("suite", sa.String(length=8), server_default="intl", nullable=False),
        sa.CheckConstraint(KINDS, name=op.f("ck_expected_visits_kind")),
        sa.CheckConstraint(
            "state IN ('planned','cancelled','done')", name=op.f("ck_expected_visits_state")
        ),
        _institution("expected_visits"),
        sa.PrimaryKeyConstraint(
            "institution", "kind", "external_id", name=op.f("pk_expected_visits")
        ),
    )
    op.create_index(
        "ix_expected_visits_person_key", "expected_visits", ["institution", "person_key"]
    )
    op.create_index(
        "ix_expected_visits_planned",
        "expected_visits",
        ["institution", "kind", "valid_from"],
        postgresql_where=sa.text("state = 'planned'"),
    )
    op.create_index(
        "ix_expected_visits_ward",
        "expected_visits",
        ["institution", "ward"],
        postgresql_where=sa.text("kind = 'inpatients' AND state = 'planned'"),
    )


def _webhooks() -> None:
    op.create_table(
        "webhooks",
        _text("id", 22),
        _text("institution", 32),
        sa.Column("url", sa.Text(), nullable=False),
        _text("state", 16),
        sa.Column(
            "transaction",
            sa.BigInteger(),
            nullable=False,
            comment="Cursor in the decisions' feed.",
        ),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        _time("created_at"),
        sa.CheckConstraint(
            "state IN ('active','paused','removed')", name=op.f("ck_webhooks_state")
        ),
        _institution("webhooks"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
    )
    op.create_index(op.f("ix_webhooks_institution"), "webhooks", ["institution"])
    op.create_table(
        "webhook_deliveries",
        _text("id", 22),
        _text("institution", 32),
        _text("webhook", 22),
        _text("decision", 22, nullable=True, comment="NULL: a trial."),
        _text("state", 16),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        _time("next_at"),
        _text("answer", 32, nullable=True, comment="A status, or a code."),
        _time("created_at"),
        _time("settled_at", nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting','delivered','dead')", name=op.f("ck_webhook_deliveries_state")
        ),
        _institution("webhook_deliveries"),
        sa.ForeignKeyConstraint(
            ["webhook"], ["webhooks.id"], name=op.f("fk_webhook_deliveries_webhook_webhooks")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_deliveries")),
    )
    op.create_index(
        "ix_webhook_deliveries_due",
        "webhook_deliveries",
        ["institution", "next_at"],
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "ix_webhook_deliveries_webhook_state", "webhook_deliveries", ["webhook", "state"]
    )
    op.create_index(
        op.f("ix_webhook_deliveries_created_at"), "webhook_deliveries", ["created_at"]
    )


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    op.drop_index("ix_decisions_feed", table_name="decisions")
    op.drop_column("decisions", "transaction")
    op.drop_column("decisions", "seq")
