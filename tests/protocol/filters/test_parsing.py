from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scim_server.protocol.attributes import Attribute, Returned, Schema, Type
from scim_server.protocol.errors import InvalidFilter
from scim_server.protocol.filters import parse, parse_condition
from scim_server.protocol.limits import MAX_FILTER_BYTES, MAX_FILTER_COMPARISONS, MAX_FILTER_DEPTH
from scim_server.protocol.schemas import GROUP, USER, with_extensions
from tests.protocol.filters.forms import show

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
OWN = "urn:example:params:scim:schemas:extension:own:2.0:User"
OWN_USER = with_extensions(
    USER,
    (
        Schema(
            OWN,
            "Own",
            "Attributes with awkward names and types.",
            (
                Attribute("age", Type.INTEGER),
                Attribute("ratio", Type.DECIMAL),
                Attribute("trueName"),
                Attribute("nullable", Type.BOOLEAN),
                Attribute("co"),
                Attribute("pr"),
                Attribute("tags", multi_valued=True),
                Attribute("secret", returned=Returned.NEVER),
                Attribute(
                    "keys",
                    Type.COMPLEX,
                    multi_valued=True,
                    sub_attributes=(Attribute("label"), Attribute("pin", returned=Returned.NEVER)),
                ),
                Attribute("vault", Type.COMPLEX, returned=Returned.NEVER, sub_attributes=(Attribute("value"),)),
            ),
        ),
    ),
)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ('userName eq "Ada"', 'userName eq "ada"'),
        ('externalId eq "Ada"', 'externalId eq "Ada"'),
        ('name.givenName sw "A"', 'name.givenName sw "a"'),
        ("title pr", "title pr"),
        ("name pr", "name pr"),
        ("emails pr", "emails pr"),
        ("active eq true", "active eq true"),
        ("active ne false", "active ne false"),
        ('meta.lastModified gt "2024-05-17T09:30:00+02:00"', 'meta.lastModified gt "2024-05-17T07:30:00.000000Z"'),
        ('meta.resourceType eq "User"', 'meta.resourceType eq "User"'),
        (f'schemas eq "{ENTERPRISE}"', f'schemas eq "{ENTERPRISE.lower()}"'),
        ('emails.type eq "work"', 'emails.type eq "work"'),
        ('emails[type eq "work"]', 'emails[emails.type eq "work"]'),
        ('emails[type eq "work" and value co "@x"]', 'emails[(emails.type eq "work" and emails.value co "@x")]'),
        ('emails[not (type eq "work")]', 'emails[not (emails.type eq "work")]'),
        ("title pr and emails[type pr] or active eq true", "((title pr and emails[emails.type pr]) or active eq true)"),
        (f'{CORE}:userName eq "x"', 'userName eq "x"'),
        (f'{CORE}:name.familyName eq "x"', 'name.familyName eq "x"'),
        (f'{CORE}:emails[type eq "work"]', 'emails[emails.type eq "work"]'),
        (f'{ENTERPRISE}:department eq "x"', f'{ENTERPRISE}:department eq "x"'),
        (f'{ENTERPRISE}:manager.value eq "X"', f'{ENTERPRISE}:manager.value eq "X"'),
        (f'{ENTERPRISE.upper()}:MANAGER.VALUE eq "X"', f'{ENTERPRISE}:manager.value eq "X"'),
        (f'{ENTERPRISE}.department eq "x"', f'{ENTERPRISE}:department eq "x"'),
        ('x509Certificates.value eq "QQ=="', 'x509Certificates.value eq "QQ=="'),
        ("title eq null", "not (title pr)"),
        ("title ne null", "title pr"),
        ("name eq null", "not (name pr)"),
        ("not (not (title pr))", "title pr"),
        ("((title pr))", "title pr"),
        ('title pr and title co "a" and title ne "b"', '(title pr and title co "a" and title ne "b")'),
        ("title pr and (locale pr and userType pr)", "(title pr and locale pr and userType pr)"),
        ("(title pr and locale pr) and userType pr", "(title pr and locale pr and userType pr)"),
    ],
)
def test_forms_of_the_rfc(text: str, tree: str) -> None:
    assert show(parse(text, USER)) == tree


@pytest.mark.parametrize(
    ("text", "like"),
    [
        pytest.param("externalId eq jyoung", 'externalId eq "jyoung"', id="E10 a word without quotes"),
        pytest.param("userName eq akadmin", 'userName eq "akadmin"', id="A3 a word without quotes"),
        pytest.param("userName eq a@b.example", 'userName eq "a@b.example"', id="A3 an address without quotes"),
        pytest.param("id eq 8a-1", 'id eq "8a-1"', id="E10 an id that begins as a number"),
        pytest.param("id eq 007", 'id eq "007"', id="E10 digits that are no JSON number"),
        pytest.param("userName eq Zoë and title pr", 'userName eq "Zoë" and title pr', id="E10 not only ASCII"),
        pytest.param("(userName eq ada)", '(userName eq "ada")', id="E10 in parentheses"),
        pytest.param("emails[type eq work].value eq x", 'emails[type eq "work"].value eq "x"', id="E10 in brackets"),
        pytest.param("userName eq trueman", 'userName eq "trueman"', id="E10 a word that begins as a keyword"),
        pytest.param("userName eq truE.x", 'userName eq "truE.x"', id="E10 a word that goes on after a keyword"),
        pytest.param(
            'title eq "a" and userName eq ada and locale eq "b"',
            'title eq "a" and userName eq "ada" and locale eq "b"',
            id="E10 in the order of the text",
        ),
        pytest.param('username Eq "x"', 'userName eq "x"', id="D1 names and operators in any case"),
        pytest.param(
            'TITLE PR AND NOT (LOCALE PR) Or title sW "x"',
            'title pr and not (locale pr) or title sw "x"',
            id="D1 keywords in any case",
        ),
        pytest.param('emails eq "x"', 'emails.value eq "x"', id="D2 the value of a plural attribute"),
        pytest.param('emails co "x"', 'emails.value co "x"', id="R48 the value of a plural attribute"),
        pytest.param(
            f'id eq "x" and {ENTERPRISE}:manager eq "y"',
            f'id eq "x" and {ENTERPRISE}:manager.value eq "y"',
            id="E79 the value of a singular complex attribute",
        ),
        pytest.param(
            'emails[type eq "work"].value eq "x"',
            'emails[type eq "work" and value eq "x"]',
            id="E11 a sub-attribute after brackets",
        ),
        pytest.param(
            'emails[type eq "work" or primary eq true].value pr',
            'emails[(type eq "work" or primary eq true) and value pr]',
            id="E11 precedence",
        ),
        pytest.param('emails[type eq "other"].Value eq "x"', 'emails[type eq "other" and value eq "x"]', id="E47"),
        pytest.param('roles[primary eq "True"]', "roles[primary eq true]", id="E43 a boolean in quotes"),
        pytest.param("active eq True", "active eq true", id="Q8 a boolean with a capital"),
        pytest.param("active eq FALSE", "active eq false", id="Q8 a boolean in capitals"),
        pytest.param("title eq NULL", "title eq null", id="Q8 null in capitals"),
        pytest.param('userName eq"a"and title pr', 'userName eq "a" and title pr', id="missing spaces"),
        pytest.param('not(title pr)and(userName eq"a")', 'not (title pr) and userName eq "a"', id="R42 missing spaces"),
        pytest.param('  userName\teq   "a"  ', 'userName eq "a"', id="more spaces"),
    ],
)
def test_lenient_forms_mean_the_same_as_strict_ones(text: str, like: str) -> None:
    assert show(parse(text, USER)) == show(parse(like, USER))


def test_members_eq_means_their_value_in_both_orders() -> None:
    assert show(parse('id eq "a" and members eq "B"', GROUP)) == '(id eq "a" and members.value eq "B")'
    assert show(parse('members eq "B" and id eq "a"', GROUP)) == '(members.value eq "B" and id eq "a")'


def test_a_value_path_on_a_singular_complex_attribute() -> None:
    path = f"{ENTERPRISE}:manager"
    assert show(parse(f'{path}[value eq "X"]', USER)) == f'{path}[{path}.value eq "X"]'


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("age gt 42", "age gt 42"),
        ("age eq -5", "age eq -5"),
        ("ratio le 1.5", "ratio le 1.5"),
        ("ratio eq 1e3", "ratio eq 1000.0"),
        ('age eq "42"', "age eq 42"),
        ('trueName eq "x"', 'trueName eq "x"'),
        ("nullable pr", "nullable pr"),
        ("nullable eq true", "nullable eq true"),
        ('co co "x"', 'co co "x"'),
        ("co eq x", 'co eq "x"'),
        ("pr pr", "pr pr"),
        ('tags eq "X"', 'tags eq "x"'),
    ],
)
def test_numbers_and_names_that_look_like_keywords(text: str, tree: str) -> None:
    assert show(parse(f"title pr and {OWN}:{text}", OWN_USER)) == f"(title pr and {OWN}:{tree})"


def test_attributes_named_like_operators_need_no_urn() -> None:
    schema = replace(USER.schema, attributes=(*USER.schema.attributes, Attribute("co"), Attribute("or")))
    assert show(parse('co eq eq or co co "x" and or pr', replace(USER, schema=schema))) == (
        '(co eq "eq" or (co co "x" and or pr))'
    )


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        (r'"a\"b"', 'a"b'),
        (r'"a\\b"', "a\\b"),
        (r'"\u00e9\/"', "é/"),
        (r'"\ud83d\ude00"', "😀"),
        ('"{0.__class__} %s {a} $0 \'"', "{0.__class__} %s {a} $0 '"),
        ("\"' OR '1'='1\"", "' OR '1'='1"),
        ('" or title pr"', " or title pr"),
        ('""', ""),
        ('"\u007f\u00a0\u2028"', "\u007f\u00a0\u2028"),
        (r'"\n\t"', "\n\t"),
    ],
)
def test_fl11_strings_are_json_strings(literal: str, value: str) -> None:
    assert parse(f"externalId eq {literal}", USER).values == (value,)


@pytest.mark.parametrize(
    "literal",
    [
        r'"\u0000"',
        '"\0"',
        r'"\ud800"',
        '"\ud800"',
        r'"\udc00\ud800"',
        r'"\x41"',
        r'"\u12"',
        '"a\nb"',
        '"a\\\nb"',
        '"a',
        '"a\\"',
        "'a'",
        "`a`",
        "a\\b",
        '"a" "b"',
        "a\0b",
        "\ud800",
    ],
)
def test_fl11_what_is_no_json_string_is_refused(literal: str) -> None:
    with pytest.raises(InvalidFilter) as caught:
        parse(f"externalId eq {literal}", USER)
    caught.value.detail.encode()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        pytest.param('unknown eq "x"', "unknown", id="FL01"),
        pytest.param('not (unknown eq "x")', "unknown", id="FL01 negated"),
        pytest.param('userName eq "a" and unknown eq "x"', "unknown", id="FL01 beside a known one"),
        pytest.param('name.unknown eq "x"', "name.unknown", id="FL01 sub-attribute"),
        pytest.param('emails[unknown eq "x"]', "emails", id="FL01 in brackets"),
        pytest.param('emails[type eq "x"].unknown eq "x"', "unknown", id="FL01 after brackets"),
        pytest.param('unknown[type eq "x"]', "unknown", id="FL01 before brackets"),
        pytest.param('userName.value eq "x"', "userName.value", id="FL01 sub-attribute of a simple one"),
        pytest.param('urn:x:y:User:userName eq "x"', "urn:x:y:User:userName", id="FL01 URN"),
        pytest.param(f'{CORE} eq "x"', CORE, id="FL01 the core schema as a whole"),
        pytest.param('password sw "a"', "password", id="FL09"),
        pytest.param("password pr", "password", id="FL09 presence"),
        pytest.param(f'{OWN}:secret eq "a"', "secret", id="FL09 never returned"),
        pytest.param(f'{OWN}:keys[pin eq "1"]', "pin", id="FL09 sub-attribute never returned"),
        pytest.param(f'{OWN}:vault.value sw "1"', "vault.value", id="FL09 inside one never returned"),
        pytest.param("active gt true", "active", id="FL10 order of booleans"),
        pytest.param('active co "true"', "active", id="FL10 parts of booleans"),
        pytest.param('x509Certificates.value ge "QQ=="', "x509Certificates.value", id="FL10 order of binaries"),
        pytest.param('x509Certificates sw "QQ=="', "x509Certificates.value", id="FL10 parts of binaries"),
        pytest.param('meta.created eq "x"', "meta.created", id="FL10 no dateTime"),
        pytest.param('meta.created sw "2024"', "meta.created", id="FL10 parts of dateTimes"),
        pytest.param("meta.created gt 2024", "meta.created", id="FL10 number for a dateTime"),
        pytest.param("userName gt 5", "userName", id="FL10 number for a string"),
        pytest.param("userName eq 5", "userName", id="FL10 number for a string with eq"),
        pytest.param("userName eq true", "userName", id="FL10 boolean for a string"),
        pytest.param('active eq "yes"', "active", id="FL10 string for a boolean"),
        pytest.param("active eq 1", "active", id="FL10 number for a boolean"),
        pytest.param(f'{OWN}:age eq "old"', "age", id="FL10 string for a number"),
        pytest.param(f"{OWN}:age eq true", "age", id="FL10 boolean for a number"),
        pytest.param(f'{OWN}:age co "4"', "age", id="FL10 parts of numbers"),
        pytest.param("emails eq null", "emails", id="FL10 null for several values"),
        pytest.param("title gt null", "title", id="R46 null has no order"),
        pytest.param("title co null", "title", id="R46 null has no parts"),
        pytest.param('name eq "x"', "name", id="complex without a value"),
        pytest.param('name[value eq "x"]', "value", id="complex without a value in brackets"),
        pytest.param('userName[value eq "x"]', "userName", id="brackets after a simple attribute"),
        pytest.param(f'{OWN}:tags[value eq "x"]', "tags", id="brackets after a simple plural attribute"),
        pytest.param('emails.value[type eq "x"]', "square brackets", id="brackets after a sub-attribute"),
        pytest.param(f'{ENTERPRISE}:manager.value[value eq "x"]', "manager.value", id="and with a URN"),
        pytest.param(f'{ENTERPRISE}[department eq "x"]', ENTERPRISE, id="brackets after an extension"),
        pytest.param(f"{ENTERPRISE} pr", ENTERPRISE, id="an extension as a whole"),
        pytest.param('emails[type eq "x"] eq "y"', "emails", id="an operator after brackets"),
        pytest.param('emails[type eq "x"][value eq "y"]', "square brackets", id="two pairs of brackets"),
        pytest.param('emails[emails[type eq "x"]]', "nests square brackets", id="nested brackets"),
        pytest.param('emails[(emails[type eq "x"])]', "nests square brackets", id="nested brackets in parentheses"),
        pytest.param('emails[emails.type eq "x"]', "emails.type", id="a full path in brackets"),
        pytest.param('emails[userName eq "x"]', "userName", id="an attribute of the resource in brackets"),
        pytest.param(f"{OWN}:ratio eq 1e999", "too large", id="a number beyond all numbers"),
        pytest.param(f"{OWN}:age eq {2**63}", "too large", id="a number beyond 64 bits"),
        pytest.param(f"{OWN}:age eq {'9' * 8000}", "too large", id="a number of 8,000 digits"),
    ],
)
def test_what_the_schemas_do_not_allow_is_refused_by_name(text: str, named: str) -> None:
    with pytest.raises(InvalidFilter) as caught:
        parse(text, OWN_USER)
    assert named in caught.value.detail


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "userName",
        "userName eq",
        'eq "x"',
        'userName "x"',
        'userName regex "x"',
        'userName = "x"',
        "userName pr pr",
        "userName pr and",
        "and userName pr",
        "userName pr userName pr",
        "not userName pr",
        "not",
        "()",
        "(userName pr",
        "userName pr)",
        "emails[type pr",
        "emails type pr]",
        "(emails[type pr)]",
        "emails[]",
        "[type pr]",
        "userName eq and title pr",
        'name.givenName.x eq "x"',
        "userName pr; title pr",
        "userName\npr",
        "userName\u00a0pr",
        'userName eq "x" -',
        "userName eq 5x5[",
        "5 eq 5",
        'true eq "x"',
        '"userName" eq "x"',
        ".value pr",
        "name. pr",
        "urn: pr",
    ],
)
def test_what_is_no_filter_is_refused(text: str) -> None:
    with pytest.raises(InvalidFilter):
        parse(text, USER)


def test_the_refusal_says_where_and_does_not_repeat_literals() -> None:
    with pytest.raises(InvalidFilter) as caught:
        parse('userName eq "ada" nand title eq "secret"', USER)
    assert caught.value.detail == (
        """The filter cannot be read after 'userName eq "…"': 'nand title eq "…"' is not expected there."""
    )


class TestUnknownAttributesOfQueriesOverSeveralTypes:
    @pytest.mark.parametrize(
        ("text", "tree"),
        [
            ('members.value eq "x"', "unknown"),
            ("password pr", "unknown"),
            ('members[value eq "x" and type eq "User"]', "unknown"),
            ('emails[unknown eq "x" or value eq "Y"]', 'emails[(unknown or emails.value eq "y")]'),
            ('emails[value eq "Y"].unknown eq "x"', 'emails[(emails.value eq "y" and unknown)]'),
            ('members eq "x" or userName eq "Y"', '(unknown or userName eq "y")'),
            ('members eq x or userName eq "Y"', '(unknown or userName eq "y")'),
            ('not (members eq "x")', "not (unknown)"),
        ],
    )
    def test_become_unknown(self, text: str, tree: str) -> None:
        assert show(parse(text, USER, lenient_unknown=True)) == tree

    def test_are_still_refused_for_one_type(self) -> None:
        parse("members pr", USER, lenient_unknown=True)
        with pytest.raises(InvalidFilter):
            parse("members pr", USER)

    def test_broken_filters_are_still_refused(self) -> None:
        with pytest.raises(InvalidFilter):
            parse('members foo "x"', USER, lenient_unknown=True)


class TestCondition:
    EMAILS = USER.resolve("emails")
    MANAGER = USER.resolve(f"{ENTERPRISE}:manager")

    @pytest.mark.parametrize(
        ("text", "tree"),
        [
            ('type eq "Work"', 'emails.type eq "work"'),
            ('TYPE eq "Work" and primary eq "True"', '(emails.type eq "work" and emails.primary eq true)'),
            ('value eq "x" or not (type pr)', '(emails.value eq "x" or not (emails.type pr))'),
            ("type eq work", 'emails.type eq "work"'),
        ],
    )
    def test_names_are_those_of_sub_attributes(self, text: str, tree: str) -> None:
        assert self.EMAILS and show(parse_condition(text, self.EMAILS)) == tree

    def test_of_a_singular_complex_attribute_of_an_extension(self) -> None:
        assert self.MANAGER
        assert show(parse_condition('value eq "b7C1"', self.MANAGER)) == f'{ENTERPRISE}:manager.value eq "b7C1"'

    def test_one_text_under_two_paths(self) -> None:
        phones = USER.resolve("phoneNumbers")
        assert self.EMAILS and phones
        assert show(parse_condition('value eq "x"', self.EMAILS)) == 'emails.value eq "x"'
        assert show(parse_condition('value eq "x"', phones)) == 'phoneNumbers.value eq "x"'

    @pytest.mark.parametrize("text", ["", 'userName eq "x"', 'emails[type eq "x"]', 'type[value eq "x"]', "type pr]"])
    def test_what_is_no_condition_is_refused(self, text: str) -> None:
        assert self.EMAILS
        with pytest.raises(InvalidFilter):
            parse_condition(text, self.EMAILS)

    @pytest.mark.parametrize("name", ["userName", "name.givenName", "emails.type", "schemas", ENTERPRISE])
    def test_only_complex_attributes_have_one(self, name: str) -> None:
        path = USER.resolve(name)
        assert path
        with pytest.raises(InvalidFilter):
            parse_condition('value eq "x"', path)


class TestShapes:
    def test_filters_that_differ_in_literals_share_one(self) -> None:
        one = parse('userName eq "Ada" and title co "x"', USER)
        other = parse('userName eq "Bob" and title co "y\\u00e9"', USER)
        assert one.shape is other.shape
        assert (one.values, other.values) == (("ada", "x"), ("bob", "yé"))
        assert (one.raw, other.raw) == (("Ada", "x"), ("Bob", "yé"))

    def test_a_word_without_quotes_is_a_string_to_them(self) -> None:
        assert parse("userName eq ada", USER).shape is parse('userName eq "Bob"', USER).shape

    def test_resource_types_do_not_share_them(self) -> None:
        other = replace(USER)
        assert parse('userName eq "a"', USER).shape is not parse('userName eq "a"', other).shape

    def test_leniency_does_not_leak(self) -> None:
        for _ in range(2):
            assert show(parse('members eq "a"', USER, lenient_unknown=True)) == "unknown"
            with pytest.raises(InvalidFilter):
                parse('members eq "a"', USER)

    def test_literals_of_a_shape_are_checked_each_time(self) -> None:
        parse('active eq "true"', USER)
        with pytest.raises(InvalidFilter):
            parse('active eq "maybe"', USER)

    def test_raw_keeps_what_the_client_wrote_in_the_type_of_the_attribute(self) -> None:
        filter = parse(
            f'userName eq "Ada" and active eq "True" and {OWN}:age eq "42" '
            'and meta.created gt "2024-05-17T09:30:00+02:00"',
            OWN_USER,
        )
        assert filter.raw == ("Ada", True, 42, "2024-05-17T09:30:00+02:00")
        assert filter.values == ("ada", True, 42, "2024-05-17T07:30:00.000000Z")

    def test_threads_do_not_mix_their_literals(self) -> None:
        texts = [
            f'userName eq "u{i}" and title{" " * (i % 7 + 1)}co "t{i}" or emails[type eq t{i}]' for i in range(500)
        ]
        with ThreadPoolExecutor(8) as pool:
            filters = list(pool.map(lambda text: parse(text, USER), texts))
        assert [filter.values for filter in filters] == [(f"u{i}", f"t{i}", f"t{i}") for i in range(500)]


class TestLimits:
    def test_bytes(self) -> None:
        def text(length: int) -> str:
            return 'title eq "' + "é" * ((length - 12) // 2) + "x" * (length % 2) + '" '

        assert len(text(MAX_FILTER_BYTES).encode()) == MAX_FILTER_BYTES
        parse(text(MAX_FILTER_BYTES), USER)
        with pytest.raises(InvalidFilter, match=str(MAX_FILTER_BYTES)):
            parse(text(MAX_FILTER_BYTES + 1), USER)

    def test_comparisons(self) -> None:
        parse(" or ".join(["title pr"] * MAX_FILTER_COMPARISONS), USER)
        with pytest.raises(InvalidFilter, match=str(MAX_FILTER_COMPARISONS)):
            parse(" or ".join(["title pr"] * (MAX_FILTER_COMPARISONS + 1)), USER)

    @pytest.mark.parametrize("opening", ["(", "not ("])
    def test_depth(self, opening: str) -> None:
        parse(opening * MAX_FILTER_DEPTH + "title pr" + ")" * MAX_FILTER_DEPTH, USER)
        over = MAX_FILTER_DEPTH + 1
        with pytest.raises(InvalidFilter, match=str(MAX_FILTER_DEPTH)):
            parse(opening * over + "title pr" + ")" * over, USER)

    def test_depth_counts_square_brackets(self) -> None:
        inside = MAX_FILTER_DEPTH - 1
        parse("emails[" + "(" * inside + "type pr" + ")" * inside + "]", USER)
        with pytest.raises(InvalidFilter, match=str(MAX_FILTER_DEPTH)):
            parse("emails[" + "(" * (inside + 1) + "type pr" + ")" * (inside + 1) + "]", USER)

    @pytest.mark.parametrize(
        "bomb",
        [
            pytest.param("(" * 1_000, id="FL06 1,000 parentheses"),
            pytest.param("(" * 50_000, id="FL06 50,000 parentheses"),
            pytest.param("(" * MAX_FILTER_BYTES, id="FL06 as many parentheses as fit"),
            pytest.param("not (" * 1_000, id="FL06 not ("),
            pytest.param("a[" * 30, id="FL06 square brackets"),
            pytest.param("title pr or " * 10_000 + "title pr", id="FL07 10,000 terms"),
            pytest.param('title eq "' + "a" * 1_000_000 + '"', id="FL07 a long literal"),
            pytest.param("a:" + "b:" * 1_000_000, id="FL08 colons"),
            pytest.param("a:" + "b:" * 4_000, id="FL08 colons that fit"),
            pytest.param('title eq "' + "x" * 1_000_000, id="FL08 unclosed quote"),
            pytest.param('title eq "' + '\\"' * 4_000, id="FL08 unclosed quote with escapes"),
            pytest.param("a." * 100_000, id="FL08 dots"),
            pytest.param("a." * 4_000, id="FL08 dots that fit"),
            pytest.param("a eq " * 1_600, id="FL08 operators"),
            pytest.param("a " + " " * 8_000, id="FL08 spaces"),
            pytest.param('"a"' * 2_700, id="FL08 strings"),
        ],
    )
    def test_bombs_do_not_go_off(self, bomb: str) -> None:
        with pytest.raises(InvalidFilter):
            parse(bomb, USER)


words = st.sampled_from(
    [
        "userName",
        "title",
        "emails",
        "active",
        "meta.created",
        "name",
        "value",
        "type",
        "eq",
        "ne",
        "co",
        "pr",
        "and",
        "or",
        "not",
        "(",
        ")",
        "[",
        "]",
        '"x"',
        '"true"',
        "5",
        "-1.5e3",
        "true",
        "null",
        '"2024-05-17T09:30:00Z"',
        ".value",
        ".",
        ":",
        "$",
        '"',
        "\\",
        "x",
        "ada",
        "\x00",
        "\ud800",
        "é",
        "ı",
        "\n",
    ]
)
texts = st.one_of(
    st.lists(words, max_size=30).map(" ".join),
    st.lists(words, max_size=30).map("".join),
    st.text(alphabet=st.characters(), max_size=60),
)


@given(texts, st.booleans())
def test_any_text_is_a_filter_or_is_refused_as_one(text: str, lenient: bool) -> None:
    try:
        filter = parse(text, USER, lenient_unknown=lenient)
    except InvalidFilter as error:
        error.detail.encode()
    else:
        assert len(filter.values) == len(filter.raw) == filter.shape.slots
