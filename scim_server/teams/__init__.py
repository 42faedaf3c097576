"""Teams, the SCIM Group, and who belongs to them."""
