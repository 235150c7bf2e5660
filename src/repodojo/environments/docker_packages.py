"""What apt says about packages that it cannot install; a pure function."""

import re
from collections.abc import Sequence

from repodojo.errors import BuildError, LackingPackagesError
from repodojo.grading.test_log import without_colours

_UNKNOWN = re.compile(
    r"Unable to locate package (\S+)|Package '?(\S+?)'? has no installation candidate|(\S+) is none"
)


def packages_error(names: Sequence[str], told: str) -> BuildError:
    """Return the error for packages that an image did not get."""
    told = without_colours(told)  # the engine colours each piece of what apt says
    unknown = {next(filter(None, found)) for found in _UNKNOWN.findall(told)}
    lacking = tuple(sorted(unknown & set(names)))
    if lacking:
        return LackingPackagesError(
            f"no_system_package: the image's archives have no {', '.join(lacking)}; mend the names, or name "
            f"another base image ('operation.image' of the workshop)",
            lacking,
        )
    return BuildError(f"no_system_package: {', '.join(names)} cannot be added to the image: {told[-600:]}")
