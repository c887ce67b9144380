"""What is told of the building of a large collection's index."""

import io
import sys

import pytest

from kvput.cli.indexing import IndexingProgress
from kvput.paths import CollectionPath

POSTS = CollectionPath(("posts",))
TAGS = CollectionPath(("tags", "\x1b[31m"))


def _index(progress: IndexingProgress, collection: CollectionPath, total: int) -> None:
    for done in range(0, total, 1000):
        progress(collection, done, total)
    progress(collection, total, total)


def test_a_pipe_gets_a_line_at_each_end(capsys: pytest.CaptureFixture[str]) -> None:
    """With how many files, and how long it took."""
    _index(IndexingProgress(), POSTS, 12_000)
    first, last = capsys.readouterr().err.splitlines()
    assert first == "Indexing /posts: 12,000 files ..."
    assert last.startswith("Indexed /posts: 12,000 files in ")


def test_a_small_collection_is_not_worth_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    """It is done in an instant."""
    _index(IndexingProgress(), POSTS, 4_000)
    assert capsys.readouterr() == ("", "")


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_a_bar_for_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """And a line when it is done; a name cannot colour the terminal."""
    terminal = _Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    progress = IndexingProgress()
    progress(POSTS, 0, 10_000)
    progress(TAGS, 0, 10_000)
    progress(POSTS, 10_000, 10_000)
    progress(TAGS, 10_000, 10_000)
    _index(progress, POSTS, 10_000)
    text = terminal.getvalue()
    assert "Indexing /posts" in text
    assert text.count("Indexed /posts: 10,000 files in ") == 2
    assert "%1B" in text
    assert "\x1b[31m: 10" not in text
