"""Every kind of refusal has words and a way out."""

import pytest

from scim_server.connections.remedies import REMEDIES, remedy_of
from scim_server.protocol import errors
from scim_server.users.ownership import LastOwner

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.ScimError)]


@pytest.mark.parametrize("kind", [*KINDS[1:], LastOwner], ids=lambda kind: kind.__name__)
def test_each_error_has_a_remedy(kind: type[errors.ScimError]) -> None:
    found = REMEDIES[kind.__name__]
    assert found.words.endswith(".")
    assert found.remedy.endswith(".")


def test_unknown_kinds_lead_to_the_journal() -> None:
    assert "journal" in remedy_of("Whatever").remedy
