"""Where things stand in the folder."""

import pytest

from kvput.names import resource_name
from kvput.paths import resource_at
from kvput.store.files import layout
from kvput.store.files.layout import Location, directories_of, locate
from tests.store.tools import collection, resource


@pytest.mark.parametrize(
    ("url", "directories", "file"),
    [
        ("/a", (), "a.json"),
        ("/articles/1", ("articles",), "1.json"),
        ("/articles/1/comments/5", ("articles", "1", "comments"), "5.json"),
        ("/a.json/b", ("a%2Ejson",), "b.json"),
        ("/%2Ekvput/lock", ("%2Ekvput",), "lock.json"),
        ("/a%2Fb/c%2Fd", ("a%2Fb",), "c%2Fd.json"),
        ("/%C3%A9/x", ("é",), "x.json"),
    ],
)
def test_where_a_resource_stands(url: str, directories: tuple[str, ...], file: str) -> None:
    """In the directory of its collection, under its own name; `kvput.paths` leads back."""
    assert locate(resource(url)) == Location(directories, file)
    assert directories_of(resource(url).parent) == directories
    assert resource_at("/".join((*directories, file))) == resource(url)


def test_the_root_is_the_folder_itself() -> None:
    """No directory leads to it."""
    assert directories_of(collection("/")) == ()


@pytest.mark.parametrize(
    "name", [layout.PRIVATE, layout.COUNTER, layout.IGNORE, layout.CONFIG_FILE, layout.LOCK]
)
def test_names_of_kvputs_own_are_no_resources(name: str) -> None:
    """Nothing that kvput keeps in the folder can be addressed, so that nothing collides with it."""
    assert resource_name(name) is None
