"""What is to be removed as soon as nothing is sent from it any more."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("contents", sa.Column("doomed", sa.Boolean()))
    op.create_index(
        "ix_contents_doomed",
        "contents",
        ["message_id"],
        postgresql_where=sa.text("doomed"),
        sqlite_where=sa.text("doomed = 1"),
    )


def downgrade() -> None:
    op.drop_index("ix_contents_doomed", "contents")
    op.drop_column("contents", "doomed")
