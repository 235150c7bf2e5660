"""The table that curation works on: a row of metadata for each attempt, without the conversation.

Its index is the attempt's place in the one order (instance, attempt, policy, rollout), so that what is chosen
never depends on the order in which attempts arrive; column ``arrival`` is that order. Rules take and return
such tables. A million rows fit: they can come from Parquet columns as well as from trajectories.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute

from repodojo.errors import InputError
from repodojo.types import Outcome, Trajectory, to_json

ORDER = ("instance_id", "attempt", "policy", "rollout_id")
COLUMNS = (*ORDER, "repo", "outcome", "calls", "messages")
"""``outcome``: resolved, unresolved or not_measured; ``calls``: of the model; ``messages``: their digest."""
OUTCOMES: tuple[Outcome, ...] = ("resolved", "unresolved", "not_measured")


def describe_attempts(
    trajectories: Iterable[Trajectory], outcomes: Mapping[str, Outcome], repo_of: Mapping[str, str]
) -> pd.DataFrame:
    """Return the table of trajectories; one without an outcome (by rollout_id) was not measured."""
    rows = []
    for each in trajectories:
        outcome = outcomes.get(each.rollout_id, "not_measured")
        key = (each.instance_id, each.attempt, each.policy, each.rollout_id)
        rows.append((*key, repo_of[each.instance_id], outcome, len(each.turns), _digest(each)))
    return arrange(pd.DataFrame(rows, columns=list(COLUMNS)))


def arrange(attempts: pd.DataFrame) -> pd.DataFrame:
    """Put rows of metadata, in whatever order they arrive, into their one order.

    Raises:
        InputError: a column is missing, or holds an outcome that is none.
    """
    missing = [name for name in COLUMNS if name not in attempts.columns]
    if missing:
        raise InputError(
            f"table of attempts: column '{missing[0]}' is missing, expected {', '.join(COLUMNS)}; "
            f"found {', '.join(map(str, attempts.columns))}"
        )
    strange = sorted(set(attempts["outcome"].unique()) - set(OUTCOMES))
    if strange:
        raise InputError(
            f"table of attempts: column 'outcome': expected one of {', '.join(OUTCOMES)}, "
            f"found {strange[0]!r}"
        )
    keys = pa.table({name: pa.array(attempts[name], from_pandas=True) for name in ORDER})
    places = pa.compute.sort_indices(keys, sort_keys=[(name, "ascending") for name in ORDER]).to_numpy()
    arranged: pd.DataFrame = attempts.iloc[places].assign(arrival=places).reset_index(drop=True)
    return arranged


def in_order(attempts: pd.DataFrame) -> pd.DataFrame:
    """Return the rows in their one order."""
    return attempts.sort_index()


def prefer_short(attempts: pd.DataFrame) -> pd.DataFrame:
    """Return instance after instance, attempts with fewer model calls first; ties in order."""
    ordered = in_order(attempts)
    blocks = pd.factorize(ordered["instance_id"])[0]
    return ordered.iloc[np.lexsort((ordered["calls"].to_numpy(), blocks))]


def numbered(attempts: pd.DataFrame) -> pd.Series:
    """Count each row's predecessors of the same instance."""
    return attempts.groupby("instance_id", sort=False, observed=True).cumcount()


def _digest(trajectory: Trajectory) -> str:
    """Digest the messages, word for word."""
    data = json.dumps([to_json(message) for message in trajectory.messages])
    return hashlib.blake2b(data.encode(), digest_size=16).hexdigest()
