"""What each kind of refusal means to the people who run an identity provider, and the way out. Pure.

The keys are the names of the errors (protocol/errors.py); a test finds whichever has no words.
"""

from typing import NamedTuple


class Remedy(NamedTuple):
    """What happened in plain words, and what to do about it."""

    words: str
    remedy: str


_UNKNOWN = Remedy("The request was refused.", "Look at the requests in the journal: each says what it was told.")

REMEDIES: dict[str, Remedy] = {
    "Unauthorized": Remedy(
        "The token was not accepted.",
        "Create or rotate a token under API Tokens, and put its text into the identity provider; then test the "
        "connection there.",
    ),
    "Forbidden": Remedy(
        "The token may not do this, or provisioning is switched off.",
        "Use a token with the scope 'scim', and see that provisioning of this Connection is on.",
    ),
    "NotFound": Remedy(
        "Something was asked for that is not here.",
        "Mostly harmless: it was deleted here, and the identity provider asks again. Where it goes on, remove the "
        "assignment there and assign anew. See that the address ends with this Organization's id.",
    ),
    "Uniqueness": Remedy(
        "A User or Group of this name is here already.",
        "Let the identity provider look for it first: match Users by userName, Groups by displayName. A User of that "
        "name in the Users tab is adopted with the next update.",
    ),
    "Conflict": Remedy(
        "The request does not fit what is here at the moment.",
        "The detail says what stands in the way; change that first.",
    ),
    "LastOwner": Remedy(
        "The only active Organization Owner would have lost access.",
        "Make another User an Organization Owner, or assign this person again in the identity provider.",
    ),
    "InvalidValue": Remedy(
        "A value is missing or does not fit its attribute.",
        "The detail names the attribute. Correct the attribute mapping in the identity provider, or the person's "
        "profile there.",
    ),
    "InvalidPath": Remedy(
        "A change names an attribute that this server does not have.",
        "Take the attribute out of the mapping, or register an extension that has it.",
    ),
    "InvalidFilter": Remedy(
        "A search names an attribute or comparison that this server does not have.",
        "Match Users by userName, externalId or e-mail, and Groups by displayName.",
    ),
    "InvalidSyntax": Remedy(
        "The body was no SCIM message.",
        "See in the journal what was sent. Where the identity provider has templates of messages, correct them.",
    ),
    "InvalidVersion": Remedy("Another version of SCIM was spoken.", "Choose SCIM 2.0 in the identity provider."),
    "NoTarget": Remedy(
        "A change points at a value that is not there.",
        "Send the whole attribute once: restart the provisioning, or push the User again.",
    ),
    "Mutability": Remedy("An attribute was to be changed that cannot be.", "Take the attribute out of the mapping."),
    "TooMany": Remedy("The request asks for too many results.", "Lower the page size in the identity provider."),
    "Sensitive": Remedy(
        "A search would have put a secret into its address.", "Match by userName and not by the password."
    ),
    "InvalidCursor": Remedy("A page was asked for with a cursor of another search.", "Start the import again."),
    "ExpiredCursor": Remedy("A page was asked for too late.", "Start the import again."),
    "InvalidCount": Remedy("A page of an impossible size was asked for.", "Correct the page size."),
    "MethodNotAllowed": Remedy(
        "The address does not take this kind of request.",
        "See that the address in the identity provider is the SCIM base URL and nothing behind it.",
    ),
    "PreconditionFailed": Remedy(
        "Something had changed since it was last read.", "Nothing: the identity provider reads it again and repeats."
    ),
    "PayloadTooLarge": Remedy(
        "A request was larger than this server takes.",
        "Let the identity provider send fewer members or operations at a time.",
    ),
    "UnsupportedMediaType": Remedy(
        "A body came in another form than JSON.",
        "Set the content type to application/scim+json, without compression.",
    ),
    "TooManyRequests": Remedy(
        "Requests came faster than one token may send.",
        "Nothing, mostly: the identity provider waits and repeats. The operator can raise the limit.",
    ),
    "InternalError": Remedy("This server failed.", "Tell whoever runs it the request id of the entry in the journal."),
    "NotImplementedByServer": Remedy(
        "Something was asked for that this server does not offer.", "Switch the feature off in the identity provider."
    ),
    "Unavailable": Remedy(
        "The server was busy, or provisioning was paused.",
        "Nothing, if it was for a moment: the identity provider repeats. If provisioning is paused, resume it.",
    ),
}


def remedy_of(kind: str) -> Remedy:
    """Return what a kind of refusal means and the way out."""
    return REMEDIES.get(kind, _UNKNOWN)
