"""What Alembic runs for every command; `pillarbox.store.migration` hands the connection in."""

from alembic import context

from pillarbox.store.tables import metadata


def run() -> None:
    """Run the migrations within the caller's transaction."""
    connection = context.config.attributes["connection"]
    context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
    with context.begin_transaction():
        context.run_migrations()


run()
