"""What some tests of Accounts need beside those of all."""

import pytest
from flask import Flask
from pwdlib import PasswordHash


@pytest.fixture
def real_hashing(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash passwords as in production, and so undo what spares all other tests the time."""
    monkeypatch.setattr(app.extensions["passwords"], "hasher", PasswordHash.recommended())
