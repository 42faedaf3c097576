"""What ends a login. The person sees a general page; the message is for the log and the Connection's owner."""


class Disbelieved(Exception):
    """Something that came in the name of the identity provider and is not believed; nothing was stored."""


class ProviderUnavailable(Exception):
    """The identity provider gave no answer that can be used; trying again may help."""
