"""What Owners do with API tokens: list, make, rename, rotate and delete them (astro.md §7.2, §7.4).

A deleted token stays in the database, revoked, so that audit events can name it; here it is gone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Text, bindparam, delete, exists, func, select, type_coerce, update

from scim_server.audit.service import Event, record
from scim_server.database import reading, transaction
from scim_server.directory.offset_pages import offset_page
from scim_server.identifiers import moment, now
from scim_server.protocol.errors import Forbidden, InvalidValue, NotFound
from scim_server.roles.authority import Requester
from scim_server.roles.bindings import LowerRoles, SubjectKind, roles_of
from scim_server.roles.catalogue import catalogue
from scim_server.roles.granting import replace_lower_roles, told
from scim_server.roles.models import RoleBinding
from scim_server.roles.places import PlaceScope
from scim_server.roles.requests import RoleLists, Wanted
from scim_server.tokens.models import Token
from scim_server.tokens.policy import DEPLOYMENT, ORGANIZATION, WORKSPACE, Kind, TokenRequest, check_request, rotate
from scim_server.tokens.recognition import MANAGEMENT_SCOPE, SCIM_SCOPE
from scim_server.tokens.secrets import PREFIX, digest, new_token
from scim_server.tokens.service import NewToken, insert_token

# Digits of the id that a short form shows: enough to tell an Organization's tokens apart.
SHORT_ID_LENGTH = 6
_ONLY_SCIM = f'["{SCIM_SCOPE}"]'

_COLUMNS = (
    Token.id,
    Token.name,
    Token.description,
    Token.connection_id,
    Token.role,
    Token.scopes,
    Token.created_at,
    Token.created_by_type,
    Token.created_by_id,
    Token.modified_at,
    Token.expiry_period_days,
    Token.expires_at,
    Token.rotated_at,
    Token.last_used_at,
)
_PRESENT = Token.revoked_at.is_(None)
_OF_TOKEN = (Token.organization_id == bindparam("organization"), Token.id == bindparam("token"), _PRESENT)
_FIND = select(*_COLUMNS).where(*_OF_TOKEN)
_LOCK = select(*_COLUMNS, Token.secret_digest).where(*_OF_TOKEN).with_for_update()
_UPDATE = update(Token).where(
    Token.organization_id == bindparam("key_organization"), Token.id == bindparam("key_token")
)
_UNBIND = delete(RoleBinding).where(
    RoleBinding.organization_id == bindparam("organization"), RoleBinding.token_id == bindparam("token")
)
_ORDERS: Mapping[str, Any] = {
    "name": func.lower(Token.name),
    "createdAt": Token.created_at,
    "updatedAt": Token.modified_at,
}
SORTS = tuple(_ORDERS)


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token as Owners see it, without its secret; `roles` are those below the Organization."""

    id: str
    name: str
    description: str | None
    connection_id: str
    role: str | None
    scopes: Sequence[str]
    created_at: str
    created_by_type: str | None
    created_by_id: str | None
    modified_at: str
    expiry_period_days: int | None
    expires_at: str | None
    rotated_at: str | None
    last_used_at: str | None
    roles: LowerRoles

    @property
    def kind(self) -> Kind:
        """Return what the token is for."""
        return Kind.STANDARD if MANAGEMENT_SCOPE in self.scopes else Kind.SCIM

    @property
    def serves_scim(self) -> bool:
        """Tell whether the token provisions for its Connection: it has the scope, or is an Owner's (product.md §1)."""
        return SCIM_SCOPE in self.scopes or self.role == catalogue().owner

    @property
    def scope(self) -> str:
        """Return the highest scope that its roles were given on: a Workspace's accessor role comes by itself."""
        if self.role is None and (self.roles.deployment_roles or self.roles.dag_roles):
            return DEPLOYMENT
        return WORKSPACE if self.role is None and self.roles.workspace_roles else ORGANIZATION

    @property
    def short_token(self) -> str:
        """Return the beginning of the token's text, to recognise it by where it is in use."""
        return f"{PREFIX}_{self.id[:SHORT_ID_LENGTH]}..."

    @property
    def start_at(self) -> str:
        """Return when its present secret became good."""
        return self.rotated_at or self.created_at


@dataclass(frozen=True, slots=True)
class TokenQuery:
    """Which tokens a list holds, in which order."""

    limit: int
    offset: int
    order: Sequence[tuple[str, bool]] = ()
    kind: Kind | None = None
    only_organization: bool = False
    workspace_id: str | None = None
    deployment_id: str | None = None
    dag_id: str | None = None
    dag_tags: Sequence[str] = ()


def list_tokens(requester: Requester, query: TokenQuery) -> tuple[list[ApiToken], int]:
    """Return a page of the Organization's tokens, the oldest first unless ordered, and how many there are."""
    requester.require("organization.tokens.get")
    conditions = [_PRESENT, *_conditions(query)]
    order: list[tuple[Any, bool]] = [(_ORDERS[name], descending) for name, descending in query.order] or [
        (Token.created_at, False)
    ]
    bound = {"organization": requester.organization_id}
    counted = (
        select(func.count())
        .select_from(Token)
        .where(Token.organization_id == bindparam("organization", type_=Text()), *conditions)
    )
    with reading() as connection:
        statement = offset_page(_COLUMNS, Token.id.expression, conditions, order, query.limit, is_narrow=False)
        rows = connection.execute(statement, {**bound, "offset": query.offset}).all()
        return _with_roles(connection, requester, rows), connection.execute(counted, bound).scalar_one()


def find_token(requester: Requester, token_id: str) -> ApiToken:
    """Return a token; raises NotFound, also for one that was deleted."""
    requester.require("organization.tokens.get")
    with reading() as connection:
        return _found(connection, requester, token_id)


def create_token(requester: Requester, request: TokenRequest) -> tuple[ApiToken, str]:
    """Make a token; return it and its text, which is shown this once.

    Raises InvalidValue, UnknownRole, and Forbidden for a role above the requester's own.
    """
    requester.require("organization.tokens.create")
    check_request(request, requester.organization_id)
    role = request.role if request.scope == ORGANIZATION else None
    if role is not None:
        requester.require_grantable(role)
    new = NewToken(
        name=request.name,
        role=role,
        scopes=(SCIM_SCOPE,) if request.kind is Kind.SCIM else (MANAGEMENT_SCOPE,),
        expires_in_days=request.expires_in_days,
        connection_id=request.connection_id,
        description=request.description,
    )
    with transaction() as connection:
        made, text = insert_token(connection, requester.organization_id, requester.origin, new)
        if request.scope != ORGANIZATION:
            _bind(connection, requester, made.id, request)
        return _found(connection, requester, made.id), text


def change_token(requester: Requester, token_id: str, *, name: str, description: str | None) -> ApiToken:
    """Name and describe a token; raises NotFound."""
    requester.require("organization.tokens.update")
    with transaction() as connection:
        before = _locked(connection, requester, token_id)
        changes = {
            field: [getattr(before, field), value]
            for field, value in {"name": name, "description": description}.items()
            if getattr(before, field) != value
        }
        if changes:
            _write(connection, requester, token_id, name=name, description=description, modified_at=now())
            _record(connection, requester, "owner:token:updated", token_id, changes)
        return _found(connection, requester, token_id)


def rotate_token(requester: Requester, token_id: str, *, overlap_minutes: int = 0) -> tuple[ApiToken, str]:
    """Give a token a new secret; return it and its new text, which is shown this once.

    The secret before is dead at once, or good for the overlap; one before that is dead in any case. Whoever rotates
    learns the secret, so raises Forbidden for a token whose role is above the requester's own. Raises NotFound.
    """
    requester.require("organization.tokens.update")
    with transaction() as connection:
        before = _locked(connection, requester, token_id)
        _require_not_above(connection, requester, before)
        present = datetime.now(UTC)
        expires_at = datetime.fromisoformat(before.expires_at) if before.expires_at else None
        rotation = rotate(
            expires_at=expires_at,
            period_days=before.expiry_period_days,
            overlap_minutes=overlap_minutes,
            present=present,
        )
        parts, text = new_token(token_id)
        until, ends = (moment(at) if at else None for at in (rotation.previous_expires_at, rotation.expires_at))
        _write(
            connection,
            requester,
            token_id,
            secret_digest=digest(parts.secret),
            previous_secret_digest=before.secret_digest if until else None,
            previous_expires_at=until,
            expires_at=ends,
            warned_days=None,
            rotated_at=moment(present),
            modified_at=moment(present),
        )
        changes = {"rotatedAt": [before.rotated_at, moment(present)], "previousSecretExpiresAt": [None, until]}
        _record(connection, requester, "owner:token:rotated", token_id, changes)
        return _found(connection, requester, token_id), text


def delete_token(requester: Requester, token_id: str) -> None:
    """Delete a token: its next request is refused in every worker. Raises NotFound."""
    requester.require("organization.tokens.delete")
    with transaction() as connection:
        before = _locked(connection, requester, token_id)
        _write(connection, requester, token_id, revoked_at=now())
        connection.execute(_UNBIND, {"organization": requester.organization_id, "token": token_id})
        changes = {"name": [before.name, None], "role": [before.role, None]}
        _record(connection, requester, "owner:token:deleted", token_id, changes)


def _require_not_above(connection: Connection, requester: Requester, token: Any) -> None:
    if token.role is not None:
        requester.require_grantable(token.role)
    lower = roles_of(connection, requester.organization_id, SubjectKind.TOKEN, [token.id])[token.id]
    if lower != LowerRoles() and not requester.authority.is_owner:
        raise Forbidden("A token with roles below the Organization is rotated by an Organization Owner alone.")


def _bind(connection: Connection, requester: Requester, token_id: str, request: TokenRequest) -> None:
    """Give a new token its role on a Workspace or Deployment."""
    scope = PlaceScope(request.scope)
    wanted = Wanted(scope, request.entity_id or "", request.role or "", "", "entityId")
    try:
        changes = replace_lower_roles(
            connection, requester, SubjectKind.TOKEN, token_id, RoleLists(lower={scope: (wanted,)})
        )
    except InvalidValue as error:
        # Of a list of roles the path would be that of an entry; here the fields are the request's own.
        raise InvalidValue(error.detail, field=(error.field or "").rpartition(".")[2]) from None
    _record(connection, requester, "owner:token:roles-changed", token_id, told(changes))


def _conditions(query: TokenQuery) -> Iterable[ColumnElement[bool]]:
    if query.kind is not None:
        only_scim = type_coerce(Token.scopes, Text()) == _ONLY_SCIM
        yield only_scim if query.kind is Kind.SCIM else ~only_scim
    bound = [
        column == value
        for column, value in (
            (RoleBinding.workspace_id, query.workspace_id),
            (RoleBinding.deployment_id, query.deployment_id),
            (RoleBinding.dag_id, query.dag_id),
        )
        if value is not None
    ]
    if query.dag_tags:
        bound.append(RoleBinding.dag_tag.in_(list(query.dag_tags)))
    held = exists().where(RoleBinding.organization_id == Token.organization_id, RoleBinding.token_id == Token.id)
    if bound:
        yield held.where(*bound)
    if query.only_organization:
        yield ~held


def _locked(connection: Connection, requester: Requester, token_id: str) -> Any:
    row = connection.execute(_LOCK, {"organization": requester.organization_id, "token": token_id}).first()
    if row is None:
        raise _missing()
    return row


def _found(connection: Connection, requester: Requester, token_id: str) -> ApiToken:
    rows = connection.execute(_FIND, {"organization": requester.organization_id, "token": token_id}).all()
    if not rows:
        raise _missing()
    return _with_roles(connection, requester, rows)[0]


def _missing() -> NotFound:
    return NotFound("There is no such token in this Organization.")


def _with_roles(connection: Connection, requester: Requester, rows: Sequence[Any]) -> list[ApiToken]:
    roles = roles_of(connection, requester.organization_id, SubjectKind.TOKEN, [row.id for row in rows])
    return [ApiToken(**row._mapping, roles=roles[row.id]) for row in rows]  # noqa: SLF001 - its public name


def _write(connection: Connection, requester: Requester, token_id: str, **values: Any) -> None:
    key = {"key_organization": requester.organization_id, "key_token": token_id}
    connection.execute(_UPDATE.values(**values), key)


def _record(connection: Connection, requester: Requester, action: str, token_id: str, changes: dict[str, Any]) -> None:
    event = Event(action, "Token", token_id, changes)
    record(connection, requester.organization_id, requester.origin, [event])
