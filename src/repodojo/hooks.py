"""Kedro's hooks: configuration digests, tracking, handles, timings."""


class ConfigurationHooks:
    """Tells each dataset which configuration's results are asked for."""


class TrackingHooks:
    """Logs to MLflow."""


class HandleHooks:
    """Closes handles."""


class TimingHooks:
    """Measures pipelines."""
