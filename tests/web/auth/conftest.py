"""A person with an Account, and the browser that they sit at."""

import pytest
from flask import Flask

from tests.support.accounts import address, make_account
from tests.support.browser import Browser


@pytest.fixture
def email(app: Flask) -> str:
    """Give the address of a person who can sign in with a password."""
    fresh = address()
    make_account(fresh)
    return fresh


@pytest.fixture
def browser(app: Flask) -> Browser:
    """Give a browser where nobody is signed in."""
    return Browser(app)
