"""Play a simulation against the application itself, without a network, and keep what was sent."""

from scim_server.cli.simulation import cycle
from scim_server.cli.simulation.dialects import DIALECTS
from scim_server.cli.simulation.exchange import Answer, Request
from scim_server.cli.simulation.people import crowd
from scim_server.cli.simulation.player import Player, Record, play_all
from tests.support.client import ScimClient


class InProcess(Player):
    """A player whose server is a SCIM client of the tests."""

    def __init__(self, scim: ScimClient, record: Record) -> None:
        super().__init__("", scim.token, record)
        self.sent: list[Request] = []
        self._scim = scim

    def _send_once(self, request: Request) -> tuple[Answer, float | None]:
        self.sent.append(request)
        arguments = {} if request.body is None else {"json": request.body}
        path = f"{request.path}?{request.query}" if request.query else request.path
        got = self._scim.request(request.method, path, headers=dict(request.headers), **arguments)
        body = got.get_json(force=True) if got.data else None
        return Answer(got.status_code, body, got.get_data(as_text=True), got.headers.get("Content-Type", "")), None


def played(dialect: str, scim: ScimClient, *, users: int = 12, groups: int = 4) -> tuple[list[Request], Record]:
    """Play a whole cycle and its checks, and return the requests of the identity provider and how it went."""
    world, record = cycle.World(), Record()
    player = InProcess(scim, record)
    play_all(player, cycle.tasks(DIALECTS[dialect](), crowd(7, users, groups), world), lambda _: None)
    sent = list(player.sent)
    play_all(player, cycle.checks(world), lambda _: None)
    return sent, record
