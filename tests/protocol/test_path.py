import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scim_server.protocol.errors import InvalidFilter, InvalidPath, ScimError
from scim_server.protocol.filters import equality_template, parsing
from scim_server.protocol.limits import MAX_FILTER_BYTES
from scim_server.protocol.path import UnknownAttribute, parse_path
from scim_server.protocol.schemas import GROUP
from tests.protocol.patching import CORE, ENTERPRISE, OWN, OWN_USER


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("userName", "userName"),
        ("USERNAME", "userName"),
        (" title ", "title"),
        ("name.givenName", "name.givenName"),
        ("NAME.GIVENNAME", "name.givenName"),
        pytest.param(f"{CORE}:active", "active", id="E46-R41"),
        pytest.param(f"{CORE}:name.familyName", "name.familyName", id="R41-sub"),
        pytest.param(f"{ENTERPRISE}:department", f"{ENTERPRISE}:department", id="E45"),
        pytest.param(f"{ENTERPRISE.upper()}:DEPARTMENT", f"{ENTERPRISE}:department", id="R1"),
        pytest.param("manager", f"{ENTERPRISE}:manager", id="E49-plain"),
        pytest.param(f"{ENTERPRISE}:manager.value", f"{ENTERPRISE}:manager.value", id="E49"),
        pytest.param(f"{ENTERPRISE}:manager.$ref", f"{ENTERPRISE}:manager.$ref", id="R40-$ref"),
        pytest.param(f"{OWN}:tag", f"{OWN}:tag", id="E66"),
        pytest.param(ENTERPRISE, ENTERPRISE, id="bare-extension"),
        ("emails.value", "emails.value"),
    ],
)
def test_a_path_without_filter(text: str, path: str) -> None:
    found = parse_path(text, OWN_USER)
    assert (str(found.path), found.filter) == (path, None)


@pytest.mark.parametrize(
    ("text", "path", "template"),
    [
        ('emails[type eq "work"]', "emails", {"type": "work"}),
        ('emails[type eq "work"].value', "emails.value", {"type": "work"}),
        pytest.param('emails[type eq "other"].Value', "emails.value", {"type": "other"}, id="E47"),
        pytest.param('roles[primary eq "True"].value', "roles.value", {"primary": True}, id="E43"),
        pytest.param('emails[type eq"work"].value', "emails.value", {"type": "work"}, id="R40-no-blank"),
        pytest.param(f'{ENTERPRISE}:manager[value eq "m"]', f"{ENTERPRISE}:manager", {"value": "m"}, id="E50"),
        pytest.param(f'{CORE}:emails[type eq "work"].value', "emails.value", {"type": "work"}, id="R41-filter"),
        ('emails[value eq "a]b[c.d"].type', "emails.type", {"value": "a]b[c.d"}),
        (r'emails[value eq "a\"]b"].type', "emails.type", {"value": 'a"]b'}),
        ('emails[type eq "work" and primary eq true].value', "emails.value", {"type": "work", "primary": True}),
        ('emails[type co "w"]', "emails", None),
    ],
)
def test_a_path_with_filter(text: str, path: str, template: object) -> None:
    found = parse_path(text, OWN_USER)
    assert found.filter is not None
    assert (str(found.path), equality_template(found.filter)) == (path, template)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("__class__", id="PT07-dunder"),
        pytest.param("_sa_instance_state.x", id="PT07-orm"),
        pytest.param("urn:evil:x", id="PT07-urn"),
        pytest.param(CORE + ":", id="urn-without-name"),
        "",
        " ",
        "shoeSize",
        "name.shoeSize",
        "name.",
        f"{ENTERPRISE}:manager.",
        ".name",
        "name..givenName",
        "name.givenName.more",
        "user Name",
        "nic\u212aName",
        f"{ENTERPRISE}:shoeSize",
        'emails[type eq "work"].shoeSize',
        'shoeSize[type eq "work"]',
    ],
)
def test_a_path_that_names_nothing_is_an_unknown_attribute(text: str) -> None:
    with pytest.raises(UnknownAttribute) as caught:
        parse_path(text, OWN_USER)
    assert caught.value.scim_type == "invalidPath"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("emails[" * 30, id="PT08-nested"),
        pytest.param('emails[value eq "' + "x" * MAX_FILTER_BYTES + '"]', id="PT08-8kB"),
        pytest.param("x" * (MAX_FILTER_BYTES + 1), id="PT08-name"),
        pytest.param('emails[value eq "' + "€" * (MAX_FILTER_BYTES // 3) + '"]', id="PT08-bytes"),
        'emails[type eq "work"',
        'emails[type eq "work].value',
        'emails[type eq "work"]value',
        'emails[type eq "work"].',
        'emails[type eq "work"].value.x',
        'emails[type eq "work"] .value',
        'emails[type eq "work"][primary eq true]',
        'emails[emails[type eq "work"]]',
        'emails.value[type eq "work"]',
        'userName[type eq "work"]',
        f'{OWN}:tags[value eq "x"]',
        f'{ENTERPRISE}[department eq "x"]',
    ],
)
def test_a_malformed_path_is_invalid_and_not_merely_unknown(text: str) -> None:
    with pytest.raises(InvalidPath) as caught:
        parse_path(text, OWN_USER)
    assert not isinstance(caught.value, UnknownAttribute)


@pytest.mark.parametrize("condition", ["", "type", "type eq", "shoeSize eq 1", "type xx 1", "primary gt true"])
def test_a_malformed_filter_in_a_path_is_an_invalid_filter(condition: str) -> None:
    with pytest.raises(InvalidFilter, match="emails"):
        parse_path(f"emails[{condition}].value", OWN_USER)


_PIECES = st.sampled_from(
    [
        "emails",
        "members",
        "name",
        "[",
        "]",
        ".",
        '"',
        "\\",
        " ",
        "eq",
        "value",
        "type",
        "(",
        ")",
        "not",
        CORE,
        ":",
        "$ref",
    ]
)


@given(st.one_of(st.text(), st.lists(_PIECES).map("".join), st.binary().map(lambda raw: raw.decode("latin-1"))))
@example("\ud800")
@example("emails[\ud800]")
@example('emails[value eq "\ud800"]')
@example("(" * 5000)
@example("emails[" + "(" * 5000 + "]")
@example("emails[" + '"' * 7999 + "]")
def test_any_text_gives_a_path_or_a_scim_error(text: str) -> None:
    for resource_type in (OWN_USER, GROUP):
        try:
            found = parse_path(text, resource_type)
        except ScimError as error:
            assert len(error.detail) < 3_000
        else:
            assert resource_type.resolve(str(found.path)) == found.path


def test_many_different_paths_are_kept_in_bounded_caches() -> None:  # PT09
    for number in range(3_000):
        parse_path(f'emails[value eq "{number}"]', OWN_USER)
        parse_path(f"emails[{'not (' * (number % 20)}type pr{')' * (number % 20)}]", OWN_USER)
        with pytest.raises(ScimError):
            parse_path(f"emails[x{number} pr]", OWN_USER)
    information = parsing._cached_plan.cache_info()
    assert information.maxsize is not None
    assert information.currsize <= information.maxsize
