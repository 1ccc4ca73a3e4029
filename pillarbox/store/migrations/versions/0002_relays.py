"""Several relays: which may stand in for which, and what the operator has ordered."""

import sqlalchemy as sa
from alembic import op

from pillarbox.store.types import Instant

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "deliveries",
        sa.Column("fallbacks", sa.Text(), server_default=sa.text("''"), nullable=False),
    )
    op.create_index(
        "ix_deliveries_fallbacks",
        "deliveries",
        ["relay", "lane", "fallbacks", "key_id", "due_at"],
        postgresql_where=sa.text("claim_id IS NULL AND fallbacks <> ''"),
        sqlite_where=sa.text("claim_id IS NULL AND fallbacks <> ''"),
    )
    op.create_table(
        "relay_orders",
        sa.Column("relay", sa.Text(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("ordered_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("relay", name="pk_relay_orders"),
    )


def downgrade() -> None:
    op.drop_table("relay_orders")
    op.drop_index("ix_deliveries_fallbacks", "deliveries")
    op.drop_column("deliveries", "fallbacks")
