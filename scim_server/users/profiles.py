"""What people are shown of a person: one name and one picture of all that an identity provider may push."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, func, literal

from scim_server.directory.json_sql import json_value
from scim_server.protocol.attributes import Attribute
from scim_server.protocol.schemas import USER
from scim_server.users.models import User


def full_name(attributes: Mapping[str, Any]) -> str:
    """Return the displayName, else the name as a whole, else given and family name, else the userName."""
    name = attributes.get("name", {})
    parts = " ".join(name[part] for part in ("givenName", "familyName") if name.get(part))
    return str(attributes.get("displayName") or name.get("formatted") or parts or attributes["userName"])


def full_name_sql(dialect: str) -> ColumnElement[str]:
    """Return the same, folded, of the User at hand."""
    formatted, given, family = (
        json_value(dialect, User.search.expression, ("name", part), _part_of_name(part))
        for part in ("formatted", "givenName", "familyName")
    )
    parts = func.nullif(func.trim(func.coalesce(given, "") + literal(" ") + func.coalesce(family, "")), "")
    return func.coalesce(User.display_name_folded, formatted, parts, User.user_name_folded)


def avatar_url(attributes: Mapping[str, Any]) -> str | None:
    """Return the address of the primary photo, else of the first; None where there is no web address."""
    photos = sorted(attributes.get("photos", ()), key=lambda photo: photo.get("primary") is not True)
    addresses = (str(photo.get("value", "")) for photo in photos)
    return next((address for address in addresses if address.startswith("https://")), None)


def _part_of_name(name: str) -> Attribute:
    path = USER.resolve(f"name.{name}")
    assert path is not None
    assert path.sub_attribute is not None
    return path.sub_attribute
