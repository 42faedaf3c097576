"""Places: the Workspace, Deployment or Dag that a role below the Organization is held on."""

from dataclasses import dataclass
from enum import StrEnum

# What stands in a place's stead where a role is held on the Organization itself.
ORGANIZATION = "organization"


class PlaceScope(StrEnum):
    """The scopes of places, as they are stored and as they stand on the wire."""

    WORKSPACE = "WORKSPACE"
    DEPLOYMENT = "DEPLOYMENT"
    DAG = "DAG"

    @property
    def catalogue_name(self) -> str:
        """Return the scope's name in the catalogue."""
        return self.value.lower()


@dataclass(frozen=True, slots=True)
class Place:
    """One Workspace, Deployment or Dag; a Deployment has its Workspace, a Dag also its id or else its tag."""

    workspace_id: str
    deployment_id: str | None = None
    dag_id: str | None = None
    dag_tag: str | None = None

    @property
    def scope(self) -> PlaceScope:
        """Return what kind of place it is."""
        if self.deployment_id is None:
            return PlaceScope.WORKSPACE
        return PlaceScope.DEPLOYMENT if self.dag_id is None and self.dag_tag is None else PlaceScope.DAG

    @property
    def text(self) -> str:
        """Return the place as one text: a subject has one role there. A tag and an id never spell the same."""
        match self.scope:
            case PlaceScope.WORKSPACE:
                return f"workspace/{self.workspace_id}"
            case PlaceScope.DEPLOYMENT:
                return f"deployment/{self.deployment_id}"
            case _:
                named = f"id/{self.dag_id}" if self.dag_id is not None else f"tag/{self.dag_tag}"
                return f"dag/{self.deployment_id}/{named}"

    @property
    def above(self) -> tuple["Place", ...]:
        """Return the places that this one lies in, the nearest first."""
        match self.scope:
            case PlaceScope.WORKSPACE:
                return ()
            case PlaceScope.DEPLOYMENT:
                return (Place(self.workspace_id),)
            case _:
                return (Place(self.workspace_id, self.deployment_id), Place(self.workspace_id))
