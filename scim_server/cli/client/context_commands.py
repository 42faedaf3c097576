"""`scim-server context`: the servers that one has logged in to, and which one is in use."""

from typing import Any

import click

from scim_server.cli.client.asking import choose, confirm, force_option
from scim_server.cli.client.contexts import Contexts, changing_contexts, read_contexts
from scim_server.cli.client.listing import output_options, say, show
from scim_server.cli.lazy import LazyGroup

NONE = "no context set. Run 'scim-server login'"


@click.group(cls=LazyGroup, aliases={"ls": "list", "sw": "switch", "de": "delete"})
def context() -> None:
    """Choose between servers that you have logged in to."""


@context.command("list")
@output_options
def list_contexts(as_json: bool) -> None:
    """List the servers that you have logged in to.

    \b
    Example: scim-server context list
    """
    columns = {"name": "NAME", "url": "URL", "organization": "ORGANIZATION", "subject": "LOGGED IN AS"}
    show("contexts", _rows(read_contexts()), columns, as_json=as_json, empty=NONE)


@context.command()
@click.argument("name", required=False)
def switch(name: str | None) -> None:
    """Choose the server that commands act on.

    \b
    Example: scim-server context switch scim.example.com
    """
    rows = _rows(read_contexts())
    if name is None and rows:
        chosen = choose(rows, {"name": "NAME"}, missing="Name a context.", invalid="invalid context selection")
        name = chosen["name"]
    with changing_contexts() as contexts:
        contexts.current = _known(contexts, name)
    say(f"Switched context to {name}")


@context.command()
@click.argument("name")
@force_option
def delete(name: str, force: bool) -> None:
    """Forget a server and the login to it.

    \b
    Example: scim-server context delete scim.example.com --force
    """
    _known(read_contexts(), name)
    confirm(f"Are you sure you want to delete the context {name}?", force=force, declined="Canceling context deletion")
    with changing_contexts() as contexts:
        contexts.by_name.pop(name, None)
        if contexts.current == name:
            contexts.current = None
    say(f"Deleted context {name}")


def _known(contexts: Contexts, name: str | None) -> str:
    if name is None or not contexts.by_name:
        raise click.ClickException(NONE)
    if name not in contexts.by_name:
        raise click.ClickException(f"There is no context {name!r}. Known: {', '.join(sorted(contexts.by_name))}")
    return name


def _rows(contexts: Contexts) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "url": each.url,
            "organization": each.organization_name,
            "subject": each.subject if each.token is not None else None,
            "isCurrent": name == contexts.current,
        }
        for name, each in sorted(contexts.by_name.items())
    ]
