"""``kedro run`` and ``kedro dry-run``; errors that a user caused are one message, without a traceback."""

import logging
from collections.abc import Callable
from copy import copy
from functools import wraps
from typing import Any

import click
from kedro.framework.cli.project import run as kedro_run
from kedro.framework.project import pipelines as registered
from kedro.framework.project import settings
from kedro.framework.startup import ProjectMetadata
from kedro.io import DatasetError

from repodojo.datasets.asked import check_environment
from repodojo.datasets.serving import describe_launches, find_launches, serving_facts
from repodojo.errors import InputError, RepoDojoError, hint

logger = logging.getLogger(__name__)


def check_pipelines(names: list[str]) -> None:
    """Refuse unknown pipelines.

    Raises:
        InputError: naming the one that was probably meant, or all.
    """
    for name in names:
        if name not in registered:
            raise InputError(f"pipeline '{name}' is unknown, {hint(name, registered)}")


def explain(error: BaseException) -> str | None:
    """Return the message of the innermost error raised on purpose; None where there is none in the chain."""
    message = None
    current: BaseException | None = error
    while current is not None:
        if isinstance(current, RepoDojoError):
            message = str(current)
        current = current.__cause__
    return message or (str(error) if isinstance(error, DatasetError) else None)


def explained(function: Callable[..., Any]) -> Callable[..., Any]:
    """Turn errors raised on purpose into click's, which are shown as one message."""

    @wraps(function)
    def run(*arguments: Any, **options: Any) -> Any:
        try:
            return function(*arguments, **options)
        except Exception as error:
            message = explain(error)
            if message is None:
                raise
            logger.debug("raised here", exc_info=error)
            raise click.ClickException(message) from error

    return run


def checked(function: Callable[..., Any]) -> Callable[..., Any]:
    """Check the names of pipelines first."""

    @wraps(function)
    def run(*, pipeline: str | None, pipelines: list[str], **options: Any) -> Any:
        names = [*pipelines, pipeline] if pipeline else pipelines
        check_pipelines(names)
        return function(pipeline=None, pipelines=names, **options)

    return run


run = copy(kedro_run)
if kedro_run.callback is not None:
    run.callback = explained(checked(kedro_run.callback))


@click.command("dry-run")
@click.option("--env", "-e", required=True, help="Environment, a folder of conf.")
@click.pass_obj
@explained
def dry_run(metadata: ProjectMetadata, env: str) -> None:
    """Show what vLLM would serve in an environment: commands and memory; nothing is started."""
    source = metadata.project_path / "conf"
    loader = settings.CONFIG_LOADER_CLASS(str(source), env, **settings.CONFIG_LOADER_ARGS)
    check_environment(loader, env)
    launches = find_launches(loader["catalog"])
    if not launches:
        raise InputError(f"environment '{env}': vLLM serves nothing in it; 'kind: vllm' in a catalog would")
    for line in describe_launches(launches, serving_facts(loader, env)):
        click.echo(line)


@click.group(name="RepoDojo")
def cli() -> None:
    """Commands of the project."""


cli.add_command(run)
cli.add_command(dry_run)
