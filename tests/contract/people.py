"""Users and Groups that a translation to SQL gets wrong: wildcards, cases, blanks, other alphabets, missing values."""

from typing import Any

from tests.support.client import ENTERPRISE

PEOPLE: list[dict[str, Any]] = [
    {"userName": "dave_%", "displayName": "50% off", "title": "", "nickName": "a_b"},
    {"userName": "daveX1", "displayName": "50 off", "title": "a%b", "nickName": "aXb"},
    {
        "userName": "Bob@Example.ORG",
        "externalId": "Ext-A",
        "name": {"familyName": "Mc Donald", "givenName": "Bob"},
        "emails": [
            {"value": "Bob@Example.ORG", "type": "work", "primary": True},
            {"value": "bob@home.test", "type": "home"},
        ],
        "active": True,
        ENTERPRISE: {"employeeNumber": "007", "department": "R&D", "manager": {"value": "boss"}},
    },
    {
        "userName": "bobby",
        "externalId": "ext-a",
        "name": {"familyName": "mc donald"},
        "emails": [{"value": "bob@example.org.evil", "type": "home"}, {"value": "x@example.org", "type": "work"}],
        "active": False,
        ENTERPRISE: {"employeeNumber": "7", "department": "r&d"},
    },
    {"userName": "emoji\U0001f600", "displayName": "\U0001f468\u200d\U0001f469\u200d\U0001f467", "title": "\U0001f600"},
    {"userName": "İstanbul", "displayName": "ıIiİ", "title": "ISPARTA", "locale": "tr-TR"},
    {"userName": "istanbul2", "displayName": "iiii", "title": "ısparta"},
    {"userName": "strasse", "displayName": "STRASSE"},
    {"userName": "straße2", "displayName": "straße"},
    {"userName": "cafe\u0301", "displayName": "Cafe\u0301", "nickName": "zoe\u0308"},
    {"userName": "café2", "displayName": "CAFÉ", "nickName": "Zoë"},
    {"userName": "quote'--", "displayName": '"double" \\back\\', "title": "x' OR '1'='1"},
    {"userName": "null", "displayName": "NULL", "title": "None", "externalId": "null"},
    {"userName": "true", "displayName": "false", "title": "0", "nickName": "1"},
    {"userName": "  spaced  ", "displayName": " lead", "title": "trail "},
    {
        "userName": "phones",
        "phoneNumbers": [{"value": "+49 221 1", "type": "work"}, {"value": "%", "type": "mobile", "primary": True}],
        "addresses": [{"locality": "Köln", "country": "DE", "type": "work", "primary": True}, {"locality": "Ulm"}],
    },
    {
        "userName": "phones2",
        "phoneNumbers": [{"value": "+49 221 1", "type": "mobile"}],
        "ims": [{"value": "X_Y", "type": "xmpp"}],
        "roles": [{"value": "Admin", "primary": True}, {"value": "admin2"}],
        "x509Certificates": [{"value": "TUlJQw=="}],
        "profileUrl": "https://Example.org/A",
    },
    {"userName": "emails no type", "emails": [{"value": "zz@example.org"}], "active": True},
    {"userName": "emails type only", "emails": [{"type": "work"}], "userType": "Contractor"},
    {"userName": "z" * 300, "displayName": "z" * 300, "timezone": "Europe/Berlin", "preferredLanguage": "de"},
    {"userName": "Ω", "displayName": "ΣΑΣ", "title": "σας", "nickName": "Σας"},
]

GROUPS: list[tuple[str, list[str]]] = [
    ("Crew_%", ["dave_%", "Bob@Example.ORG"]),
    ("crewX", ["bobby"]),
    ("Empty \U0001f600", []),
    ("ÄRZTE", ["phones", "null", "Bob@Example.ORG"]),
]
