"""Uploads one folder of a release to a Hugging Face hub, by its own client.

The token is the client's: ``HF_TOKEN``, or what ``hf auth login`` left. ``HF_ENDPOINT`` names another hub.
"""

from pathlib import Path

from repodojo.errors import InputError
from repodojo.publishing.repository import Kind


def upload_folder(folder: Path, kind: Kind, owner: str, private: bool) -> dict[str, str]:
    """Create the repository unless it is there, upload the folder as one commit, and say where it is.

    Raises:
        InputError: the client is missing, or the hub refuses or cannot be reached.
    """
    try:
        from huggingface_hub import HfApi  # noqa: PLC0415
        from huggingface_hub.utils import httpx  # noqa: PLC0415 - the client's own, whatever its version
    except ImportError as error:
        raise InputError("uploading needs huggingface_hub: install the extra 'hub'") from error
    name = f"{owner}/{folder.name}"
    api = HfApi()
    try:
        api.create_repo(name, repo_type=kind, private=private, exist_ok=True)
        commit = api.upload_folder(
            repo_id=name, folder_path=folder, repo_type=kind, commit_message="Release of RepoDojo"
        )
    except (httpx.HTTPError, OSError) as error:
        raise InputError(
            f"uploading {name} to {api.endpoint}: {str(error).splitlines()[0]}; is the hub reachable, and "
            f"does HF_TOKEN hold a token that may write there?"
        ) from error
    return {"repository": name, "kind": kind, "commit": str(commit.oid), "url": str(commit.commit_url)}
