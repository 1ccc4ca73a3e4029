"""The tables, for PostgreSQL and SQLite alike.

1. A message row is written once, at acceptance; only its `status` changes, and
   its `expires_at` if a caller has it tried again after that.
2. What waits is a row of `deliveries`: one for each route a message takes,
   gone when nothing more is scheduled for it. So the index that claims read is
   as long as the backlog, not as the store.
   `part` is 0 for the only one of a message, and counts from 1 if there are several.
3. `claim_id` on a delivery is the fencing token: who does not hold it, writes
   nothing.
4. Ids are stored as they are shown (TypeIDs), so that what a caller reports can
   be pasted into a query.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    text,
)

from pillarbox.store.types import Instant, TypeIdText

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    }
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", TypeIdText, primary_key=True),
    Column("name", Text, nullable=False),
    Column("scopes", Text, nullable=False, doc="JSON list"),
    Column("senders", Text, nullable=False, doc="JSON list"),
    Column("secret_sha256", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("revoked_at", Instant),
)

messages = Table(
    "messages",
    metadata,
    Column("id", TypeIdText, primary_key=True),
    Column("key_id", TypeIdText, nullable=False),
    Column("status", String(16), nullable=False, doc="MESSAGE_RULES; `sending` is never stored"),
    Column("created_at", Instant, nullable=False, doc="the time in the id"),
    Column("expires_at", Instant, nullable=False),
    Column("internet_message_id", Text, nullable=False),
    Column("sender", Text, nullable=False, doc="the From mailbox as given, JSON"),
    Column("sender_address", Text, nullable=False, doc="its address with A-labels"),
    Column("envelope_sender", Text, nullable=False, doc="with A-labels"),
    Column("subject", Text, nullable=False),
    Column("tags", Text, nullable=False, doc="JSON list"),
    Column("metadata", Text, nullable=False, doc="JSON object"),
    Column("size", BigInteger, nullable=False, doc="upper bound of the built message, octets"),
    Column("traceparent", Text),
    Column("tracestate", Text),
    Column("priority", String(6), nullable=False, server_default=text("'normal'"), doc="its lane"),
    Column("on_uncertain", String(5), nullable=False, server_default=text("'retry'")),
    Column("send_at", Instant, doc="null: at once"),
    Column("relay", Text, doc="that the caller named; null: what the routes say"),
    Column("batch_id", TypeIdText),
)
Index("ix_messages_key_id_id", messages.c.key_id, messages.c.id)
# Nearly every message is `sent`, and is soon met walking by id; the indexes are for the others.
_NOT_SENT = text("status <> 'sent'")
Index(
    "ix_messages_status_id",
    messages.c.status,
    messages.c.id,
    postgresql_where=_NOT_SENT,
    sqlite_where=_NOT_SENT,
)
Index(
    "ix_messages_key_id_status_id",
    messages.c.key_id,
    messages.c.status,
    messages.c.id,
    postgresql_where=_NOT_SENT,
    sqlite_where=_NOT_SENT,
)
Index("ix_messages_sender_address_id", messages.c.sender_address, messages.c.id)
# The next two are of few: a message of no batch and due at once is in neither.
Index(
    "ix_messages_batch_id_id",
    messages.c.batch_id,
    messages.c.id,
    postgresql_where=text("batch_id IS NOT NULL"),
    sqlite_where=text("batch_id IS NOT NULL"),
)
Index(
    "ix_messages_send_at",
    messages.c.send_at,
    postgresql_where=text("status = 'scheduled'"),
    sqlite_where=text("status = 'scheduled'"),
)

contents = Table(
    "contents",
    metadata,
    Column("message_id", TypeIdText, ForeignKey("messages.id"), primary_key=True),
    Column("document", LargeBinary, nullable=False, doc="JSON; attachments by their SHA-256"),
    Column("doomed", Boolean, doc="true: goes as soon as nothing is sent from it any more"),
)
Index(
    "ix_contents_doomed",
    contents.c.message_id,
    postgresql_where=text("doomed"),
    sqlite_where=text("doomed = 1"),
)

blobs = Table(
    "blobs",
    metadata,
    Column("sha256", LargeBinary, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

blob_uses = Table(
    "blob_uses",
    metadata,
    Column("sha256", LargeBinary, ForeignKey("blobs.sha256"), primary_key=True),
    Column("message_id", TypeIdText, primary_key=True, doc="whose `contents` name the blob"),
    sqlite_with_rowid=False,
)
# The other way, from a message to its blobs, its document leads.

recipients = Table(
    "recipients",
    metadata,
    Column("message_id", TypeIdText, ForeignKey("messages.id"), primary_key=True),
    Column("position", SmallInteger, primary_key=True, doc="in the message, from 0"),
    Column("part", SmallInteger, nullable=False, doc="which of the message's deliveries"),
    Column("key_id", TypeIdText, nullable=False),
    Column("kind", String(3), nullable=False),
    Column("email", Text, nullable=False, doc="as given"),
    Column("address", Text, nullable=False, doc="with A-labels; what RCPT carries"),
    Column("status", String(16), nullable=False),
    Column("category", String(32)),
    Column("reply_code", SmallInteger),
    Column("reply_enhanced", Text),
    Column("reply_text", Text),
    Column("reply_command", String(16)),
    Column("finding_code", String(32)),
    Column("finding_detail", Text),
    Column("relay", Text),
    Column("host", Text),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("uncertain_attempts", SmallInteger, nullable=False, server_default=text("0")),
    Column("last_attempt_at", Instant),
    Column("next_attempt_at", Instant),
)
Index("ix_recipients_address_message_id", recipients.c.address, recipients.c.message_id)
Index(
    "ix_recipients_status_message_id",
    recipients.c.status,
    recipients.c.message_id,
    postgresql_where=_NOT_SENT,
    sqlite_where=_NOT_SENT,
)

labels = Table(
    "labels",
    metadata,
    Column("key_id", TypeIdText, primary_key=True),
    Column("digest", LargeBinary(16), primary_key=True, doc="of kind, name and value"),
    Column("message_id", TypeIdText, primary_key=True),
    sqlite_with_rowid=False,
)
# No foreign key: nothing leads from a message to its labels but their digests, made anew.
Index("ix_labels_digest_message_id", labels.c.digest, labels.c.message_id)

deliveries = Table(
    "deliveries",
    metadata,
    Column("message_id", TypeIdText, ForeignKey("messages.id"), primary_key=True),
    Column("part", SmallInteger, primary_key=True),
    Column("relay", Text, nullable=False),
    Column("fallbacks", Text, nullable=False, server_default=text("''"), doc="names, by commas"),
    Column("lane", String(6), nullable=False),
    Column("key_id", TypeIdText, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("claim_id", TypeIdText),
    Column("claim_place", SmallInteger, doc="in the claim, from 0"),
    Column("revised", Boolean, doc="true: who settles it must look which recipients wait now"),
)
Index(
    "ix_deliveries_due",
    deliveries.c.relay,
    deliveries.c.lane,
    deliveries.c.key_id,
    deliveries.c.due_at,
    postgresql_where=text("claim_id IS NULL"),
    sqlite_where=text("claim_id IS NULL"),
)
# Read only while a relay cannot be used, by those that may stand in for it.
_MAY_GO_ELSEWHERE = text("claim_id IS NULL AND fallbacks <> ''")
Index(
    "ix_deliveries_fallbacks",
    deliveries.c.relay,
    deliveries.c.lane,
    deliveries.c.fallbacks,
    deliveries.c.key_id,
    deliveries.c.due_at,
    postgresql_where=_MAY_GO_ELSEWHERE,
    sqlite_where=_MAY_GO_ELSEWHERE,
)
Index(
    "ix_deliveries_claim_id",
    deliveries.c.claim_id,
    postgresql_where=text("claim_id IS NOT NULL"),
    sqlite_where=text("claim_id IS NOT NULL"),
)
Index(
    "ix_deliveries_expires_at",
    deliveries.c.expires_at,
    postgresql_where=text("claim_id IS NULL"),
    sqlite_where=text("claim_id IS NULL"),
)

claims = Table(
    "claims",
    metadata,
    Column("id", TypeIdText, primary_key=True),
    Column("worker", Text, nullable=False),
    Column("relay", Text, nullable=False),
    Column("lane", String(6), nullable=False),
    Column("claimed_at", Instant, nullable=False),
    Column("due_by", Instant, nullable=False, doc="holds the recipients that were due by then"),
    Column("lease_until", Instant, nullable=False),
    Column("data_started_at", Instant),
    Column("data_through", SmallInteger, doc="the last place whose data may have ended"),
)
Index("ix_claims_lease_until", claims.c.lease_until)

relay_orders = Table(
    "relay_orders",
    metadata,
    Column("relay", Text, primary_key=True),
    Column("paused", Boolean, nullable=False),
    Column("ordered_at", Instant, nullable=False),
)

attempts = Table(
    "attempts",
    metadata,
    Column("message_id", TypeIdText, primary_key=True),
    Column("part", SmallInteger, primary_key=True),
    Column("started_at", Instant, primary_key=True),
    Column("relay", Text, nullable=False),
    Column("milliseconds", Double, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("host", Text),
    Column("tls_version", Text),
    Column("tls_cipher", Text),
    Column("reused", Boolean),
    Column("steps", Text, nullable=False, doc="JSON list"),
)
# No foreign key: attempts are written under a claim on a delivery, which has one, and checking it
# again is a third of what writing them costs.

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("key_id", TypeIdText, primary_key=True),
    Column("idempotency_key", Text, primary_key=True),
    Column("request_sha256", LargeBinary, nullable=False),
    Column("response", LargeBinary, nullable=False),
    Column("message_id", TypeIdText, nullable=False),
)
Index("ix_idempotency_keys_message_id", idempotency_keys.c.message_id)
