"""SCIM resources over SQLAlchemy, for any resource type: filter to SQL, sort, pages, documents, versions."""
