"""How a migration reaches the database: through the connection it is given, or the settings'."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection, text

from app.models import Base
from app.settings import load_settings
from app.store import Database, make_table_filter

# A migration that waits for a lock makes everybody behind it wait too: it gives up soon.
_LOCK_TIMEOUT = "5s"


def migrate(connection: Connection) -> None:
    """Run what was asked for in one transaction; SQLite and PostgreSQL both undo it whole."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_object=make_table_filter(connection),
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'"))
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    migrate(given)
else:
    database = Database(load_settings().sqlalchemy_url)
    with database.engine.begin() as opened:
        migrate(opened)
    database.close()
