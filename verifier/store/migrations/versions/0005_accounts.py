"""Accounts of staff, their roles, one-time codes and sessions."""

import sqlalchemy as sa
from alembic import op

revision = "accounts"
down_revision = "terminal_trust"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def _suite() -> sa.Column[str]:
    return sa.Column("suite", sa.String(length=8), server_default="intl", nullable=False)


def _fk(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    other = target.partition(".")[0]
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}_{other}"))


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("institution", sa.String(length=32), nullable=False),
        sa.Column("login", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("password", sa.Text(), nullable=True, comment="Argon2id, PHC string."),
        sa.Column("password_at", TIME, nullable=True),
        sa.Column("totp_sealed", sa.LargeBinary(), nullable=True, comment="RFC 6238 secret."),
        sa.Column(
            "totp_step",
            sa.BigInteger(),
            nullable=True,
            comment="The step of the last code that counted: no code counts twice.",
        ),
        sa.Column(
            "failures", sa.Integer(), nullable=False, comment="Since the last that was right."
        ),
        sa.Column("locked_until", TIME, nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        _suite(),
        sa.CheckConstraint(
            "state IN ('invited','active','suspended','closed')", name=op.f("ck_accounts_state")
        ),
        _fk("accounts", "institution", "institutions.code"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
    )
    op.create_index(
        "uq_accounts_institution_login", "accounts", ["institution", "login"], unique=True
    )
    op.create_table(
        "account_roles",
        sa.Column("account", sa.String(length=22), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("granted_at", TIME, nullable=False),
        sa.Column(
            "granted_by",
            sa.String(length=22),
            nullable=True,
            comment="NULL: by the operator, on the server.",
        ),
        _fk("account_roles", "account", "accounts.id"),
        _fk("account_roles", "granted_by", "accounts.id"),
        sa.PrimaryKeyConstraint("account", "role", name=op.f("pk_account_roles")),
    )
    op.create_index(
        "uq_account_roles_one_admin",
        "account_roles",
        ["account"],
        unique=True,
        postgresql_where=sa.text("role IN ('system_admin','security_admin','audit_admin')"),
    )
    op.create_table(
        "account_codes",
        sa.Column("code_key", sa.String(length=43), nullable=False),
        sa.Column("institution", sa.String(length=32), nullable=False),
        sa.Column("account", sa.String(length=22), nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        _suite(),
        _fk("account_codes", "institution", "institutions.code"),
        _fk("account_codes", "account", "accounts.id"),
        sa.PrimaryKeyConstraint("code_key", name=op.f("pk_account_codes")),
    )
    op.create_index(op.f("ix_account_codes_account"), "account_codes", ["account"])
    op.create_table(
        "sessions",
        sa.Column("token_key", sa.String(length=43), nullable=False),
        sa.Column("institution", sa.String(length=32), nullable=False),
        sa.Column("account", sa.String(length=22), nullable=False),
        sa.Column("begun_at", TIME, nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sa.Column(
            "proven_at", TIME, nullable=False, comment="When the password was last given."
        ),
        _suite(),
        _fk("sessions", "institution", "institutions.code"),
        _fk("sessions", "account", "accounts.id"),
        sa.PrimaryKeyConstraint("token_key", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_account"), "sessions", ["account"])
    op.create_index(op.f("ix_sessions_seen_at"), "sessions", ["seen_at"])
    op.execute("GRANT SELECT, INSERT, UPDATE ON accounts TO shualian_app")
    for table in ("account_roles", "account_codes", "sessions"):
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO shualian_app")


def downgrade() -> None:
    for table in ("sessions", "account_codes", "account_roles", "accounts"):
        op.drop_table(table)
