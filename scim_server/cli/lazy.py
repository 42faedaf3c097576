"""A command group that imports a command when it is called: most commands need a part of the program alone."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Any, NamedTuple

import click


class Lazily(NamedTuple):
    """Where a command is, as `module:name`, and the line that its group's help says of it."""

    where: str
    summary: str

    def load(self) -> click.Command:
        """Import the command."""
        module, _, name = self.where.partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command


class LazyGroup(click.Group):
    """A group whose `--help` imports none of its commands; tests compare the summaries with what the commands say.

    `aliases` are short names, each with the name that it stands for; help shows them behind the names.
    """

    def __init__(
        self,
        *args: Any,
        lazy: Mapping[str, Lazily] = MappingProxyType({}),
        aliases: Mapping[str, str] = MappingProxyType({}),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.lazy = lazy
        self.aliases = aliases

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*super().list_commands(ctx), *self.lazy]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        name = self.aliases.get(cmd_name, cmd_name)
        lazily = self.lazy.get(name)
        return lazily.load() if lazily else super().get_command(ctx, name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        # Usage and errors name the command in full.
        return super().resolve_command(ctx, [self.aliases.get(args[0], args[0]), *args[1:]])

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(self._named(name), lazily.summary) for name, lazily in self.lazy.items()]
        rows += [(self._named(name), command.get_short_help_str(200)) for name, command in self.commands.items()]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def _named(self, name: str) -> str:
        return ", ".join([name, *(alias for alias, meant in self.aliases.items() if meant == name)])


def commands_of(group: click.Group, *path: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Give the words and the command of everything below a group that does something, importing them all."""
    with click.Context(group) as context:
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            if isinstance(command, click.Group):
                yield from commands_of(command, *path, name)
            elif command:
                yield (*path, name), command
