"""The order of the checks; where the ground is missing, what stands on it is not asked."""

from collections.abc import Callable

from flask import Flask

from scim_server.cli.examination import database, surroundings
from scim_server.cli.examination.findings import Finding, State, broken, well
from scim_server.cli.runtime import told
from scim_server.foundation import create_foundation
from scim_server.settings import Settings, SettingsError

Check = Callable[[Settings], Finding]

_AROUND: tuple[Check, ...] = (
    surroundings.home,
    surroundings.secret_key,
    surroundings.address,
    surroundings.answers,
    surroundings.mail,
    surroundings.programs,
)
# Each needs all before it.
_GROUND: tuple[Check, ...] = (database.reached, database.tables, database.writes)
_ABOVE: tuple[Check, ...] = (database.clock, database.size, database.organizations, database.jobs, database.audit)


def examine() -> list[Finding]:
    """Return what all checks found."""
    try:
        settings = Settings.load()
    except SettingsError as error:
        return [broken("settings", str(error), "Correct the setting and run this again.")]
    findings = [well("settings", "every value is allowed")]
    app: Flask = create_foundation(settings)
    with app.app_context():
        findings += [told(check)(settings) for check in _AROUND]
        for check in _GROUND:
            findings.append(told(check)(settings))
            if findings[-1].state is State.FAILED:
                return findings
        return findings + [told(check)(settings) for check in _ABOVE]
