"""People in an Organization: the SCIM User, and how they join."""
