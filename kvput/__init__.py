"""kvput: a folder of JSON files is an HTTP API."""

__version__ = "0.1.0"
