"""Screens of the console: closed by default, as each runs for members who have the permission declared beside it."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, TypeVar

from flask import Response, flash, g, redirect, request, url_for

from scim_server.database.transactions import at_most_twice, reading
from scim_server.protocol.errors import ScimError
from scim_server.web.auth.blueprint import NotSignedIn, ask_to_sign_in
from scim_server.web.console import navigation, titles
from scim_server.web.console.visit import current_visit, enter
from scim_server.web.pages import PagesBlueprint, detail_of, page

View = TypeVar("View", bound=Callable[..., Any])
PREFIX = "/organizations/<slug>"


class ConsoleBlueprint(PagesBlueprint):
    """A blueprint whose screens name their permission."""

    def screen(
        self, rule: str, method: str = "GET", *, permission: str | None, max_bytes: int | None = None
    ) -> Callable[[View], View]:
        """Register a view of one method under an Organization; None lets in every member.

        `max_bytes` is how much its form may hold, where it brings a file.
        A service that the view calls asks for the permission again: this one closes what the view itself does.
        """

        def register(view: View) -> View:
            @wraps(view)
            def run(slug: str, **arguments: Any) -> Any:
                def answer() -> Any:
                    with reading():
                        visit = enter(slug)
                        if permission is not None:
                            visit.requester.require(permission)
                        return view(**arguments)

                return at_most_twice(answer)

            # As an attribute, as with the management API: OPTIONS is no way around the session.
            run.provide_automatic_options = False  # type: ignore[attr-defined]
            if max_bytes is not None:
                self.max_form_bytes[f"{self.name}.{view.__name__}"] = max_bytes
            self.add_url_rule(f"{PREFIX}{rule}", view.__name__, run, methods=[method])
            return view

        return register


console = ConsoleBlueprint("console", __name__, template_folder="templates")
console.register_error_handler(NotSignedIn, ask_to_sign_in)


@console.context_processor
def frame() -> dict[str, Any]:
    """Return what the frame of every screen shows."""
    visit = g.get("visit")
    found: dict[str, Any] = {
        "visit": visit,
        "titles": titles,
        "role_options": titles.role_options,
        "options_of": titles.options_of,
        "here": request.full_path.rstrip("?"),
    }
    if visit is None:
        return found
    access = navigation.permitted(navigation.ACCESS_MANAGEMENT.tabs, visit)
    return {
        **found,
        "to": to,
        "permits": visit.permits,
        "top": navigation.permitted((navigation.DASHBOARD,), visit),
        "settings": navigation.permitted(navigation.SETTINGS, visit),
        "access_tabs": access,
    }


def show(template: str, status: int = 200, **values: Any) -> Response:
    """Return a screen, in the frame of the visit."""
    return page(template, status, scripts=True, data_images=True, **values)


def show_again(template: str, error: ScimError, **values: Any) -> Response:
    """Show a form once more and say what was wrong: beside the field that the error names, else above all of them."""
    detail = detail_of(error)
    named = {error.field: detail} if error.field else {}
    return show(template, error.status, errors=named, alert="" if named else detail, **values)


def to(screen: str, **arguments: Any) -> str:
    """Return the address of a screen of the present Organization, by the name of its view."""
    return url_for(f"console.{screen}", slug=current_visit().organization.slug, **arguments)


def go(screen: str, **arguments: Any) -> Response:
    """Send the browser on to a screen with a GET."""
    answer = redirect(to(screen, **arguments), 303)
    assert isinstance(answer, Response)
    return answer


def tell(text: str, *, category: str = "good", undo: Sequence[str] | None = None) -> None:
    """Say something at the top of the next screen; `undo` are Users whose removal can be taken back for 30 seconds."""
    flash({"text": text, "undo": undo}, category)  # type: ignore[arg-type]
