"""How the hooks, which run in schemathesis's own process, tell the test what they have counted."""

from typing import Final

REPORT: Final = "SCHEMATHESIS_REPORT"
"""The variable that names the file into which all answers are counted."""
