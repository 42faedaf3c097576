"""/Me (RFC 7644 §3.11): answered once tokens stand for a person; provisioning tokens do not."""

from flask import Response

from scim_server.protocol.errors import NotImplementedByServer
from scim_server.web.scim.blueprint import route


@route("/Me", "GET", "POST", "PUT", "PATCH", "DELETE")
def me() -> Response:
    """Refuse: this token belongs to an Organization, not to a User."""
    raise NotImplementedByServer("This token stands for no User, so there is no /Me; read /Users instead.")
