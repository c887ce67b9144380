"""The store over a folder of JSON files."""
