"""The baseline's one table, and where it is."""

import os
from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Engine,
    Identity,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    func,
)

metadata = MetaData()

mails = Table(
    "mails",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("sender", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("html", Text, nullable=False),
    Column("status", String(16), nullable=False, server_default="queued"),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("sent_at", DateTime(timezone=True)),
)


@dataclass(frozen=True, slots=True)
class Config:
    """Where the baseline's processes find what they need."""

    database_url: str
    broker_url: str
    relay_port: int

    @classmethod
    def read(cls) -> "Config":
        """Read it from this process's environment."""
        return cls(
            os.environ["BASELINE_DATABASE_URL"],
            os.environ["BASELINE_BROKER_URL"],
            int(os.environ["BASELINE_RELAY_PORT"]),
        )

    def variables(self) -> dict[str, str]:
        """Return the environment from which `read` makes this again."""
        return {
            "BASELINE_DATABASE_URL": self.database_url,
            "BASELINE_BROKER_URL": self.broker_url,
            "BASELINE_RELAY_PORT": str(self.relay_port),
        }


def make_engine(config: Config, *, connections: int) -> Engine:
    """Make an engine that keeps as many connections as its process has threads."""
    return create_engine(config.database_url, pool_size=connections, max_overflow=0)
