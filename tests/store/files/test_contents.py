"""The contents of a folder that somebody else serves: each resource once, as it stands."""

import errno
import os
from pathlib import Path

import pytest

from kvput.errors import DataUnusable
from kvput.paths import CollectionPath, ResourcePath
from kvput.store.files.contents import FolderContents


def urls(contents: FolderContents) -> list[str]:
    """The addresses of all resources, in the order in which they come."""
    return [path.url for path, _ in contents.resources()]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with resources, and with much that is none."""
    files = {
        "site.json": "{}",
        "articles/10.json": "[10]",
        "articles/9.json": "[9]",
        "articles/9/comments/1.json": "[1]",
        "articles/.counter": "10\n",
        "articles/notes.txt": "none",
        "articles/A.JSON": "none",
        "-/health.json": "none",
        ".hidden/1.json": "none",
        ".kvput/scratch/1.json": "none",
        "empty/.keep": "",
        "kvput.toml": "",
    }
    for name, text in files.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path


def test_every_resource_comes_once_with_its_content(folder: Path) -> None:
    """Collection by collection, in natural order; what no address leads to does not come."""
    contents = FolderContents(folder)
    assert [(path.url, content) for path, content in contents.resources()] == [
        ("/site", b"{}"),
        ("/articles/9", b"[9]"),
        ("/articles/10", b"[10]"),
        ("/articles/9/comments/1", b"[1]"),
    ]
    assert (contents.done, contents.expected, contents.unreadable) == (4, 4, 0)


def test_one_part_of_the_folder_can_be_read(folder: Path) -> None:
    """A collection and what is below it; none where there is none."""
    contents = FolderContents(folder)
    below = contents.resources(CollectionPath(("articles", "9")))
    assert [path.url for path, _ in below] == ["/articles/9/comments/1"]
    assert list(contents.resources(CollectionPath(("none",)))) == []


@pytest.mark.parametrize(
    ("segments", "content"),
    [
        (("articles", "9"), b"[9]"),
        (("articles", "none"), None),
        (("none", "9"), None),
        (("articles", "9", "comments"), None),
    ],
)
def test_one_resource_can_be_read(
    folder: Path, segments: tuple[str, ...], content: bytes | None
) -> None:
    """As it stands now; there may be none."""
    assert FolderContents(folder).get(ResourcePath(segments)) == content


def test_links_are_read_where_they_stay_inside(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A linked folder is read under its own name alone, so that no circle is walked for ever."""
    outside = tmp_path_factory.mktemp("outside")
    (outside / "1.json").write_text("{}")
    (folder / "articles" / "11.json").symlink_to("9.json")
    (folder / "articles" / "12.json").symlink_to(outside / "1.json")
    (folder / "articles" / "13.json").symlink_to("none.json")
    (folder / "articles" / "up").symlink_to("..")
    (folder / "posts").symlink_to("articles")
    (folder / "out").symlink_to(outside)
    assert urls(FolderContents(folder)) == [
        "/site",
        "/articles/9",
        "/articles/10",
        "/articles/11",
        "/articles/9/comments/1",
    ]


def test_what_vanishes_meanwhile_was_not_there(folder: Path) -> None:
    """A file, and a folder: no error, and nothing is counted as unreadable."""
    contents = FolderContents(folder)
    resources = contents.resources()
    assert next(resources)[0].url == "/site"
    (folder / "articles" / "9" / "comments" / "1.json").unlink()
    (folder / "articles" / "9" / "comments").rmdir()
    assert next(resources)[0].url == "/articles/9"
    (folder / "articles" / "10.json").unlink()
    assert list(resources) == []
    assert contents.unreadable == 0


def test_what_cannot_be_read_is_counted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file, and a folder with all that is in it; the others come."""
    open_file = os.open

    def closed(path: str, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        if path in {"10.json", "comments"}:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        return open_file(path, flags, mode, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", closed)
    contents = FolderContents(folder)
    assert urls(contents) == ["/site", "/articles/9"]
    assert (contents.done, contents.expected, contents.unreadable) == (3, 3, 2)


def test_a_file_that_fails_is_counted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a disk fails that is going to die."""
    read = os.pread

    def failing(descriptor: int, size: int, offset: int) -> bytes:
        content = read(descriptor, size, offset)
        if content == b"[9]":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return content

    monkeypatch.setattr(os, "pread", failing)
    contents = FolderContents(folder)
    assert urls(contents) == ["/site", "/articles/10", "/articles/9/comments/1"]
    assert (contents.done, contents.unreadable) == (4, 1)


@pytest.mark.parametrize("name", ["none", "site.json"])
def test_what_is_no_folder_is_told(folder: Path, name: str) -> None:
    """Before anything is read."""
    with pytest.raises(DataUnusable, match=name):
        FolderContents(folder / name)
