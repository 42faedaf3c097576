"""The people of a simulation: the same for a seed, all different, and made up for all to see."""

import re

from scim_server.cli.simulation.people import DOMAIN, MARK, crowd


def test_a_seed_is_a_crowd() -> None:
    assert crowd(1, 50, 10) == crowd(1, 50, 10)
    assert crowd(1, 50, 10).people != crowd(2, 50, 10).people


def test_everybody_is_somebody_else() -> None:
    made = crowd(3, 5_000, 200)
    assert len({person.user_name for person in made.people}) == 5_000
    assert len({person.external_id for person in made.people}) == 5_000
    assert len({group.name.lower() for group in made.groups}) == 200


def test_nobody_is_real() -> None:
    made = crowd(4, 1_000, 20)
    assert DOMAIN.endswith(".example")
    assert all(re.fullmatch(rf"[a-z.\-]+\d*@{re.escape(DOMAIN)}", person.user_name) for person in made.people)
    assert all(group.name.endswith(MARK) for group in made.groups)
    assert any(not person.display_name.isascii() for person in made.people)
