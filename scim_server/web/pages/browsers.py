"""What people call the browser that they signed in with: no more than its name and that of the device."""

from flask_babel import gettext as _

# The first of each that a User-Agent holds is the one: most claim to be several.
_BROWSERS = {
    "Edg/": "Edge",
    "EdgA/": "Edge",
    "EdgiOS/": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser/": "Samsung Internet",
    "Firefox/": "Firefox",
    "FxiOS/": "Firefox",
    "CriOS/": "Chrome",
    "Chrome/": "Chrome",
    "HeadlessChrome/": "Chrome",
    "Safari/": "Safari",
}
_SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "CrOS": "ChromeOS",
    "Macintosh": "macOS",
    "Linux": "Linux",
}


def browser_name(user_agent: str | None) -> str:
    """Return such as "Firefox on Windows"; what is no browser goes by what it calls itself."""
    if not user_agent:
        return str(_("Unknown browser"))
    browser = next((name for token, name in _BROWSERS.items() if token in user_agent), None)
    system = next((name for token, name in _SYSTEMS.items() if token in user_agent), None)
    if browser is None or system is None:
        return user_agent
    return str(_("%(browser)s on %(system)s", browser=browser, system=system))
