"""The people and groups of a simulation: the same for the same seed, and recognisable as made up."""

import random
import uuid
from dataclasses import dataclass, field

# A name that nobody can register (RFC 2606): no mail ever reaches anyone, and no real person is matched.
DOMAIN = "simulation.example"
# No group of an Organization is called so by chance.
MARK = " (simulated)"
# Each beside the letters that a mail address takes.
_GIVEN = (
    ("Ada", "ada"), ("Zoë", "zoe"), ("José", "jose"), ("Łucja", "lucja"), ("Søren", "soren"), ("Ольга", "olga"),
    ("明", "ming"), ("Yūki", "yuki"), ("Þóra", "thora"), ("François", "francois"), ("Jürgen", "juergen"),
    ("Ayşe", "ayse"), ("Νίκη", "niki"), ("Siobhán", "siobhan"), ("Đorđe", "djordje"), ("Anh Thư", "anhthu"),
    ("ليلى", "layla"), ("נועה", "noa"), ("Priya", "priya"), ("Kwame", "kwame"), ("Grace", "grace"),
    ("Mirëlindë", "mirelinde"), ("Ñusta", "nusta"), ("Tomáš", "tomas"),
)  # fmt: skip
_FAMILY = (
    ("Byron", "byron"), ("O'Neil", "oneil"), ("Núñez", "nunez"), ("Wiśniewska", "wisniewska"), ("Bjørk", "bjork"),
    ("Смирнова", "smirnova"), ("王", "wang"), ("Satō", "sato"), ("Sigurðsson", "sigurdsson"), ("Lefèvre", "lefevre"),
    ("Müller-Weiß", "mueller-weiss"), ("Παππάς", "pappas"), ("Ó Briain", "obriain"),
    ("Čović", "covic"), ("Nguyễn", "nguyen"), ("حداد", "haddad"), ("לוי", "levi"), ("Raghunathan", "raghunathan"),
    ("Mensah", "mensah"), ("Hopper", "hopper"), ("van der Berg", "vanderberg"), ("Quispe", "quispe"),
    ("Dvořák", "dvorak"), ("Yıldız", "yildiz"),  # noqa: RUF001 - a letter of Turkish
)  # fmt: skip
_DEPARTMENTS = ("Engines", "Analysis", "Observatory", "Cartography", "Archive", "Signals", "Workshop", "Library")
_GROUPS = (
    "Engineers", "Analysts", "Stargazers", "Cartographers", "Archivists", "Signallers", "Tinkerers", "Librarians",
    "Night shift", "Étude", "Küche", "Команда", "開発", "On call", "Reviewers", "Newcomers",
)  # fmt: skip
EVERYONE = "Everyone"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom the identity provider knows."""

    login: str
    given_name: str
    family_name: str
    department: str
    number: str
    external_id: str
    password: str
    active: bool = True

    @property
    def user_name(self) -> str:
        """Return the address that the person signs in with."""
        return f"{self.login}@{DOMAIN}"

    @property
    def display_name(self) -> str:
        """Return the whole name."""
        return f"{self.given_name} {self.family_name}"


@dataclass(slots=True)
class Group:
    """A group of the identity provider, and its members there: ids of Users with their people."""

    name: str
    external_id: str
    id: str = ""
    members: dict[str, Person] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Crowd:
    """Whom a simulation is about, and which names people take when they change theirs."""

    people: list[Person]
    groups: list[Group]
    other_names: list[str]
    seed: int


def crowd(seed: int, users: int, groups: int) -> Crowd:
    """Draw the people and groups of a seed."""
    draw = random.Random(seed)  # noqa: S311 - the same people again, and no secret among what is drawn
    pairs = [(given, family) for given in _GIVEN for family in _FAMILY]
    draw.shuffle(pairs)
    people = []
    for index in range(users):
        round_, at = divmod(index, len(pairs))
        (given, given_login), (family, family_login) = pairs[at]
        people.append(
            Person(
                login=f"{given_login}.{family_login}{round_ + 1 if round_ else ''}",
                given_name=given,
                family_name=family,
                department=draw.choice(_DEPARTMENTS),
                number=str(1000 + index),
                external_id=_drawn_uuid(draw),
                password=f"{draw.getrandbits(64):016x}Aa!",
            )
        )
    names = [EVERYONE, *(_GROUPS[at % len(_GROUPS)] + _again(at // len(_GROUPS)) for at in range(groups))][:groups]
    made = [Group(name + MARK, _drawn_uuid(draw)) for name in names]
    return Crowd(people, made, [draw.choice(_FAMILY)[0] for _ in people], seed)


def _again(round_: int) -> str:
    return f" {round_ + 1}" if round_ else ""


def _drawn_uuid(draw: random.Random) -> str:
    return str(uuid.UUID(int=draw.getrandbits(128), version=4))
