"""The first tables: messages, what waits, claims, attempts, keys."""

import sqlalchemy as sa
from alembic import op

from pillarbox.store.types import Instant, TypeIdText

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", TypeIdText, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("senders", sa.Text(), nullable=False),
        sa.Column("secret_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("revoked_at", Instant),
        sa.PrimaryKeyConstraint("id", name="pk_api_keys"),
    )
    op.create_table(
        "attempts",
        sa.Column("message_id", TypeIdText, nullable=False),
        sa.Column("part", sa.SmallInteger(), nullable=False),
        sa.Column("started_at", Instant, nullable=False),
        sa.Column("relay", sa.Text(), nullable=False),
        sa.Column("milliseconds", sa.Double(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("host", sa.Text()),
        sa.Column("tls_version", sa.Text()),
        sa.Column("tls_cipher", sa.Text()),
        sa.Column("reused", sa.Boolean()),
        sa.Column("steps", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("message_id", "part", "started_at", name="pk_attempts"),
    )
    op.create_table(
        "blobs",
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_blobs"),
    )
    op.create_table(
        "claims",
        sa.Column("id", TypeIdText, nullable=False),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("relay", sa.Text(), nullable=False),
        sa.Column("lane", sa.String(length=6), nullable=False),
        sa.Column("claimed_at", Instant, nullable=False),
        sa.Column("due_by", Instant, nullable=False),
        sa.Column("lease_until", Instant, nullable=False),
        sa.Column("data_started_at", Instant),
        sa.Column("data_through", sa.SmallInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_claims"),
    )
    op.create_index("ix_claims_lease_until", "claims", ["lease_until"])
    op.create_table(
        "idempotency_keys",
        sa.Column("key_id", TypeIdText, nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("request_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("response", sa.LargeBinary(), nullable=False),
        sa.Column("message_id", TypeIdText, nullable=False),
        sa.PrimaryKeyConstraint("key_id", "idempotency_key", name="pk_idempotency_keys"),
    )
    op.create_table(
        "labels",
        sa.Column("key_id", TypeIdText, nullable=False),
        sa.Column("digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("message_id", TypeIdText, nullable=False),
        sa.PrimaryKeyConstraint("key_id", "digest", "message_id", name="pk_labels"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_labels_digest_message_id", "labels", ["digest", "message_id"])
    op.create_table(
        "messages",
        sa.Column("id", TypeIdText, nullable=False),
        sa.Column("key_id", TypeIdText, nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.Column("internet_message_id", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("sender_address", sa.Text(), nullable=False),
        sa.Column("envelope_sender", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("metadata", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("traceparent", sa.Text()),
        sa.Column("tracestate", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_messages"),
    )
    op.create_index("ix_messages_key_id_id", "messages", ["key_id", "id"])
    op.create_index(
        "ix_messages_key_id_status_id",
        "messages",
        ["key_id", "status", "id"],
        postgresql_where=sa.text("status <> 'sent'"),
        sqlite_where=sa.text("status <> 'sent'"),
    )
    op.create_index("ix_messages_sender_address_id", "messages", ["sender_address", "id"])
    op.create_index(
        "ix_messages_status_id",
        "messages",
        ["status", "id"],
        postgresql_where=sa.text("status <> 'sent'"),
        sqlite_where=sa.text("status <> 'sent'"),
    )
    op.create_table(
        "contents",
        sa.Column("message_id", TypeIdText, nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name="fk_contents_message_id"),
        sa.PrimaryKeyConstraint("message_id", name="pk_contents"),
    )
    op.create_table(
        "deliveries",
        sa.Column("message_id", TypeIdText, nullable=False),
        sa.Column("part", sa.SmallInteger(), nullable=False),
        sa.Column("relay", sa.Text(), nullable=False),
        sa.Column("lane", sa.String(length=6), nullable=False),
        sa.Column("key_id", TypeIdText, nullable=False),
        sa.Column("due_at", Instant, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.Column("claim_id", TypeIdText),
        sa.Column("claim_place", sa.SmallInteger()),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name="fk_deliveries_message_id"),
        sa.PrimaryKeyConstraint("message_id", "part", name="pk_deliveries"),
    )
    op.create_index(
        "ix_deliveries_claim_id",
        "deliveries",
        ["claim_id"],
        postgresql_where=sa.text("claim_id IS NOT NULL"),
        sqlite_where=sa.text("claim_id IS NOT NULL"),
    )
    op.create_index(
        "ix_deliveries_due",
        "deliveries",
        ["relay", "lane", "key_id", "due_at"],
        postgresql_where=sa.text("claim_id IS NULL"),
        sqlite_where=sa.text("claim_id IS NULL"),
    )
    op.create_index(
        "ix_deliveries_expires_at",
        "deliveries",
        ["expires_at"],
        postgresql_where=sa.text("claim_id IS NULL"),
        sqlite_where=sa.text("claim_id IS NULL"),
    )
    op.create_table(
        "recipients",
        sa.Column("message_id", TypeIdText, nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("part", sa.SmallInteger(), nullable=False),
        sa.Column("key_id", TypeIdText, nullable=False),
        sa.Column("kind", sa.String(length=3), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("category", sa.String(length=32)),
        sa.Column("reply_code", sa.SmallInteger()),
        sa.Column("reply_enhanced", sa.Text()),
        sa.Column("reply_text", sa.Text()),
        sa.Column("reply_command", sa.String(length=16)),
        sa.Column("finding_code", sa.String(length=32)),
        sa.Column("finding_detail", sa.Text()),
        sa.Column("relay", sa.Text()),
        sa.Column("host", sa.Text()),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "uncertain_attempts", sa.SmallInteger(), server_default=sa.text("0"), nullable=False
        ),
        sa.Column("last_attempt_at", Instant),
        sa.Column("next_attempt_at", Instant),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name="fk_recipients_message_id"),
        sa.PrimaryKeyConstraint("message_id", "position", name="pk_recipients"),
    )
    op.create_index("ix_recipients_address_message_id", "recipients", ["address", "message_id"])
    op.create_index(
        "ix_recipients_status_message_id",
        "recipients",
        ["status", "message_id"],
        postgresql_where=sa.text("status <> 'sent'"),
        sqlite_where=sa.text("status <> 'sent'"),
    )


def downgrade() -> None:
    for table in (
        "recipients",
        "deliveries",
        "contents",
        "messages",
        "labels",
        "idempotency_keys",
        "claims",
        "blobs",
        "attempts",
        "api_keys",
    ):
        op.drop_table(table)
