"""Groups whose commands have short names as well."""

from collections.abc import Mapping
from typing import Any

import click

from scim_server.cli.lazy import LazyGroup


class AliasGroup(LazyGroup):
    """A group with aliases, short name to name; help shows them behind the names."""

    def __init__(self, *args: Any, aliases: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **{"lazy": {}, **kwargs})
        self.aliases = aliases

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return super().get_command(ctx, self.aliases.get(cmd_name, cmd_name))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        return super().resolve_command(ctx, [self.aliases.get(args[0], args[0]), *args[1:]])

    def named(self, name: str) -> str:
        """Return a command's name as help shows it."""
        return ", ".join([name, *(alias for alias, of in self.aliases.items() if of == name)])
