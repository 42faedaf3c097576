"""What operator commands share: the application context, errors as one line, and the operator as origin of changes."""

import getpass
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import click
from sqlalchemy.exc import SQLAlchemyError

from scim_server.audit.service import ActorType, Origin
from scim_server.database.schema import MigrationError, schema_problem
from scim_server.foundation import create_foundation
from scim_server.organizations.service import OrganizationError
from scim_server.protocol.errors import ScimError
from scim_server.roles.catalogue import UnknownRole
from scim_server.settings import Settings, SettingsError
from scim_server.tokens.service import NoSuchToken

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def load_settings() -> Settings:
    """Return the settings; raises ClickException naming the setting that is wrong."""
    try:
        return Settings.load()
    except SettingsError as error:
        raise click.ClickException(str(error)) from None


def with_database(*, migrated: bool = True) -> Callable[[Callable[Parameters, Result]], Callable[Parameters, Result]]:
    """Run a command inside the application; with `migrated` it refuses a database without this version's tables."""

    def decorate(command: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
        @wraps(command)
        def run(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
            with create_foundation(load_settings()).app_context():
                if migrated:
                    require_tables()
                return told(command)(*args, **kwargs)

        return run

    return decorate


def require_tables() -> None:
    """Raise ClickException, saying what to run, where the database lacks this version's tables."""
    problem = schema_problem()
    if problem:
        raise click.ClickException(f"{problem[0].upper()}{problem[1:]}.")


def told(command: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Turn the errors that services raise into one line on stderr."""

    @wraps(command)
    def run(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        try:
            return command(*args, **kwargs)
        except (OrganizationError, UnknownRole, NoSuchToken) as error:
            raise click.ClickException(str(error)) from None
        except ScimError as error:
            raise click.ClickException(error.detail) from None
        except SQLAlchemyError as error:
            reason = str(getattr(error, "orig", None) or error).splitlines()[0]
            raise click.ClickException(f"The database refused: {reason}") from None
        except MigrationError as error:
            raise click.ClickException(f"{error}.") from None
        except UnicodeEncodeError:
            raise click.ClickException("An argument is not text in UTF-8.") from None
        except OSError as error:
            raise click.ClickException(f"{error.filename or 'The system'}: {error.strerror or error}.") from None

    return run


def operator() -> Origin:
    """Return the person at the terminal as the origin of changes."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = None
    return Origin(ActorType.OPERATOR, name, name)
