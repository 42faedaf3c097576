"""The mails that a real server wrote into its folder, as whoever they are for reads them."""

import re
import time
from email import message_from_bytes, policy
from pathlib import Path

PATIENCE = 60


def mails_to(home: Path, email: str) -> list[str]:
    """Return the texts of all mails to an address, the oldest first."""
    found = []
    for file in sorted((home / "mail").glob("*.eml"), key=lambda path: (path.stat().st_mtime_ns, path.name)):
        message = message_from_bytes(file.read_bytes(), policy=policy.default)
        if email in str(message["To"]):
            body = message.get_body(("plain",))
            assert body is not None
            found.append(str(body.get_content()))
    return found


def link_to(home: Path, email: str, path: str) -> str:
    """Return the newest link to a path of the server that was mailed to an address, once it is there."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        for text in reversed(mails_to(home, email)):
            found = re.search(rf"https?://[^/\s]+({re.escape(path)}/\S+)", text)
            if found is not None:
                return found[1]
        time.sleep(0.1)
    raise AssertionError(f"no mail to {email} with a link to {path}")
