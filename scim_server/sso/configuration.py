"""How people sign in at a Connection's identity provider: read, set, switched on after a test, removed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection as DatabaseConnection
from sqlalchemy import bindparam, delete, insert, select, update

from scim_server.audit.service import Event, record
from scim_server.connections.models import Connection
from scim_server.database import reading, transaction
from scim_server.identifiers import now
from scim_server.outbound.addresses import AddressRefused
from scim_server.protocol.errors import Conflict, InvalidValue, NotFound
from scim_server.roles.authority import Requester
from scim_server.sealing import seal, unseal
from scim_server.sso.keys import KEY_TYPES
from scim_server.sso.metadata import check_issuer
from scim_server.sso.models import SsoSettings
from scim_server.sso.person import ClaimMapping
from scim_server.sso.provider import Client

READ, CHANGE = "organization.connections.get", "organization.connections.update"
DEFAULTS: Mapping[str, Any] = {
    "client_secret": None,
    "scopes": ["openid", "email", "profile"],
    "algorithms": ["RS256"],
    "email_claim": "email",
    "name_claim": "name",
    "groups_claim": None,
    "groups_to_teams": False,
}
MAX_TEXT_LENGTH = 1_024
_MAX_SCOPES = 20

_OF_KEY = (SsoSettings.organization_id == bindparam("organization"), SsoSettings.connection_id == bindparam("key"))
_READ = select(SsoSettings.__table__).where(*_OF_KEY)
_BY_CONNECTION = select(SsoSettings.__table__).where(SsoSettings.connection_id == bindparam("key"))
_LOCK_CONNECTION = (
    select(Connection.id)
    .where(Connection.organization_id == bindparam("organization"), Connection.id == bindparam("key"))
    .with_for_update()
)
_INSERT = insert(SsoSettings)
_UPDATE = update(SsoSettings).where(*_OF_KEY)
_DELETE = delete(SsoSettings).where(*_OF_KEY)
# Whoever changes one of these has another client, which is tested anew before anybody signs in by it.
_TESTED = ("issuer", "client_id", "client_secret", "scopes", "algorithms", "email_claim", "name_claim", "groups_claim")
# What follows from a change, or from a test, is no change of an Owner's.
_NOT_TOLD = frozenset({"tested_at", "tested_by", "owner_entered_at", "owner_entered_by"})


@dataclass(frozen=True, slots=True)
class Configuration:
    """The sign-on part of a Connection as its owner sees it: never the secret, only whether there is one."""

    organization_id: str
    connection_id: str
    issuer: str
    client_id: str
    has_client_secret: bool
    scopes: tuple[str, ...]
    algorithms: tuple[str, ...]
    email_claim: str
    name_claim: str
    groups_claim: str | None
    groups_to_teams: bool
    is_active: bool
    tested_at: str | None
    owner_entered_at: str | None
    owner_entered_by: str | None
    _sealed: str | None = field(repr=False)

    def client(self) -> Client:
        """Return what a login needs; raises Unsealable where the secret key is another than it was sealed with."""
        return Client(
            issuer=self.issuer,
            client_id=self.client_id,
            client_secret=None if self._sealed is None else unseal(self._sealed),
            scopes=self.scopes,
            algorithms=self.algorithms,
            mapping=ClaimMapping(self.email_claim, self.name_claim, self.groups_claim),
        )


def read_configuration(requester: Requester, connection_id: str) -> Configuration:
    """Return how people sign in by a Connection; raises NotFound, also where nobody has set it up."""
    requester.require(READ)
    with reading() as connection:
        return _present(connection, requester.organization_id, connection_id)


def find_configuration(connection_id: str) -> Configuration:
    """Return how people sign in by the Connection of a login's address; raises NotFound."""
    with reading() as connection:
        row = connection.execute(_BY_CONNECTION, {"key": connection_id}).first()
    if row is None:
        raise NotFound("There is no such sign-in address.")
    return _configuration(row)


def configure(requester: Requester, connection_id: str, changes: Mapping[str, Any]) -> Configuration:
    """Set up or change how people sign in by a Connection, and return it.

    `changes` maps columns to values; what is not named stays, or has its default. Another client is switched off until
    a login with it has worked. Raises NotFound, InvalidValue, and Conflict for switching on what was not tested.
    """
    requester.require(CHANGE)
    organization_id = requester.organization_id
    _check(changes)
    with transaction() as connection:
        _lock_connection(connection, organization_id, connection_id)
        row = _row(connection, organization_id, connection_id)
        before = {**DEFAULTS, **({} if row is None else row._mapping)}  # noqa: SLF001 - its public name
        missing = [name for name in ("issuer", "client_id") if not (changes.get(name) or before.get(name))]
        if missing:
            raise InvalidValue("Name the issuer and the client id first.", field=missing[0])
        values = _changed(before, changes)
        is_active = values.get("is_active", before.get("is_active", False))
        if is_active and values.get("tested_at", before.get("tested_at")) is None:
            raise Conflict(
                "Sign in once by these settings before others do: have them tested, and switch them on then.",
                field="isActive",
            )
        _write(connection, requester, connection_id, row, values)
        return _present(connection, organization_id, connection_id)


def remove_configuration(requester: Requester, connection_id: str) -> None:
    """Have nobody sign in by a Connection any more, and forget its client; raises NotFound."""
    requester.require(CHANGE)
    with transaction() as connection:
        _lock_connection(connection, requester.organization_id, connection_id)
        before = _present(connection, requester.organization_id, connection_id)
        connection.execute(_DELETE, {"organization": requester.organization_id, "key": connection_id})
        event = Event("owner:sso:removed", "Connection", connection_id, {"issuer": [before.issuer, None]})
        record(connection, requester.organization_id, requester.origin, [event])


def note_test(
    connection: DatabaseConnection, tested: Configuration, account_id: str, *, owner_enters: bool = False
) -> bool:
    """Note that a login with these settings has worked; return False where they have changed meanwhile.

    `owner_enters`: the Account's person is an Owner, and it was they who would have entered.
    """
    _lock_connection(connection, tested.organization_id, tested.connection_id)
    row = _row(connection, tested.organization_id, tested.connection_id)
    if row is None or _configuration(row).client() != tested.client():
        return False
    bound = {"organization": tested.organization_id, "key": tested.connection_id}
    values = {"tested_at": now(), "tested_by": account_id}
    if owner_enters:
        values |= {"owner_entered_at": values["tested_at"], "owner_entered_by": account_id}
    connection.execute(_UPDATE.values(**values), bound)
    return True


def _changed(before: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns that change, with what follows from them."""
    values = {name: value for name, value in changes.items() if value != before.get(name)}
    if isinstance(values.get("client_secret"), str):
        sealed = before.get("client_secret")
        if sealed is not None and unseal(sealed) == values["client_secret"]:
            del values["client_secret"]
        else:
            values["client_secret"] = seal(values["client_secret"])
    if any(name in values for name in _TESTED):
        values |= {"tested_at": None, "tested_by": None, "owner_entered_at": None, "owner_entered_by": None}
        values.setdefault("is_active", False)
    return values


def _write(
    connection: DatabaseConnection, requester: Requester, connection_id: str, row: Any, values: dict[str, Any]
) -> None:
    if not values:
        return
    organization_id, moment = requester.organization_id, now()
    key = {"organization": organization_id, "key": connection_id}
    if row is None:
        whole = {**DEFAULTS, "is_active": False, **values, "created_at": moment, "modified_at": moment}
        connection.execute(_INSERT, {"organization_id": organization_id, "connection_id": connection_id, **whole})
    else:
        connection.execute(_UPDATE.values(**values, modified_at=moment), key)
    earlier = {} if row is None else row._mapping  # noqa: SLF001 - its public name
    told = {name: [earlier.get(name), value] for name, value in values.items() if name not in _NOT_TOLD}
    if "client_secret" in told:
        told["client_secret"] = ["(a secret)" if part is not None else None for part in told["client_secret"]]
    action = f"owner:sso:{'created' if row is None else 'updated'}"
    record(connection, organization_id, requester.origin, [Event(action, "Connection", connection_id, told)])


def _check(changes: Mapping[str, Any]) -> None:
    if "issuer" in changes:
        try:
            check_issuer(changes["issuer"])
        except AddressRefused as error:
            raise InvalidValue(f"This cannot be an issuer. {error}", field="issuer") from None
    for name in ("client_id", "client_secret", "email_claim", "name_claim", "groups_claim"):
        value = changes.get(name)
        if isinstance(value, str) and not (0 < len(value) <= MAX_TEXT_LENGTH and value.isprintable()):
            raise InvalidValue(f"Give 1 to {MAX_TEXT_LENGTH} printable characters.", field=_wire(name))
    scopes = changes.get("scopes", ["openid"])
    if not 0 < len(scopes) <= _MAX_SCOPES or not all(_is_scope(scope) for scope in scopes):
        raise InvalidValue(f"Give 1 to {_MAX_SCOPES} scopes, words without spaces.", field="scopes")
    algorithms = changes.get("algorithms", ["RS256"])
    if not algorithms or not set(algorithms) <= set(KEY_TYPES):
        raise InvalidValue(f"Give some of {', '.join(KEY_TYPES)}.", field="algorithms")


def _is_scope(text: str) -> bool:
    """Tell whether a text is one scope (RFC 6749 §3.3)."""
    return 0 < len(text) <= MAX_TEXT_LENGTH and text.isascii() and text.isprintable() and not set(text) & set(' "\\')


def _wire(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)


def _lock_connection(connection: DatabaseConnection, organization_id: str, connection_id: str) -> None:
    bound = {"organization": organization_id, "key": connection_id}
    if connection.execute(_LOCK_CONNECTION, bound).first() is None:
        raise NotFound(f"There is no Connection '{connection_id}'.")


def _row(connection: DatabaseConnection, organization_id: str, connection_id: str) -> Any:
    return connection.execute(_READ, {"organization": organization_id, "key": connection_id}).first()


def _present(connection: DatabaseConnection, organization_id: str, connection_id: str) -> Configuration:
    row = _row(connection, organization_id, connection_id)
    if row is None:
        raise NotFound(f"Nobody has set up signing in by the Connection '{connection_id}'.")
    return _configuration(row)


def _configuration(row: Any) -> Configuration:
    return Configuration(
        organization_id=row.organization_id,
        connection_id=row.connection_id,
        issuer=row.issuer,
        client_id=row.client_id,
        has_client_secret=row.client_secret is not None,
        scopes=tuple(row.scopes),
        algorithms=tuple(row.algorithms),
        email_claim=row.email_claim,
        name_claim=row.name_claim,
        groups_claim=row.groups_claim,
        groups_to_teams=row.groups_to_teams,
        is_active=row.is_active,
        tested_at=row.tested_at,
        owner_entered_at=row.owner_entered_at,
        owner_entered_by=row.owner_entered_by,
        _sealed=row.client_secret,
    )
