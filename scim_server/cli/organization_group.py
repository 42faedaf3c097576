"""`scim-server organization`: the client's commands, which ask a server, beside the operator's on the database."""

import click

from scim_server.cli.lazy import Lazily, LazyGroup

_CLIENT = "scim_server.cli.client"
COMMANDS = {
    "list": Lazily(f"{_CLIENT}.organization:list_", "List the Organizations that you belong to."),
    "switch": Lazily(
        f"{_CLIENT}.organization:switch", "Choose the Organization that commands are about, by name or id."
    ),
    "invite": Lazily(f"{_CLIENT}.inviting:invite", "Invite a person by mail, or with --file many."),
    "user": Lazily(f"{_CLIENT}.users:user", "Invite people, list, change and remove them."),
    "team": Lazily(f"{_CLIENT}.teams:team", "Make Teams, list, change and delete them, and say who is in them."),
    "token": Lazily(f"{_CLIENT}.tokens:token", "Make API tokens, list, change, rotate and delete them."),
    "role": Lazily(f"{_CLIENT}.roles:role", "List the roles that people can have."),
    "audit-logs": Lazily(f"{_CLIENT}.audit_logs:audit_logs", "Take the audit log away."),
    "connection": Lazily(
        f"{_CLIENT}.connections:connection", "Show and change how people of the identity provider join."
    ),
    "domain": Lazily(f"{_CLIENT}.domains:domain", "Claim e-mail domains and prove them."),
    "create": Lazily("scim_server.cli.organization:create", "Create an Organization called NAME."),
    "show": Lazily(
        "scim_server.cli.organization:show", "Show one Organization, named by id, slug or name, with its Connection."
    ),
    "list-all": Lazily("scim_server.cli.organization:list_all", "List all Organizations of the database."),
}


@click.group(cls=LazyGroup, lazy=COMMANDS, aliases={"ls": "list", "sw": "switch", "inv": "invite", "al": "audit-logs"})
def organization() -> None:
    """Manage an Organization: people, Teams, tokens, domains.

    create, show and list-all are the operator's, and open the database; all others ask a server.
    """
