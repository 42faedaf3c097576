"""Claim, prove and give up domains; every change with its audit event.

The DNS is asked outside of any transaction: nothing is locked while a resolver thinks.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from scim_server.audit.service import ActorType, Event, Origin, record
from scim_server.database import is_unique_violation, reading, transaction
from scim_server.domains.models import Domain
from scim_server.domains.policy import (
    Finding,
    Standing,
    State,
    after_recheck,
    claimable_name,
    proved_by,
    still_seen_by,
    unicode_name,
)
from scim_server.domains.sign_on import apply_change, check_lockout, mapped_connection
from scim_server.domains.verification import Resolvers, record_name, record_value, waiting_for_dns
from scim_server.identifiers import moment, new_id, now
from scim_server.protocol.errors import Conflict, NotFound, Unavailable, Uniqueness
from scim_server.roles.authority import Requester

MAX_DOMAINS = 1_000
PROOF_BYTES = 20
RECHECK_INTERVAL = timedelta(days=1)
# Domains that one run of the daily check looks at; the next run goes on. Few, as each may take all of LIFETIME and
# other jobs wait meanwhile.
RECHECK_BATCH = 10
SYSTEM = Origin(ActorType.SYSTEM)
# How audit events call what an Owner changes.
_TOLD = {"enforced_logins": "enforcedLogins", "connection_id": "connectionId"}

_COLUMNS = (
    Domain.id,
    Domain.organization_id,
    Domain.name,
    Domain.state,
    Domain.proof,
    Domain.enforced_logins,
    Domain.connection_id,
    Domain.missed_checks,
    Domain.created_at,
    Domain.modified_at,
    Domain.verified_at,
    Domain.checked_at,
)
_OF_ORGANIZATION = Domain.organization_id == bindparam("organization")
_OF_DOMAIN = (_OF_ORGANIZATION, Domain.id == bindparam("domain"))
_FIND = select(*_COLUMNS).where(*_OF_DOMAIN)
_LOCK = _FIND.with_for_update()
_LIST = (
    select(*_COLUMNS)
    .where(_OF_ORGANIZATION)
    .order_by(Domain.name)
    .limit(bindparam("page_limit"))
    .offset(bindparam("page_offset"))
)
_COUNT = select(func.count()).select_from(Domain).where(_OF_ORGANIZATION)
_UPDATE = update(Domain).where(
    Domain.organization_id == bindparam("key_organization"), Domain.id == bindparam("key_domain")
)
_DELETE = delete(Domain).where(*_OF_DOMAIN)
# What was checked longest ago comes first; ids end ties, so that a batch is never the same twice.
_DUE = (
    select(*_COLUMNS)
    .where(Domain.state == State.VERIFIED.value, Domain.checked_at < bindparam("before"))
    .order_by(Domain.checked_at, Domain.id)
    .limit(RECHECK_BATCH)
)


class DomainTaken(Uniqueness):
    """A domain that is proved already; who proved it is not told."""

    default_detail = (
        "This domain is proved for another Organization of this server, and a domain belongs to one. "
        "It has to be deleted there first."
    )


@dataclass(frozen=True, slots=True)
class DomainRecord:
    """A domain as its Organization sees it; `name` is its ASCII form."""

    id: str
    organization_id: str
    name: str
    state: State
    proof: str
    enforced_logins: list[str]
    connection_id: str | None
    missed_checks: int
    created_at: str
    modified_at: str
    verified_at: str | None
    checked_at: str | None

    @property
    def unicode_name(self) -> str:
        """Return the name as people read it."""
        return unicode_name(self.name)

    @property
    def dns_record(self) -> dict[str, str]:
        """Return the record that proves the domain."""
        return {"type": "TXT", "name": record_name(self.name).removesuffix("."), "value": record_value(self.proof)}


def list_domains(requester: Requester, *, limit: int, offset: int) -> tuple[list[DomainRecord], int]:
    """Return a page of the Organization's domains by name, and how many there are."""
    requester.require("organization.domains.get")
    bound = {"organization": requester.organization_id}
    with reading() as connection:
        rows = connection.execute(_LIST, {**bound, "page_limit": limit, "page_offset": offset}).all()
        return [_read(row) for row in rows], connection.execute(_COUNT, bound).scalar_one()


def find_domain(requester: Requester, domain_id: str) -> DomainRecord:
    """Return a domain; raises NotFound."""
    requester.require("organization.domains.get")
    with reading() as connection:
        return _found(connection.execute(_FIND, _key(requester, domain_id)).first())


def claim_domain(
    requester: Requester, name: str, enforced_logins: list[str] | None = None, connection_id: str | None = None
) -> DomainRecord:
    """Claim a domain, which decides nothing until it is proved.

    A name that another Organization claimed or proved can be claimed as well: the answer must not tell. It is mapped
    to the Connection that is named, or else to the only one. Raises InvalidValue, Uniqueness where it was claimed here
    before, Conflict where there are too many, or where single sign-on would be the only way already.
    """
    requester.require("organization.domains.create")
    claimed = claimable_name(name)
    moment_ = now()
    row: dict[str, Any] = {
        "organization_id": requester.organization_id,
        "id": new_id(),
        "name": claimed,
        "state": State.PENDING.value,
        "proof": secrets.token_hex(PROOF_BYTES),
        "enforced_logins": enforced_logins or [],
        "connection_id": None,
        "missed_checks": 0,
        "created_at": moment_,
        "modified_at": moment_,
        "verified_at": None,
        "checked_at": None,
    }
    try:
        with transaction() as connection:
            if connection.execute(_COUNT, {"organization": requester.organization_id}).scalar_one() >= MAX_DOMAINS:
                raise Conflict(f"An Organization has at most {MAX_DOMAINS} domains; delete one first.")
            row["connection_id"] = mapped_connection(connection, requester.organization_id, connection_id)
            check_lockout(connection, requester, State.PENDING, row["connection_id"], row["enforced_logins"])
            connection.execute(insert(Domain), row)
            changes = {
                "name": [None, claimed],
                "status": [None, State.PENDING.value],
                "connectionId": [None, row["connection_id"]],
            }
            _record(connection, requester.organization_id, requester.origin, "owner:domain:claimed", row["id"], changes)
    except IntegrityError as error:
        if not is_unique_violation(error):
            raise
        raise Uniqueness(f"This Organization has the domain {claimed!r} already.", field="name") from None
    return DomainRecord(**{**row, "state": State.PENDING})


def change_domain(requester: Requester, domain_id: str, changes: Mapping[str, Any]) -> DomainRecord:
    """Set which logins a domain's people must use, and by which Connection they sign in; what is not named stays.

    `changes` may hold `enforced_logins` and `connection_id`. Raises NotFound, InvalidValue for a Connection that there
    is not, Conflict where single sign-on would be the only way and nobody knows yet that it works.
    """
    requester.require("organization.domains.update")
    with transaction() as connection:
        before = _locked(connection, requester, domain_id)
        present = {name: getattr(before, name) for name in ("enforced_logins", "connection_id")}
        after = {**present, **changes}
        if changes.get("connection_id") is not None:
            mapped_connection(connection, requester.organization_id, changes["connection_id"])
        differing = {name: value for name, value in after.items() if value != present[name]}
        if differing:
            check_lockout(connection, requester, before.state, after["connection_id"], after["enforced_logins"])
            _write(connection, before, **differing, modified_at=now())
            apply_change(connection, requester, before.name, present, after)
            told = {_TOLD[name]: [present[name], value] for name, value in differing.items()}
            _record(connection, *_who(requester), "owner:domain:updated", domain_id, told)
        return _locked(connection, requester, domain_id)


def delete_domain(requester: Requester, domain_id: str) -> None:
    """Give a domain up: from then on another Organization can prove it. Raises NotFound."""
    requester.require("organization.domains.delete")
    with transaction() as connection:
        before = _locked(connection, requester, domain_id)
        connection.execute(_DELETE, _key(requester, domain_id))
        changes = {"name": [before.name, None], "status": [before.state.value, None]}
        _record(connection, *_who(requester), "owner:domain:deleted", domain_id, changes)


def verify_domain(requester: Requester, domain_id: str, resolvers: Resolvers) -> DomainRecord:
    """Look for a domain's proof now, and make it VERIFIED where it is there.

    Raises Conflict where it is not, DomainTaken where another Organization proved the domain, Unavailable where no
    resolver answers. A VERIFIED domain stays so in any case: only the daily check counts misses.
    """
    requester.require("organization.domains.update")
    domain = find_domain(requester, domain_id)
    with waiting_for_dns():
        finding = proved_by(resolvers.findings(domain.name, domain.proof))
    if finding is Finding.UNKNOWN:
        raise Unavailable(
            f"No DNS resolver could say whether {domain.dns_record['name']} has a TXT record; nothing was changed.",
            retry_after=30,
        )
    if finding is Finding.MISSING:
        _note_miss(requester, domain_id)
        raise Conflict(
            f"There is no TXT record {domain.dns_record['value']!r} at {domain.dns_record['name']} yet. "
            "Changes of the DNS take minutes, and with some providers hours; try again later."
        )
    try:
        with transaction() as connection:
            return _verified(connection, requester, domain_id)
    except IntegrityError as error:
        if not is_unique_violation(error):
            raise
        raise DomainTaken from None


def recheck_due(
    resolvers: Resolvers,
    on_suspension: Callable[[Connection, DomainRecord], None],
    go_on: Callable[[], bool] = lambda: True,
) -> int:
    """Look again for a batch of the proofs that were last looked for a day ago, and return how many that were.

    After three misses in a row a domain is suspended; `on_suspension` runs in the transaction that does it. Ends
    early where `go_on` says so.
    """
    before = moment(datetime.now(UTC) - RECHECK_INTERVAL)
    with reading() as connection:
        due = [_read(row) for row in connection.execute(_DUE, {"before": before})]
    for number, domain in enumerate(due):
        if not go_on():
            return number
        _recheck(domain, still_seen_by(resolvers.findings(domain.name, domain.proof)), on_suspension)
    return len(due)


def _recheck(
    checked: DomainRecord, finding: Finding, on_suspension: Callable[[Connection, DomainRecord], None]
) -> None:
    key = {"organization": checked.organization_id, "domain": checked.id}
    with transaction() as connection:
        row = connection.execute(_LOCK, key).first()
        # Deleted, verified again or checked by another process meanwhile: this finding is old.
        if row is None or row.checked_at != checked.checked_at:
            return
        before = _read(row)
        after = after_recheck(Standing(before.state, before.missed_checks), finding)
        moment_ = now()
        changed: dict[str, Any] = {"checked_at": moment_, "missed_checks": after.missed_checks}
        if after.state is not before.state:
            changed |= {"state": after.state.value, "modified_at": moment_}
        _write(connection, before, **changed)
        if after.state is not before.state:
            changes = {"status": [before.state.value, after.state.value]}
            _record(connection, before.organization_id, SYSTEM, "system:domain:suspended", before.id, changes)
            on_suspension(connection, _read(connection.execute(_FIND, key).one()))


def _note_miss(requester: Requester, domain_id: str) -> None:
    with transaction() as connection:
        domain = _locked(connection, requester, domain_id)
        # The daily check goes by this moment: nobody puts it off by looking themselves.
        if domain.state is not State.VERIFIED:
            _write(connection, domain, checked_at=now())


def _verified(connection: Connection, requester: Requester, domain_id: str) -> DomainRecord:
    before = _locked(connection, requester, domain_id)
    moment_ = now()
    changed: dict[str, Any] = {"checked_at": moment_, "missed_checks": 0}
    if before.state is not State.VERIFIED:
        changed |= {"state": State.VERIFIED.value, "verified_at": moment_, "modified_at": moment_}
    _write(connection, before, **changed)
    if before.state is not State.VERIFIED:
        changes = {"status": [before.state.value, State.VERIFIED.value]}
        _record(connection, *_who(requester), "owner:domain:verified", domain_id, changes)
    return _locked(connection, requester, domain_id)


def _locked(connection: Connection, requester: Requester, domain_id: str) -> DomainRecord:
    return _found(connection.execute(_LOCK, _key(requester, domain_id)).first())


def _write(connection: Connection, domain: DomainRecord, **values: Any) -> None:
    key = {"key_organization": domain.organization_id, "key_domain": domain.id}
    connection.execute(_UPDATE.values(**values), key)


def _record(
    connection: Connection, organization_id: str, origin: Origin, action: str, domain_id: str, changes: dict[str, Any]
) -> None:
    record(connection, organization_id, origin, [Event(action, "Domain", domain_id, changes)])


def _who(requester: Requester) -> tuple[str, Origin]:
    return requester.organization_id, requester.origin


def _key(requester: Requester, domain_id: str) -> dict[str, str]:
    return {"organization": requester.organization_id, "domain": domain_id}


def _found(row: Any) -> DomainRecord:
    if row is None:
        raise NotFound("There is no such domain in this Organization.")
    return _read(row)


def _read(row: Any) -> DomainRecord:
    values = dict(row._mapping)  # noqa: SLF001 - its public name
    return DomainRecord(**{**values, "state": State(values["state"])})
