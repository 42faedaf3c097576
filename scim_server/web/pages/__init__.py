"""Pages for people: one frame and one style for all of them, and what a browser is told about each."""

from scim_server.web.pages.blueprint import PagesBlueprint
from scim_server.web.pages.details import detail_of, said
from scim_server.web.pages.rendering import page, set_up_pages

__all__ = ["PagesBlueprint", "detail_of", "page", "said", "set_up_pages"]
