"""The tenant, and the schemas that it registered."""
