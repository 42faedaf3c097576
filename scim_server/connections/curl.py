"""A request of the journal as a command for a terminal, with a placeholder where its token stood. Pure."""

import shlex

TOKEN = "$SCIM_TOKEN"  # noqa: S105 - a placeholder


def curl(method: str, url: str, body: str | None) -> str:
    """Return the command that sends a request again; whoever runs it puts their own token into SCIM_TOKEN."""
    parts = ["curl", "--request", method, shlex.quote(url), "--header", f'"Authorization: Bearer {TOKEN}"']
    if body is not None:
        parts += ["--header", shlex.quote("Content-Type: application/scim+json"), "--data", shlex.quote(body)]
    return " ".join(parts)
