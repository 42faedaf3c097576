"""What people are told for the names of provisioning: states, kinds of requests, repairs."""

from flask_babel import LazyString, lazy_gettext

# By state: the words, the kind of the badge and its sign.
STATES: dict[str, tuple[LazyString, str, str]] = {
    "HEALTHY": (lazy_gettext("Healthy"), "good", "●"),
    "WAITING": (lazy_gettext("Waiting for the first request"), "quiet", "◌"),
    "SILENT": (lazy_gettext("Silent"), "warn", "◔"),
    "FAILING": (lazy_gettext("Failing"), "wrong", "!"),
    "PAUSED": (lazy_gettext("Paused"), "warn", "‖"),
    "OFF": (lazy_gettext("Switched off"), "quiet", "○"),
}
SENTENCES: dict[str, LazyString] = {
    "HEALTHY": lazy_gettext("Requests come as usual, and are answered."),
    "WAITING": lazy_gettext("Nothing has come by this Connection yet. The set-up guide says what to do."),
    "SILENT": lazy_gettext(
        "Nothing has come for longer than usual. See in the identity provider whether it still runs."
    ),
    "FAILING": lazy_gettext("Many of the last requests were refused. The table below says why, and the way out."),
    "PAUSED": lazy_gettext("The identity provider is asked to come again later; all data is kept."),
    "OFF": lazy_gettext("Every request is refused; all data is kept."),
}
SWITCHED: dict[str, LazyString] = {
    "ON": lazy_gettext("Provisioning is on."),
    "PAUSED": lazy_gettext("Provisioning is paused."),
    "OFF": lazy_gettext("Provisioning is switched off."),
}
OPERATIONS: dict[str, LazyString] = {
    "discover": lazy_gettext("Discover"),
    "list": lazy_gettext("List"),
    "find": lazy_gettext("Find"),
    "read": lazy_gettext("Read"),
    "create": lazy_gettext("Create"),
    "replace": lazy_gettext("Replace"),
    "change": lazy_gettext("Change"),
    "delete": lazy_gettext("Delete"),
    "bulk": lazy_gettext("Bulk"),
    "other": lazy_gettext("Other"),
}
QUIRKS: dict[str, LazyString] = {
    "text-boolean": lazy_gettext("“True” and “False” as text were read as what they mean"),
    "unknown-attribute": lazy_gettext("Attributes that this server does not know were passed over"),
    "read-only-attribute": lazy_gettext("Attributes that nobody may write were passed over"),
    "array-for-singular": lazy_gettext("A list was read as its one value"),
    "text-for-complex": lazy_gettext("A text was read as the value of an attribute with parts"),
    "operation-case": lazy_gettext("Operations in capital letters were read"),
    "pathless-operation": lazy_gettext("Changes without a path were read"),
    "path-as-key": lazy_gettext("Paths in place of attribute names were read"),
    "remove-with-value": lazy_gettext("Only the members that were named were removed"),
    "unknown-member": lazy_gettext("Members who are not here were skipped"),
}
KEEPS: dict[str, LazyString] = {
    "ALL": lazy_gettext("All requests"),
    "CHANGES": lazy_gettext("All but reads that succeeded"),
    "FAILED": lazy_gettext("Failed requests"),
    "NOTHING": lazy_gettext("Nothing"),
}
