"""`scim-server outbox`: mails that wait or were given up, and another try for them."""

from collections.abc import Sequence

import click

from scim_server.cli.organization import organization_option
from scim_server.cli.output import json_option, print_json, print_table
from scim_server.cli.runtime import operator, with_database
from scim_server.organizations.service import find_organization
from scim_server.outbox.service import MessageRecord, MessageState, list_messages, retry_message

# More are rarely looked at, and never at once.
MAX_SHOWN = 1_000


@click.group()
def outbox() -> None:
    """List mails, and try again those that were given up."""


@outbox.command("list")
@organization_option
@click.option(
    "--state",
    "states",
    type=click.Choice([state.value.lower() for state in MessageState], case_sensitive=False),
    multiple=True,
    help="Only these; may stand several times.",
)
@json_option
@with_database()
def list_all(organization_name: str, states: Sequence[str], as_json: bool) -> None:
    """List the mails of an Organization, the newest first; never what they say.

    \b
    Example: scim-server outbox list -O acme --state dead
    """
    found = find_organization(organization_name)
    chosen = [MessageState(state.upper()) for state in states] or list(MessageState)
    messages, _ = list_messages(found.id, states=chosen, limit=MAX_SHOWN)
    if as_json:
        print_json(messages)
        return
    _print(messages)


@outbox.command()
@organization_option
@click.argument("message_ids", nargs=-1)
@click.option("--all", "every", is_flag=True, help="Every mail that was given up.")
@json_option
@with_database()
def retry(organization_name: str, message_ids: Sequence[str], every: bool, as_json: bool) -> None:
    """Deliver mails again, at once: those named by MESSAGE_IDS, or all that were given up.

    \b
    Example: scim-server outbox retry -O acme --all
    """
    if bool(message_ids) is every:
        raise click.UsageError("Name messages, or say --all.")
    found = find_organization(organization_name)
    if every:
        dead, _ = list_messages(found.id, states=[MessageState.DEAD], limit=MAX_SHOWN)
        message_ids = [message.id for message in dead]
    messages = [retry_message(found.id, operator(), message_id) for message_id in message_ids]
    if as_json:
        print_json(messages)
        return
    _print(messages)


def _print(messages: list[MessageRecord]) -> None:
    columns = {
        "id": "Id",
        "kind": "Kind",
        "recipient": "To",
        "state": "State",
        "attempts": "Tries",
        "next_attempt_at": "Next try",
        "last_error": "Last error",
    }
    print_table(columns, messages, empty="No such mail.")
