"""`_like`: a pattern that is found in a text in linear time, whatever it says.

A subset of regular expressions, without regard to case: text stands for itself
anywhere in the value, `^` at the beginning and `$` at the end hold it there,
`.*` stands for any characters, `|` separates alternatives, and a backslash
takes its meaning from the next character. Everything else stands for itself,
so that no pattern is malformed.
"""

from typing import Final

_ANY: Final = ".*"


class Pattern:
    """A pattern of `_like`, ready to be looked for in many texts."""

    __slots__ = ("_alternatives",)

    def __init__(self, text: str) -> None:
        self._alternatives = tuple(_Alternative(tokens) for tokens in _split(text))

    def matches(self, text: str) -> bool:
        """Whether the pattern is found in the text."""
        folded = text.casefold()
        return any(each.matches(folded) for each in self._alternatives)


class _Alternative:
    """Runs of text that must follow one another, held at the beginning or the end or not."""

    __slots__ = ("_at_end", "_at_start", "_runs")

    def __init__(self, tokens: list[str]) -> None:
        self._at_start = tokens[:1] == ["^"]
        self._at_end = len(tokens) > self._at_start and tokens[-1] == "$"
        runs = [""]
        for token in tokens[self._at_start : len(tokens) - self._at_end]:
            if token == _ANY:
                runs.append("")
            else:
                # A token of two characters is an escape; a lone `^` or `$` is itself.
                runs[-1] += token[-1]
        self._runs = tuple(run.casefold() for run in runs)

    def matches(self, text: str) -> bool:
        # The first run as early and the last as late as can be, the others each at the first
        # place that is free: if any way leads through, this one does.
        *before, last = self._runs
        end = len(text)
        if self._at_end:
            if not text.endswith(last):
                return False
            end -= len(last)
        else:
            before.append(last)
        position = 0
        for index, run in enumerate(before):
            if index == 0 and self._at_start:
                found = 0 if text.startswith(run) and len(run) <= end else -1
            else:
                found = text.find(run, position, end)
            if found < 0:
                return False
            position = found + len(run)
        if self._at_start and not before:
            return end == 0
        return True


def _split(text: str) -> list[list[str]]:
    """The alternatives, each as tokens: a character, an escape, or `.*`."""
    alternatives: list[list[str]] = [[]]
    position = 0
    while position < len(text):
        if text[position] == "\\" and position + 1 < len(text):
            token = text[position : position + 2]
        elif text.startswith(_ANY, position):
            token = _ANY
        else:
            token = text[position]
        if token == "|":  # noqa: S105  # no password
            alternatives.append([])
        else:
            alternatives[-1].append(token)
        position += len(token)
    return alternatives
