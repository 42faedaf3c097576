"""The pages that the link of an invitation leads to: for people, and as JSON for programs."""

from scim_server.web.invitations.pages import invitations, set_up_invitations

__all__ = ["invitations", "set_up_invitations"]
