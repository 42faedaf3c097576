"""Write the parts of the reference that the program itself knows: `python docs/generate.py`, from the checkout.

The tests fail where a page no longer says what the program does.
"""

import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from scim_server.app import create_app  # noqa: E402
from scim_server.cli.lazy import commands_of  # noqa: E402 - from this checkout, not from one that is installed
from scim_server.cli.main import cli  # noqa: E402 - as above
from scim_server.protocol import limits  # noqa: E402
from scim_server.roles.catalogue import Scope, catalogue  # noqa: E402
from scim_server.settings import PREFIX, Settings  # noqa: E402
from scim_server.web.console.guides import GUIDES, Guide  # noqa: E402
from scim_server.web.management.reference import Reference  # noqa: E402

NOTE = "<!-- Written by docs/generate.py. -->"
LIMITS = {
    "MAX_BODY_BYTES": ("Bytes of a request's body", "413"),
    "MAX_BULK_BODY_BYTES": ("Bytes of a Bulk request's body (`bulk.maxPayloadSize`)", "413"),
    "MAX_JSON_DEPTH": ("Levels of a body", "400 `invalidSyntax`"),
    "MAX_PATCH_OPERATIONS": ("Operations of one PATCH", "413"),
    "MAX_MEMBER_VALUES": ("Members that one PATCH names", "413"),
    "MAX_MULTI_VALUES": ("Elements of any other multi-valued attribute", "400 `invalidValue`"),
    "MAX_STRING_LENGTH": ("Characters of a string", "400 `invalidValue`"),
    "MAX_INDEXED_STRING_LENGTH": (
        "Characters of a value that an index holds, such as `userName`",
        "400 `invalidValue`",
    ),
    "MAX_FILTER_BYTES": ("Bytes of a filter", "400 `invalidFilter`"),
    "MAX_FILTER_COMPARISONS": ("Comparisons in a filter", "400 `invalidFilter`"),
    "MAX_FILTER_DEPTH": ("Levels of a filter", "400 `invalidFilter`"),
    "DEFAULT_PAGE_SIZE": ("Resources of a page where no `count` is sent", "-"),
    "MAX_PAGE_SIZE": ("Resources of a page (`filter.maxResults`)", "a shorter page"),
    "MAX_BULK_OPERATIONS": ("Operations of a Bulk request (`bulk.maxOperations`)", "413"),
    "MAX_MEMBERS_IN_PATCH_ANSWER": ("Members of a Group that a PATCH answers with", "204 with `ETag`"),
    "CURSOR_TIMEOUT": ("Seconds that a cursor is good for (`pagination.cursorTimeout`)", "400 `expiredCursor`"),
    "MAX_EXTENSION_ATTRIBUTES": ("Attributes of a registered extension", "refused by the command"),
    "MAX_SUB_ATTRIBUTES": ("Sub-attributes of one of them", "refused by the command"),
}


def limits_table() -> str:
    """Return the table of all limits."""
    rows = [f"| {what} | {getattr(limits, name):,} | {beyond} |" for name, (what, beyond) in LIMITS.items()]
    return "\n".join(["| what | limit | beyond it |", "|---|---:|---|", *rows])


def settings_page() -> str:
    """Return the page of all settings."""
    parts = [f"# Settings\n\n{NOTE}\n"]
    parts.append(
        f"A setting is an environment variable `{PREFIX}NAME`, or `name` in the TOML file that `{PREFIX}CONFIG` names; "
        "the environment goes first. An unknown name or a wrong value stops the start with one line that says which "
        "and what is allowed.\n\n"
        "[config/default.toml](../../config/default.toml) shows all of them, and\n"
        "[config/production.example.toml](../../config/production.example.toml) those to change in production.\n"
    )
    for name, field in Settings.model_fields.items():
        extra = field.json_schema_extra
        allowed = extra["allowed"] if isinstance(extra, dict) else ""
        default = "computed, see above" if field.default_factory is not None else f"`{_plain(field.default)}`"
        parts.append(f"## {PREFIX}{name.upper()}\n\n{field.description}\n\nAllowed: {allowed}. Default: {default}.\n")
    return "\n".join(parts)


def commands_page() -> str:
    """Return the page of all commands, in the words of their `--help`."""
    parts = [f"# Commands\n\n{NOTE}\n"]
    parts.append(
        "`login`, `logout`, `context`, `workspace`, `deployment` and most of `organization` ask a server "
        "([how](../guides/command-line.md)); all others read the [settings](settings.md) and open the database. A "
        "command ends with 0, with 1 and one line on stderr where it could not do what it should, and with 2 where it "
        "was called wrongly. With `--json` it prints JSON.\n"
    )
    for path, command in commands_of(cli):
        name = " ".join(("scim-server", *path))
        with click.Context(command, info_name=name, terminal_width=100, **cli.context_settings) as context:
            parts.append(f"## {name}\n\n```text\n{command.get_help(context)}\n```\n")
    return "\n".join(parts)


def management_page() -> str:
    """Return the page of all endpoints of the management API."""
    with tempfile.TemporaryDirectory() as home:
        app = create_app(Settings.load(home=Path(home)))
        reference = Reference(app.extensions["management_documentation"].document)
    parts = [f"# The management API\n\n{NOTE}\n"]
    parts.append(
        f"{reference.description}\nA server shows all fields with examples at `/v1/docs`, and its OpenAPI 3.1 document "
        "at `/v1/openapi.json`. [Roles](roles.md) says which role has which permission.\n"
    )
    for group in reference.groups():
        parts.append(f"## {group.name}\n\n{group.description}\n")
        rows = [
            f"| `{each.method} {each.path}` | {each.summary} | {_code(each.permission)} | {each.statuses} |"
            for each in group.operations
        ]
        parts.append("\n".join(["| request | what it does | permission | answers |", "|---|---|---|---|", *rows, ""]))
    return "\n".join(parts)


def roles_page() -> str:
    """Return the page of all roles and what they permit."""
    parts = [f"# Roles\n\n{NOTE}\n"]
    parts.append(
        "The roles of each scope, the most privileged first: a role permits what it lists and all that the roles after "
        "it permit. Nobody grants a role above their own. `config/roles.toml` holds them.\n"
    )
    for name, scope in catalogue().scopes.items():
        parts.append(f"## {name.title()}\n\n{scope.description}\n")
        parts += [f"### {role}\n\n{text}\n" for role, text in _permissions(scope)]
    return "\n".join(parts)


def scim_page(page: str) -> str:
    """Return the page about SCIM with the table of limits as it is now."""
    start, end = "<!-- limits -->", "<!-- end of limits -->"
    table = f"{start}\n{limits_table()}\n{end}"
    return re.sub(f"{start}.*?{end}", lambda _: table, page, flags=re.DOTALL)


def guide_page(guide: Guide) -> str:
    """Return how an identity provider is set up, in the words of the console; needs a request context."""
    place = {"{base_url}": "<SCIM base URL>", "{token}": "<token>", "{organization_id}": "<Organization ID>"}
    place["{today}"] = "<today, as 2026-01-31>"

    def filled(value: object) -> str:
        text = str(value)
        for name, shown in place.items():
            text = text.replace(name, shown)
        return text

    parts = [f"# Connect {guide.name}\n\n{NOTE}\n\n{guide.summary}\n"]
    parts.append(
        "The console shows these steps with your values filled in, at Organization Settings > Provisioning > Set-up "
        "guide; there you also create the token. [Provisioning](provisioning.md) says how to see that it works.\n"
    )
    for number, step in enumerate(guide.steps, 1):
        parts.append(f"## {number}. {step.title}\n\n{step.text}\n")
        if step.values:
            rows = [f"| {each.field} | `{filled(each.value)}` |" for each in step.values]
            parts.append("\n".join(["| field | value |", "|---|---|", *rows, ""]))
    parts.append(f"## What comes first\n\n{guide.first_requests}\n")
    parts.append(f"## What happens to people who are unassigned\n\n{guide.removal}\n")
    if guide.notes:
        parts.append("## Good to know\n\n" + "\n".join(f"- {note}" for note in guide.notes) + "\n")
    return "\n".join(parts)


def guide_pages() -> dict[Path, str]:
    """Return the page of each identity provider."""
    with tempfile.TemporaryDirectory() as home, create_app(Settings.load(home=Path(home))).test_request_context():
        return {ROOT / "docs" / "guides" / f"connect-{guide.slug}.md": guide_page(guide) for guide in GUIDES}


def pages() -> dict[Path, str]:
    """Return what the written pages should hold."""
    reference = ROOT / "docs" / "reference"
    scim = reference / "scim.md"
    return {
        **guide_pages(),
        reference / "settings.md": settings_page(),
        reference / "commands.md": commands_page(),
        reference / "management-api.md": management_page(),
        reference / "roles.md": roles_page(),
        scim: scim_page(scim.read_text(encoding="utf-8")),
    }


def _permissions(scope: Scope) -> Iterator[tuple[str, str]]:
    """Yield each role with its title and what it permits beyond the roles after it."""
    for role, following in zip(scope.roles, (*scope.roles[1:], None), strict=True):
        below = following.permissions if following is not None else frozenset()
        own = sorted(role.permissions - below)
        listed = "\n".join(f"- `{permission}`" for permission in own) or "Nothing more on this server."
        also = f"\n\nAnd all of {following.name}." if following is not None and below else ""
        yield role.name, f"{role.title}.\n\n{listed}{also}"


def _code(text: str) -> str:
    return f"`{text}`" if text else "-"


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}"
    return "nothing" if value == () else str(value)


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
