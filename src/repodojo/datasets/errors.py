"""The domain's errors as Kedro's, so that Kedro passes their message on instead of wrapping it."""

from kedro.io import DatasetError

from repodojo.errors import DatasetIncompleteError, InputError


class InputDatasetError(InputError, DatasetError):
    """A file, row or field that a user gave is not what it must be."""


class IncompleteDatasetError(DatasetIncompleteError, DatasetError):
    """A dataset was read, or left, before everything it owes was done."""
