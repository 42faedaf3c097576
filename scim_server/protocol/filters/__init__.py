"""Filters (RFC 7644 §3.4.2.2): text to a frozen tree, and the tree over resources in memory."""

from scim_server.protocol.filters.matching import equality_template as equality_template
from scim_server.protocol.filters.matching import matches as matches
from scim_server.protocol.filters.matching import matches_element as matches_element
from scim_server.protocol.filters.parsing import parse as parse
from scim_server.protocol.filters.parsing import parse_condition as parse_condition
