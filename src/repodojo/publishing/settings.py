"""What a release is called, and whether it goes anywhere."""

from pydantic import BaseModel, ConfigDict, Field


class PublishSettings(BaseModel):
    """Settings of the pipeline `publish`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field("repodojo", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,60}$")
    """What the name of every repository of the release starts with."""
    upload_to: str = Field("", pattern=r"^([A-Za-z0-9][A-Za-z0-9-]{0,60})?$")
    """The hub's user or organisation to upload to; empty: nothing is uploaded."""
    private: bool = True
    """Whether repositories that an upload creates are private."""
