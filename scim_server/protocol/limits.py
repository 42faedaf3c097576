"""Bounds of what one request may ask for; each has an over-the-limit test.

Those with a field in ServiceProviderConfig are published there (RFC 7643 §5).
"""

# A User with every attribute filled stays under 20 KiB; 1 MiB leaves room for large Groups.
MAX_BODY_BYTES = 1024 * 1024
MAX_BULK_BODY_BYTES = 4 * 1024 * 1024
# RFC 7643 §2.3.8 allows four levels; 32 leaves room for what extensions and Bulk wrap around them.
MAX_JSON_DEPTH = 32
MAX_PATCH_OPERATIONS = 1_000
# One PATCH may name this many members in all its operations together (idp-wire E82, J1).
MAX_MEMBER_VALUES = 50_000
# Elements of a multi-valued attribute other than Group.members.
MAX_MULTI_VALUES = 1_000
# Characters of one string; certificates and photos as data need more than names do.
MAX_STRING_LENGTH = 65_536
# Characters of a value that is looked up by an index, which holds at most about 2,700 bytes a row on PostgreSQL.
MAX_INDEXED_STRING_LENGTH = 512
MAX_FILTER_BYTES = 8 * 1024
MAX_FILTER_COMPARISONS = 100
MAX_FILTER_DEPTH = 32
DEFAULT_PAGE_SIZE = 100
MAX_PAGE_SIZE = 1_000
# Also read by authentik as the chunk size of member changes (idp-wire A2): never publish 0 or 1.
MAX_BULK_OPERATIONS = 1_000
# A Group with more members than this is answered by 204 after a PATCH.
MAX_MEMBERS_IN_PATCH_ANSWER = 1_000
# Seconds after which a cursor is no longer accepted (RFC 9865 §2.1).
CURSOR_TIMEOUT = 3_600
# Of an extension that an Organization registers; the Enterprise User extension has 6 and 3.
MAX_EXTENSION_ATTRIBUTES = 100
MAX_SUB_ATTRIBUTES = 50
