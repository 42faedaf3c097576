"""The identity providers that can be played, by the names that the command line takes."""

from scim_server.cli.simulation.dialects.authentik import Authentik
from scim_server.cli.simulation.dialects.base import IdentityProvider
from scim_server.cli.simulation.dialects.entra import Entra, Entra2020
from scim_server.cli.simulation.dialects.jumpcloud import JumpCloud
from scim_server.cli.simulation.dialects.okta import Okta, OktaWizard
from scim_server.cli.simulation.dialects.onelogin import OneLogin
from scim_server.cli.simulation.dialects.ping import Ping

DIALECTS: dict[str, type[IdentityProvider]] = {
    "okta": Okta,
    "okta-wizard": OktaWizard,
    "entra": Entra,
    "entra-2020": Entra2020,
    "onelogin": OneLogin,
    "jumpcloud": JumpCloud,
    "ping": Ping,
    "authentik": Authentik,
}
