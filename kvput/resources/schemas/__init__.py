"""JSON Schemas of collections: the files they are made of, and what they find in a value."""
