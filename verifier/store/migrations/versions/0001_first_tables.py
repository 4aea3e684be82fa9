"""The verifier's first tables, and what the app's role may do with each."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Least privilege. UPDATE also stands where a decision locks a row (SELECT … FOR SHARE asks for it).
GRANTS = {
    "institutions": "SELECT, INSERT, UPDATE",
    "galleries": "SELECT, INSERT, UPDATE",
    "people": "SELECT, INSERT, UPDATE, DELETE",
    "identifiers": "SELECT, INSERT, DELETE",
    "consents": "SELECT, INSERT, UPDATE",
    "templates": "SELECT, INSERT, UPDATE, DELETE",
    "template_removals": "SELECT, INSERT, DELETE",
    "terminals": "SELECT, INSERT, UPDATE",
    "clients": "SELECT, INSERT, UPDATE",
    "used_assertions": "SELECT, INSERT, DELETE",
    "challenges": "SELECT, INSERT, UPDATE, DELETE",
    "decisions": "SELECT, INSERT",
    "receipts": "SELECT, INSERT",
    "seen_crops": "SELECT, INSERT, DELETE",
    "ledger": "SELECT, INSERT",
}


def upgrade() -> None:
    op.execute(sa.schema.CreateSequence(sa.Sequence("template_revisions")))
    _create_tables()
    for table, privileges in GRANTS.items():
        op.execute(f"GRANT {privileges} ON {table} TO shualian_app")
    op.execute("GRANT USAGE ON SEQUENCE template_revisions TO shualian_app")
    op.execute("GRANT SELECT ON alembic_version TO shualian_app")


def downgrade() -> None:
    for table in (
        "receipts",
        "templates",
        "decisions",
        "used_assertions",
        "template_removals",
        "identifiers",
        "consents",
        "challenges",
        "terminals",
        "people",
        "ledger",
        "galleries",
        "clients",
        "seen_crops",
        "institutions",
    ):
        op.drop_table(table)
    op.execute("DROP SEQUENCE template_revisions")


def _create_tables() -> None:
    op.create_table(
        "institutions",
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_institutions")),
    )
    op.create_table(
        "seen_crops",
        sa.Column("crop_key", sa.String(length=43), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("suite", sa.String(length=8), server_default="intl", nullable=False),
        sa.PrimaryKeyConstraint("crop_key", name=op.f("pk_seen_crops")),
    )
    op.create_index(op.f("ix_seen_crops_seen_at"), "seen_crops", ["seen_at"], unique=False)
    op.create_table(
        "clients",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("institution", sa.String(length=32), nullable=False),
        sa.Column("public_jwk", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("scopes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["institution"], ["institutions.code"], name=op.f("fk_clients_institution_institutions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clients")),
    )
    op.create_table(
        "galleries",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("institution", sa.String(length=32), nullable=False),
        sa.Column("pack", sa.String(length=64), nullable=False),
        sa.Column("pack_digest", sa.String(length=43), nullable=False),
        sa.Column("dim", sa.Integer(), nullable=False),
        sa.Column(
            "key_sealed",
            sa.LargeBinary(),
            nullable=False,
            comment="Gallery key, wrapped by the master key.",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["institution"],
            ["institutions.code"],
            name=op.f("fk_galleries_institution_institutions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_galleries")),
        sa.UniqueConstraint("institution", name=op.f("uq_galleries_institution")),
    )
    op.create_table(
        "ledger",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("institution", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "leaf",
            sa.String(length=43),
            nullable=False,
            comment="RFC 9162 leaf hash over the canonical entry.",
        ),
        sa.Column("suite", sa.String(length=8), server_default="intl", nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_ledger")),
    )
    op.create_table(
        "people",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("institution", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column(
            "synthetic",
            sa.Boolean(),
            nullable=False,
            comment="A filler of the demo gallery, nobody's face.",
        ),
        sa.Column(
            "data_key_sealed",
            sa.LargeBinary(),
            nullable=True,
            comment="Data key wrapped by the gallery key; NULL once erased.",
        ),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("last_four_key", sa.String(length=43), nullable=True),
        sa.Column(
            "linked_group",
            sa.String(length=22),
            nullable=True,
            comment="Look-alikes never separated by face alone.",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("suite", sa.String(length=8), server_default="intl", nullable=False),
        sa.CheckConstraint(
            "state IN ('provisional','confirmed','merged','closed')", name=op.f("ck_people_state")
        ),
        sa.ForeignKeyConstraint(
            ["institution"], ["institutions.code"], name=op.f("fk_people_institution_institutions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
    )
    op.create_index(
        "ix_people_institution_last_four", "people", ["institution", "last_four_key"], unique=False
    )
    op.create_table(
        "terminals",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("institution", sa.String(length=32), nullable=False),
        sa.Column("site", sa.String(length=64), nullable=False),
        sa.Column("label", sa.String(length=64), nullable=False),
        sa.Column("public_jwk", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("purposes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("last_counter", sa.BigInteger(), nullable=False),
        sa.Column("last_claim", sa.String(length=43), nullable=True),
        sa.Column("clock_skew_s", sa.Float(), nullable=True),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("suite", sa.String(length=8), server_default="intl", nullable=False),
        sa.ForeignKeyConstraint(
            ["institution"],
            ["institutions.code"],
            name=op.f("fk_terminals_institution_institutions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_terminals")),
    )
    op.create_table(
        "challenges",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("terminal", sa.String(length=22), nullable=False),
        sa.Column("purpose", sa.String(length=64), nullable=False),
        sa.Column("visit", sa.String(length=22), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("spent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claim_digest", sa.String(length=43), nullable=True),
        sa.Column("suite", sa.String(length=8), server_default="intl", nullable=False),
        sa.CheckConstraint(
            "state IN ('open','spent','superseded')", name=op.f("ck_challenges_state")
        ),
        sa.ForeignKeyConstraint(
            ["terminal"], ["terminals.id"], name=op.f("fk_challenges_terminal_terminals")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_challenges")),
    )
    op.create_index(
        "uq_challenges_open",
        "challenges",
        ["terminal"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "consents",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("institution", sa.String(length=32), nullable=False),
        sa.Column("person", sa.String(length=22), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("notice_version", sa.String(length=32), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "evidence",
            sa.String(length=64),
            nullable=False,
            comment="How it was given: paper form number, desk, terminal.",
        ),
        sa.ForeignKeyConstraint(
            ["institution"],
            ["institutions.code"],
            name=op.f("fk_consents_institution_institutions"),
        ),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f("fk_consents_person_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    op.create_index(op.f("ix_consents_person"), "consents", ["person"], unique=False)
    op.create_table(
        "identifiers",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("institution", sa.String(length=32), nullable=False),
        sa.Column("person", sa.String(length=22), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("value_key", sa.String(length=43), nullable=False),
        sa.Column("value_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("suite", sa.String(length=8), server_default="intl", nullable=False),
        sa.ForeignKeyConstraint(
            ["institution"],
            ["institutions.code"],
            name=op.f("fk_identifiers_institution_institutions"),
        ),
        sa.ForeignKeyConstraint(
            ["person"], ["people.id"], name=op.f("fk_identifiers_person_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identifiers")),
        sa.UniqueConstraint(
            "institution",
            "kind",
            "value_key",
            name=op.f("uq_identifiers_institution_kind_value_key"),
        ),
    )
    op.create_index(op.f("ix_identifiers_person"), "identifiers", ["person"], unique=False)
    op.create_table(
        "template_removals",
        sa.Column(
            "revision",
            sa.BigInteger(),
            server_default=sa.text("nextval('template_revisions')"),
            nullable=False,
        ),
        sa.Column("gallery", sa.String(length=22), nullable=False),
        sa.Column("person", sa.String(length=22), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["gallery"], ["galleries.id"], name=op.f("fk_template_removals_gallery_galleries")
        ),
        sa.ForeignKeyConstraint(
            ["person"], ["people.id"], name=op.f("fk_template_removals_person_people")
        ),
        sa.PrimaryKeyConstraint("revision", name=op.f("pk_template_removals")),
    )
    op.create_table(
        "used_assertions",
        sa.Column("client", sa.String(length=64), nullable=False),
        sa.Column("jti", sa.String(length=128), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["client"], ["clients.id"], name=op.f("fk_used_assertions_client_clients")
        ),
        sa.PrimaryKeyConstraint("client", "jti", name=op.f("pk_used_assertions")),
    )
    op.create_table(
        "decisions",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("institution", sa.String(length=32), nullable=False),
        sa.Column("terminal", sa.String(length=22), nullable=False),
        sa.Column("challenge", sa.String(length=22), nullable=False),
        sa.Column("claim_digest", sa.String(length=43), nullable=False),
        sa.Column("visit", sa.String(length=22), nullable=False),
        sa.Column("purpose", sa.String(length=64), nullable=False),
        sa.Column(
            "outcome", sa.String(length=16), nullable=False, comment="Of Outcome, or 'refused'."
        ),
        sa.Column("refusal_code", sa.String(length=64), nullable=True),
        sa.Column("assurance", sa.String(length=32), nullable=True),
        sa.Column("person", sa.String(length=22), nullable=True),
        sa.Column(
            "body",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="verifier.protocol.decision.Decision, or the problem.",
        ),
        sa.Column("notice_version", sa.String(length=32), nullable=True),
        sa.Column("consent", sa.String(length=16), nullable=True),
        sa.Column("touched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("suite", sa.String(length=8), server_default="intl", nullable=False),
        sa.ForeignKeyConstraint(
            ["challenge"], ["challenges.id"], name=op.f("fk_decisions_challenge_challenges")
        ),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f("fk_decisions_person_people")),
        sa.ForeignKeyConstraint(
            ["terminal"], ["terminals.id"], name=op.f("fk_decisions_terminal_terminals")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
        sa.UniqueConstraint("challenge", name=op.f("uq_decisions_challenge")),
    )
    op.create_index(op.f("ix_decisions_claim_digest"), "decisions", ["claim_digest"], unique=False)
    op.create_index(op.f("ix_decisions_decided_at"), "decisions", ["decided_at"], unique=False)
    op.create_index(op.f("ix_decisions_visit"), "decisions", ["visit"], unique=False)
    op.create_table(
        "templates",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("gallery", sa.String(length=22), nullable=False),
        sa.Column("person", sa.String(length=22), nullable=False),
        sa.Column("consent", sa.String(length=22), nullable=True),
        sa.Column(
            "revision",
            sa.BigInteger(),
            server_default=sa.text("nextval('template_revisions')"),
            nullable=False,
            comment="A new row for every change; rows never change.",
        ),
        sa.Column("samples", sa.Integer(), nullable=False, comment="Samples fused into it."),
        sa.Column("quality", sa.Float(), nullable=False),
        sa.Column("vector_sealed", sa.LargeBinary(), nullable=False),
        sa.Column(
            "source_key",
            sa.String(length=43),
            nullable=True,
            comment="Keyed hash of the photos it came from, to know an unchanged row.",
        ),
        sa.Column("synthetic", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("suite", sa.String(length=8), server_default="intl", nullable=False),
        sa.ForeignKeyConstraint(
            ["consent"], ["consents.id"], name=op.f("fk_templates_consent_consents")
        ),
        sa.ForeignKeyConstraint(
            ["gallery"], ["galleries.id"], name=op.f("fk_templates_gallery_galleries")
        ),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f("fk_templates_person_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_templates")),
        sa.UniqueConstraint("person", "gallery", name=op.f("uq_templates_person_gallery")),
        sa.UniqueConstraint("revision", name=op.f("uq_templates_revision")),
    )
    op.create_index(
        "ix_templates_gallery_revision", "templates", ["gallery", "revision"], unique=False
    )
    op.create_table(
        "receipts",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("institution", sa.String(length=32), nullable=False),
        sa.Column("terminal", sa.String(length=22), nullable=False),
        sa.Column("decision", sa.String(length=22), nullable=False),
        sa.Column("suite", sa.String(length=8), nullable=False),
        sa.Column("compact", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["decision"], ["decisions.id"], name=op.f("fk_receipts_decision_decisions")
        ),
        sa.ForeignKeyConstraint(
            ["terminal"], ["terminals.id"], name=op.f("fk_receipts_terminal_terminals")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipts")),
        sa.UniqueConstraint("decision", name=op.f("uq_receipts_decision")),
    )
