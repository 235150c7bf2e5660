"""MLflow's sqlite database, made once before anything uses it.

Two first runs at once on a missing database break MLflow's migration, so it is made under a lock, beside its
place, and renamed into it.
"""

import fcntl
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from repodojo.errors import InputError

SQLITE = "sqlite:///"
_WRITE_AHEAD = "pragma journal_mode = wal"
"""Threads write traces beside the run's own records: short commits keep either from waiting in vain."""


def create_database(uri: str) -> bool:
    """Make the database of a ``sqlite:///`` address; return whether it was missing.

    Raises:
        InputError: it cannot be made, or what is there is no database.
    """
    if not uri.startswith(SQLITE):
        return False
    path = Path(uri.removeprefix(SQLITE))
    try:
        return _create(path) if not path.exists() else _check(path)
    except (OSError, sqlite3.DatabaseError) as error:
        raise InputError(
            f"MLflow's database {path}: expected a file that can be written, found: {error}; "
            f"mend or move it, or set MLFLOW_TRACKING_URI to another place"
        ) from error


def _check(path: Path) -> bool:
    """Read the list of tables of a database that is there."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("select count(*) from sqlite_master").fetchone()
        with suppress(sqlite3.OperationalError):  # another run writes to it
            database.execute(_WRITE_AHEAD)
    return False


def _create(path: Path) -> bool:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(path.name + ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if path.exists():
            return False
        fresh = path.with_name(path.name + ".new")
        fresh.unlink(missing_ok=True)
        _migrate(fresh)
        fresh.rename(path)
        return True


def _migrate(path: Path) -> None:
    """Make MLflow's tables in a new file with a write-ahead log."""
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore  # noqa: PLC0415

    store = SqlAlchemyStore(f"{SQLITE}{path}", (path.parent / "mlartifacts").as_posix())
    store.engine.dispose()
    with closing(sqlite3.connect(path)) as database:
        database.execute(_WRITE_AHEAD)
