"""Preferences: what the client would like, but does not insist on (RFC 7240).

Here belong the Prefer field and the text for Preference-Applied. Whether a
preference is honoured is for the one who makes the answer.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from kvput.semantics.fields import QUOTED_STRING, TOKEN, split_list, unquote

Return = Literal["minimal", "representation"]


@dataclass(frozen=True, slots=True)
class Preferences:
    """The preferences that kvput knows; None where the client states none."""

    return_: Return | None = None
    dry_run: bool = False
    """`handling=dry-run`: say what the request would do, and do nothing."""
    changes: bool = False
    """`return=representation; changes`: the list of all that has changed, too."""

    @property
    def applied(self) -> str | None:
        """The value for Preference-Applied once all are honoured; None without any."""
        parts = [] if self.return_ is None else [f"return={self.return_}"]
        if self.changes:
            parts[0] += "; changes"
        if self.dry_run:
            parts.append("handling=dry-run")
        return ", ".join(parts) or None


_RETURNS: Final[dict[str, Return]] = {"minimal": "minimal", "representation": "representation"}

# RFC 7240 section 2: preference = token [ BWS "=" BWS word ] *( OWS ";" [ OWS parameter ] ).
# "Empty or zero-length values are equivalent to no value being specified" lets a
# value be missing after "=", too.
_WORD: Final = rf"(?:{TOKEN}|{QUOTED_STRING})"
_PARAMETER: Final = rf"[ \t]*+;[ \t]*+(?:({TOKEN})(?:[ \t]*+=[ \t]*+{_WORD}?)?)?"
_PREFERENCE: Final = re.compile(
    rf"(?P<name>{TOKEN})(?:[ \t]*+=[ \t]*+(?P<value>{_WORD})?)?(?P<parameters>(?:{_PARAMETER})*)"
)
_PARAMETERS: Final = re.compile(_PARAMETER)


@lru_cache(maxsize=256)
def parse_preferences(value: str | None) -> Preferences:
    """The preferences in a Prefer field's value, None when it is absent (RFC 7240 section 2).

    Raises nothing: a preference that is malformed or unknown is ignored.
    """
    preferences: dict[str, str] = {}
    parameters: dict[str, str] = {}
    for element in split_list(value or ""):
        match = _PREFERENCE.fullmatch(element)
        # Section 2: a server that does not recognize a preference ignores it and
        # goes on as if it were not specified.
        if match is None:
            continue
        # Section 2: preference tokens are case-insensitive; if one is specified
        # more than once, the first is the one to be considered.
        name = match["name"].lower()
        if name not in preferences:
            preferences[name] = unquote(match["value"] or "")
            parameters[name] = match["parameters"]
    # Section 4.2 writes the values as literals of ABNF, which have no case.
    return_ = _RETURNS.get(preferences.get("return", "").lower())
    named = _PARAMETERS.findall(parameters.get("return", ""))
    return Preferences(
        return_=return_,
        changes=return_ == "representation" and "changes" in map(str.lower, named),
        dry_run=preferences.get("handling", "").lower() == "dry-run",
    )
