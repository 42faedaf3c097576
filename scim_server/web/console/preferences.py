"""The reader's language and appearance, kept in their browser."""

from flask import Response, request

from scim_server.web.auth.blueprint import go, local_path
from scim_server.web.pages import PagesBlueprint
from scim_server.web.pages.translations import LANGUAGE_COOKIE, LANGUAGES, THEME_COOKIE, THEMES, prefer

preferences = PagesBlueprint("preferences", __name__)


@preferences.post("/preferences")
def choose() -> Response:
    """Remember what was chosen, and go back to the page; anything unknown leaves it to browser and system."""
    form = request.form
    answer = go(local_path(form.get("next")))
    if "theme" in form:
        prefer(answer, THEME_COOKIE, form["theme"] if form["theme"] in THEMES else "")
    if "language" in form:
        prefer(answer, LANGUAGE_COOKIE, form["language"] if form["language"] in LANGUAGES else "")
    return answer
