"""The people of the bench: documents of about 1.1 KB, as identity providers push them."""

from collections.abc import Iterator
from typing import Any

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

_GIVEN = ("Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald", "Frances", "Niklaus", "Radia", "Tim", "Zoë", "Jürgen")
_FAMILY = ("Lovelace", "Hopper", "Turing", "Dijkstra", "Liskov", "Knuth", "Allen", "Wirth", "Perlman", "Berners-Lee")
_DEPARTMENTS = ("Engineering", "Finance", "Legal", "Sales", "Support", "Research", "Operations")


def user_name(number: int) -> str:
    """Return the userName of a person."""
    return f"person{number:07}@example.com"


def email(number: int) -> str:
    """Return the work e-mail address of a person."""
    return f"work{number:07}@example.com"


def external_id(number: int) -> str:
    """Return the externalId of a person."""
    return f"external-{number:07}"


def person(number: int) -> dict[str, Any]:
    """Return the SCIM attributes of a person."""
    given, family = _GIVEN[number % len(_GIVEN)], _FAMILY[number % len(_FAMILY)]
    return {
        "userName": user_name(number),
        "externalId": external_id(number),
        "name": {"formatted": f"{given} {family}", "familyName": family, "givenName": given},
        "displayName": f"{given} {family} {number}",
        "title": "Principal Engineer of Difficult Things",
        "userType": "Employee",
        "preferredLanguage": "en-GB",
        "locale": "en-GB",
        "timezone": "Europe/London",
        "active": True,
        "emails": [
            {"value": email(number), "type": "work", "primary": True},
            {"value": f"home{number:07}@mail.example", "type": "home"},
        ],
        "phoneNumbers": [{"value": f"+44 20 7946 {number % 10_000:04}", "type": "work"}],
        "addresses": [
            {
                "type": "work",
                "formatted": f"{number % 400} Analytical Street\nLondon NW1 {number % 10}AB\nUnited Kingdom",
                "streetAddress": f"{number % 400} Analytical Street",
                "locality": "London",
                "postalCode": f"NW1 {number % 10}AB",
                "country": "GB",
            }
        ],
        ENTERPRISE: {
            "employeeNumber": f"{number:07}",
            "costCenter": f"CC-{number % 90}",
            "organization": "Example Limited",
            "division": "Products",
            "department": _DEPARTMENTS[number % len(_DEPARTMENTS)],
        },
    }


def pushed(number: int) -> dict[str, Any]:
    """Return the body of the POST or PUT that pushes a person."""
    return {"schemas": [USER, ENTERPRISE], **person(number)}


def team_numbers(number: int, teams: int) -> Iterator[int]:
    """Return the ordinary Teams that a person is in: none to three of them."""
    for place in range(number % 4):
        yield (number * 7 + place * 13) % teams
