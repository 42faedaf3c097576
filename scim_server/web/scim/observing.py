"""After each SCIM request, note on the Connection what had to be repaired or was ignored."""

import logging

from flask import Response, current_app, g
from sqlalchemy.exc import SQLAlchemyError

from scim_server.connections.observations import Observations
from scim_server.web.scim.blueprint import scim

_log = logging.getLogger(__name__)


@scim.after_request
def observe(response: Response) -> Response:
    """Count the quirks of a request that succeeded; never let counting spoil its answer."""
    found = g.get("quirks")
    if found is not None and found.counts and response.status_code < 400:  # noqa: PLR2004 - HTTP statuses
        observations: Observations = current_app.extensions["scim_observations"]
        try:
            observations.add(g.principal.organization_id, found.counts)
        except SQLAlchemyError as error:
            _log.warning("observations were not written", exc_info=error)
    return response
