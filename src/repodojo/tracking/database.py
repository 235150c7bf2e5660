"""MLflow's sqlite database, made once before anything uses it.

Two first runs at once on a missing database break MLflow's migration, so it is made under a lock, beside its
place, and renamed into it.
"""

import fcntl
from pathlib import Path

SQLITE = "sqlite:///"


def create_database(uri: str) -> bool:
    """Make the database of a ``sqlite:///`` address; return whether it was missing."""
    if not uri.startswith(SQLITE):
        return False
    path = Path(uri.removeprefix(SQLITE))
    if path.exists():
        return False
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
    """Make MLflow's tables in a new file."""
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore  # noqa: PLC0415

    store = SqlAlchemyStore(f"{SQLITE}{path}", (path.parent / "mlartifacts").as_posix())
    store.engine.dispose()
