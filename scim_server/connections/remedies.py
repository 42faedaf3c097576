"""What each kind of refusal means to the people who run an identity provider, and the way out. Pure.

The keys are the names of the errors (protocol/errors.py); a test finds whichever has no words.
"""

from typing import NamedTuple

# Marks what pages say in other languages too, and leaves it as it is.
_ = str


class Remedy(NamedTuple):
    """What happened in plain words, and what to do about it."""

    words: str
    remedy: str


_UNKNOWN = Remedy(_("The request was refused."), _("Look at the requests in the journal: each says what it was told."))

REMEDIES: dict[str, Remedy] = {
    "Unauthorized": Remedy(
        _("The token was not accepted."),
        _(
            "Create or rotate a token under API Tokens, and put its text into the identity provider; then test the "
            "connection there."
        ),
    ),
    "Forbidden": Remedy(
        _("The token may not do this, or provisioning is switched off."),
        _("Use a token with the scope 'scim', and see that provisioning of this Connection is on."),
    ),
    "NotFound": Remedy(
        _("Something was asked for that is not here."),
        _(
            "Mostly harmless: it was deleted here, and the identity provider asks again. Where it goes on, remove the "
            "assignment there and assign anew. See that the address ends with this Organization's id."
        ),
    ),
    "Uniqueness": Remedy(
        _("A User or Group of this name is here already."),
        _(
            "Let the identity provider look for it first: match Users by userName, Groups by displayName. A User of "
            "that name in the Users tab is adopted with the next update."
        ),
    ),
    "Conflict": Remedy(
        _("The request does not fit what is here at the moment."),
        _("The detail says what stands in the way; change that first."),
    ),
    "LastOwner": Remedy(
        _("The only active Organization Owner would have lost access."),
        _("Make another User an Organization Owner, or assign this person again in the identity provider."),
    ),
    "InvalidValue": Remedy(
        _("A value is missing or does not fit its attribute."),
        _(
            "The detail names the attribute. Correct the attribute mapping in the identity provider, or the person's "
            "profile there."
        ),
    ),
    "InvalidPath": Remedy(
        _("A change names an attribute that this server does not have."),
        _("Take the attribute out of the mapping, or register an extension that has it."),
    ),
    "InvalidFilter": Remedy(
        _("A search names an attribute or comparison that this server does not have."),
        _("Match Users by userName, externalId or e-mail, and Groups by displayName."),
    ),
    "InvalidSyntax": Remedy(
        _("The body was no SCIM message."),
        _("See in the journal what was sent. Where the identity provider has templates of messages, correct them."),
    ),
    "InvalidVersion": Remedy(_("Another version of SCIM was spoken."), _("Choose SCIM 2.0 in the identity provider.")),
    "NoTarget": Remedy(
        _("A change points at a value that is not there."),
        _("Send the whole attribute once: restart the provisioning, or push the User again."),
    ),
    "Mutability": Remedy(
        _("An attribute was to be changed that cannot be."), _("Take the attribute out of the mapping.")
    ),
    "TooMany": Remedy(_("The request asks for too many results."), _("Lower the page size in the identity provider.")),
    "Sensitive": Remedy(
        _("A search would have put a secret into its address."), "Match by userName and not by the password."
    ),
    "InvalidCursor": Remedy(_("A page was asked for with a cursor of another search."), _("Start the import again.")),
    "ExpiredCursor": Remedy(_("A page was asked for too late."), _("Start the import again.")),
    "InvalidCount": Remedy(_("A page of an impossible size was asked for."), _("Correct the page size.")),
    "MethodNotAllowed": Remedy(
        _("The address does not take this kind of request."),
        _("See that the address in the identity provider is the SCIM base URL and nothing behind it."),
    ),
    "PreconditionFailed": Remedy(
        _("Something had changed since it was last read."), "Nothing: the identity provider reads it again and repeats."
    ),
    "PayloadTooLarge": Remedy(
        _("A request was larger than this server takes."),
        _("Let the identity provider send fewer members or operations at a time."),
    ),
    "UnsupportedMediaType": Remedy(
        _("A body came in another form than JSON."),
        _("Set the content type to application/scim+json, without compression."),
    ),
    "TooManyRequests": Remedy(
        _("Requests came faster than one token may send."),
        _("Nothing, mostly: the identity provider waits and repeats. The operator can raise the limit."),
    ),
    "InternalError": Remedy(
        _("This server failed."), _("Tell whoever runs it the request id of the entry in the journal.")
    ),
    "NotImplementedByServer": Remedy(
        _("Something was asked for that this server does not offer."),
        "Switch the feature off in the identity provider.",
    ),
    "Unavailable": Remedy(
        _("The server was busy, or provisioning was paused."),
        _("Nothing, if it was for a moment: the identity provider repeats. If provisioning is paused, resume it."),
    ),
}


def remedy_of(kind: str) -> Remedy:
    """Return what a kind of refusal means and the way out."""
    return REMEDIES.get(kind, _UNKNOWN)
