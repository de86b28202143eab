"""What Alembic runs for each command: the revisions in one transaction, on the engine that it was handed."""

from alembic import context
from sqlalchemy import Engine

from application.catalogue.tables import metadata

engine: Engine = context.config.attributes["engine"]

with engine.connect() as connection:
    context.configure(connection, target_metadata=metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
