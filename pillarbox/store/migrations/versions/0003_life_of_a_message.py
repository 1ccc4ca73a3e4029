"""What callers may ask of a message's life, batches, and what purging finds its way by."""

import orjson
import sqlalchemy as sa
from alembic import op

from pillarbox.store.types import Instant, TypeIdText

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_CHUNK = 500
"""Documents read at a time: they may be large."""


def upgrade() -> None:
    for column in (
        sa.Column("priority", sa.String(6), server_default=sa.text("'normal'"), nullable=False),
        sa.Column("on_uncertain", sa.String(5), server_default=sa.text("'retry'"), nullable=False),
        sa.Column("send_at", Instant),
        sa.Column("relay", sa.Text()),
        sa.Column("batch_id", TypeIdText),
    ):
        op.add_column("messages", column)
    op.create_index(
        "ix_messages_batch_id_id",
        "messages",
        ["batch_id", "id"],
        postgresql_where=sa.text("batch_id IS NOT NULL"),
        sqlite_where=sa.text("batch_id IS NOT NULL"),
    )
    op.create_index(
        "ix_messages_send_at",
        "messages",
        ["send_at"],
        postgresql_where=sa.text("status = 'scheduled'"),
        sqlite_where=sa.text("status = 'scheduled'"),
    )
    op.add_column("deliveries", sa.Column("revised", sa.Boolean()))
    op.create_index("ix_idempotency_keys_message_id", "idempotency_keys", ["message_id"])
    uses = op.create_table(
        "blob_uses",
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("message_id", TypeIdText, nullable=False),
        sa.ForeignKeyConstraint(["sha256"], ["blobs.sha256"], name="fk_blob_uses_sha256"),
        sa.PrimaryKeyConstraint("sha256", "message_id", name="pk_blob_uses"),
        sqlite_with_rowid=False,
    )
    _note_uses(uses)


def _note_uses(uses: sa.Table) -> None:
    """Note which blobs the messages that are there already are made from."""
    connection = op.get_bind()
    contents = sa.table("contents", sa.column("message_id"), sa.column("document"))
    page = sa.select(contents).order_by(contents.c.message_id).limit(_CHUNK)
    last = ""
    while rows := connection.execute(page.where(contents.c.message_id > last)).all():
        last = rows[-1].message_id
        used = {
            (bytes.fromhex(each["sha256"]), row.message_id)
            for row in rows
            if b'"sha256"' in row.document
            for each in orjson.loads(row.document)["attachments"]
        }
        if used:
            found = [{"sha256": name, "message_id": message} for name, message in sorted(used)]
            connection.execute(sa.insert(uses), found)


def downgrade() -> None:
    op.drop_table("blob_uses")
    op.drop_index("ix_idempotency_keys_message_id", "idempotency_keys")
    op.drop_column("deliveries", "revised")
    op.drop_index("ix_messages_send_at", "messages")
    op.drop_index("ix_messages_batch_id_id", "messages")
    for name in ("batch_id", "relay", "send_at", "on_uncertain", "priority"):
        op.drop_column("messages", name)
