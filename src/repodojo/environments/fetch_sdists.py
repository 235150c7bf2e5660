"""Child process that downloads source distributions through pip's own index client.

So index, mirrors, credentials, proxies and certificates are those pip is set up for. ``pip download``
itself also builds each project's metadata, which takes far longer and runs the project's code.

Usage: python -m repodojo.environments.fetch_sdists FOLDER NAME==VERSION ...
Prints, for each, the file name as JSON, or null where the index has none.
"""

import json
import sys
from optparse import Values
from pathlib import Path

from pip._internal.commands.index import IndexCommand
from pip._internal.models.link import Link
from pip._internal.network.session import PipSession
from pip._internal.network.utils import HEADERS, response_chunks

_SUFFIX = ".tar.gz"


class FetchCommand(IndexCommand):
    """Fetches source distributions, building nothing."""

    def run(self, options: Values, args: list[str]) -> int:
        """Fetch each requirement into the folder named first."""
        folder = Path(args[0])
        with self._build_session(options) as session:
            finder = self._build_package_finder(options, session)
            for requirement in args[1:]:
                name, _, version = requirement.partition("==")
                candidates = finder.find_all_candidates(name)
                links = [
                    candidate.link
                    for candidate in candidates
                    if str(candidate.version) == version and candidate.link.filename.endswith(_SUFFIX)
                ]
                found = _download(session, links[0], folder) if links else None
                sys.stdout.write(json.dumps(found) + "\n")
        return 0


def _download(session: PipSession, link: Link, folder: Path) -> str:
    response = session.get(link.url_without_fragment, headers=HEADERS, stream=True)
    response.raise_for_status()
    with (folder / link.filename).open("wb") as file:
        file.writelines(response_chunks(response))
    return str(link.filename)


if __name__ == "__main__":
    command = FetchCommand("fetch", "Fetch source distributions.")
    sys.exit(command.main(["--quiet", "--no-binary", ":all:", "--pre", *sys.argv[1:]]))
