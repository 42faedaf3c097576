"""What a set-up guide is made of."""

from dataclasses import dataclass, field
from typing import TypeAlias

from flask_babel import LazyString

Text: TypeAlias = LazyString | str
# What stands in a value and is filled in for each Organization.
BASE_URL, TOKEN, ORGANIZATION_ID, TODAY = "{base_url}", "{token}", "{organization_id}", "{today}"


@dataclass(frozen=True, slots=True)
class Value:
    """A field of the identity provider, by the name that it has there, and what to enter.

    `is_typed` says that it is a text to be written there as it is, such as a command.
    """

    field: str
    value: Text
    is_typed: bool = False

    @property
    def is_copied(self) -> bool:
        """Tell whether it is a text to copy; the token is shown once and copied where it is made."""
        text = str(self.value)
        return (self.is_typed or "{" in text) and TOKEN not in text


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do in the identity provider."""

    title: Text
    text: Text
    values: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class Guide:
    """How one identity provider is set up.

    `first_requests` says what it sends first, so that people know what to wait for; `removal` what it sends of people
    who are unassigned; `notes` what surprises.
    """

    slug: str
    name: Text
    summary: Text
    steps: tuple[Step, ...]
    first_requests: Text
    removal: Text
    notes: tuple[Text, ...] = field(default=())
