"""How a database comes to have the tables of `../tables.py`: Alembic's revisions, in their order."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine


def configuration(engine: Engine) -> Config:
    """Alembic's, for a database that is at hand already."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["engine"] = engine
    return config


def upgrade(engine: Engine) -> str:
    """Bring the tables up to date; gives the revision they have then."""
    command.upgrade(configuration(engine), "head")
    with engine.connect() as connection:
        return str(MigrationContext.configure(connection).get_current_revision())
