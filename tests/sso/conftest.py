"""Fixtures: an OpenID provider on this machine."""

from collections.abc import Iterator

import pytest

from tests.support.provider import TestProvider, serving


@pytest.fixture
def op() -> Iterator[TestProvider]:
    """Give an OpenID provider of good will."""
    with serving() as provider:
        yield provider
