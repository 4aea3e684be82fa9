"""A visit at the counter may be resolved by the photo on the card's chip."""

from alembic import op

revision = "chip_photo"
down_revision = "figures"
branch_labels = None
depends_on = None

NAME = "ck_counter_results_way"


def _ways(ways: str) -> None:
    op.drop_constraint(op.f(NAME), "counter_results", type_="check")
    op.create_check_constraint(op.f(NAME), "counter_results", f"way IN ({ways})")


def upgrade() -> None:
    _ways("'document','chip_photo','let_pass'")


def downgrade() -> None:
    # What was resolved so was a card that a clerk saw.
    op.execute("UPDATE counter_results SET way = 'document' WHERE way = 'chip_photo'")
    _ways("'document','let_pass'")
