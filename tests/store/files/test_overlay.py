"""What a decision sees of the commits before it in its group, which do not stand in the folder."""

from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kvput.paths import resource_at
from kvput.query.filters import Condition, Filter, Operator
from kvput.query.selection import Selected, Selection, SortBy
from kvput.query.values import ID, Field
from kvput.semantics.validators import content_digest
from kvput.store.base import Batch, Change, Delete, Entry, Put, RaiseCounter, View, Write
from kvput.store.files.cache import ReadCache
from kvput.store.files.indexes import IndexMissingError
from kvput.store.files.layout import COUNTER
from kvput.store.files.overlay import AfterThisGroup, GroupView, Overlay
from kvput.store.files.reader import Reader
from kvput.store.files.view import FileView
from kvput.store.memory import MemoryStore
from tests.store.tools import READ_CACHE, collection, entries_in, resource, writing

FILES = {
    "a/1.json": b"1",
    "a/7.json": b"7",
    f"a/{COUNTER}": b"7\n",
    "b/c/1.json": b"1",
    "e/x.json": b"1",
    "g/1.json": b'{"n": 7}',
    "g/2.json": b'{"n": ',
    "g/10.json": b'{"n": [8, 7]}',
}


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FileView]:
    """The folder as it stands: nothing here changes it."""
    data = tmp_path_factory.mktemp("data")
    for place, content in FILES.items():
        (data / place).parent.mkdir(parents=True, exist_ok=True)
        (data / place).write_bytes(content)
    reader = Reader(data, folds_names=False)
    view = FileView(reader, ReadCache(reader, READ_CACHE))
    yield view
    view.indexes.close()
    reader.close()


def entry(url: str, content: bytes) -> Entry:
    """An entry as staging makes it."""
    return Entry(resource(url), content_digest(content), 1, len(content), content)


def add(overlay: Overlay, write: Write) -> None:
    """Lay a commit of one write over what is there."""
    match write:
        case Put(path, content):
            overlay.add(Batch((write,)), [Change(path, None, entry(path.url, content))])
        case Delete(path):
            overlay.add(Batch((write,)), [Change(path, None, None)])
        case RaiseCounter():
            overlay.add(Batch((write,)), [])


def after(*writes: Write) -> Overlay:
    """What a group is to do, each write in a commit of its own."""
    overlay = Overlay()
    for write in writes:
        add(overlay, write)
    return overlay


WRITES: tuple[Write, ...] = (
    Put(resource("/a/9"), b"9"),
    Put(resource("/a/1"), b"10"),
    Delete(resource("/a/7")),
    RaiseCounter(collection("/a/"), 12),
    Delete(resource("/e/x")),
    Put(resource("/b/c/d/note"), b"2"),
)


@pytest.mark.parametrize(
    ("look", "expected"),
    [
        pytest.param(lambda v: v.get(resource("/a/9")).content, b"9", id="a new resource"),
        pytest.param(lambda v: v.get(resource("/a/1")).content, b"10", id="one that is replaced"),
        pytest.param(lambda v: v.get(resource("/a/7")), None, id="one that is deleted"),
        pytest.param(lambda v: v.get(resource("/b/c/1")).content, b"1", id="one in the folder"),
        pytest.param(lambda v: v.get(resource("/b/c/2")), None, id="one that is nowhere"),
        pytest.param(lambda v: v.counter(collection("/a/")), 12, id="a raised counter"),
        pytest.param(lambda v: v.counter(collection("/e/")), 0, id="a counter that is not there"),
        pytest.param(lambda v: v.highest_number(collection("/a/")), 9, id="a higher number"),
        pytest.param(lambda v: v.highest_number(collection("/b/c/")), 1, id="a number as it was"),
        pytest.param(lambda v: v.highest_number(collection("/b/c/d/")), 0, id="a name"),
        pytest.param(lambda v: v.is_collection(collection("/a")), True, id="a collection"),
        pytest.param(lambda v: v.is_collection(collection("/b/c/d")), True, id="a new collection"),
        pytest.param(lambda v: v.is_collection(collection("/x")), False, id="no collection"),
        pytest.param(lambda v: entries_in(v, collection("/x")), None, id="a list of nothing"),
    ],
)
def test_what_the_group_will_have_done_is_seen(
    view: FileView, look: Callable[[View], object], expected: object
) -> None:
    """The group's writes are laid over the folder's state."""
    assert look(GroupView(view, after(*WRITES))) == expected


@pytest.mark.parametrize(
    "look",
    [
        pytest.param(lambda v: entries_in(v, collection("/a")), id="a list of what is written in"),
        pytest.param(
            lambda v: entries_in(v, collection("/b")), id="a list of what is written beneath"
        ),
        pytest.param(lambda v: entries_in(v, collection("/")), id="a list of the root"),
        pytest.param(
            lambda v: v.select(collection("/a"), Selection(sort=(SortBy(ID),))), id="an order"
        ),
        pytest.param(lambda v: v.select(collection("/a"), Selection(start=1)), id="the rest"),
        pytest.param(lambda v: v.select(collection("/a"), Selection(stop=1)), id="a first part"),
        pytest.param(lambda v: v.is_collection(collection("/b")), id="what is written beneath"),
        pytest.param(lambda v: v.is_collection(collection("/e")), id="what is emptied"),
    ],
)
def test_what_needs_the_folder_itself_waits(view: FileView, look: Callable[[View], object]) -> None:
    """All names, a page, and a directory that may come or go: once the group stands."""
    with pytest.raises(AfterThisGroup):
        look(GroupView(view, after(*WRITES)))


def test_what_was_filled_and_emptied_waits(view: FileView) -> None:
    """Whether a collection is left, after a resource came and went, only the folder tells."""
    put, delete = Put(resource("/b/9"), b"9"), Delete(resource("/b/9"))
    raised = RaiseCounter(collection("/b/"), 9)
    assert GroupView(view, after(put)).is_collection(collection("/b"))
    with pytest.raises(AfterThisGroup):
        GroupView(view, after(put, delete)).is_collection(collection("/b"))
    assert GroupView(view, after(put, delete, raised)).is_collection(collection("/b"))


def test_without_a_group_all_is_the_folder(view: FileView) -> None:
    """The first decision of a group sees what stands there, lists included."""
    group = GroupView(view, Overlay())
    listed = entries_in(group, collection("/a"))
    assert listed is not None
    assert [each.content for each in listed] == [b"1", b"7"]
    assert group.is_collection(collection("/b/c"))
    assert not group.is_collection(collection("/b"))
    assert (group.counter(collection("/a/")), group.highest_number(collection("/a/"))) == (7, 7)


def test_the_last_of_several_writes_counts(view: FileView) -> None:
    """A path may be put, deleted and put again within a group."""
    put, delete = Put(resource("/a/8"), b"8"), Delete(resource("/a/8"))
    for writes, content in (((put,), b"8"), ((put, delete), None), ((put, delete, put), b"8")):
        found = GroupView(view, after(*writes)).get(resource("/a/8"))
        assert (None if found is None else found.content) == content
    # A number that was taken once is not given again within the group.
    assert GroupView(view, after(put, delete)).highest_number(collection("/a/")) == 8


def test_what_a_decision_was_told_is_kept(view: FileView) -> None:
    """The write that follows is compared with just what its decision saw."""
    group = GroupView(view, after(*WRITES))
    for url in ("/a/1", "/a/7", "/b/c/1", "/none"):
        group.get(resource(url))
    assert {file: found and found.content for file, found in group.seen.items()} == {
        "a/1.json": b"10",
        "a/7.json": None,
        "b/c/1.json": b"1",
        "none.json": None,
    }


# --- selections

COLLECTIONS = [
    collection(url) for url in ("/", "/a/", "/b/", "/b/c/", "/b/c/d/", "/e/", "/f/", "/g/")
]
SEVEN = Condition(Field("n"), Operator.EQUAL, (7,))
FILTERS: tuple[Filter | None, ...] = (None, SEVEN, Condition(ID, Operator.LESS, ("8",)))

_URLS = ("/1", "/a/1", "/a/10", "/b/c/d/1", "/e/x", "/f/1", "/g/1", "/g/2", "/g/3", "/g/10")
_paths = st.sampled_from(_URLS)
_contents = st.sampled_from([b"1", b'{"n": 7}', b'{"n": "7", "id": 2}', b"", b'{"n": '])
_puts = st.builds(lambda url, content: Put(resource(url), content), _paths, _contents)
_deletes = _paths.map(lambda url: Delete(resource(url)))
_counters = st.builds(RaiseCounter, st.sampled_from(COLLECTIONS), st.integers(1, 9))
_writes: st.SearchStrategy[list[Write]] = st.lists(_puts | _deletes | _counters, max_size=8)


def select(view: FileView, overlay: Overlay, filter_: Filter | None) -> list[Selected | None]:
    """What the filter finds in each collection, with the overlay over the folder."""
    group = GroupView(view, overlay)
    while True:
        try:
            return [group.select(each, Selection(filter_)) for each in COLLECTIONS]
        except IndexMissingError as missing:
            view.indexes.build(missing.collection)


@settings(deadline=None)
@given(_writes, st.sampled_from(FILTERS))
async def test_a_selection_finds_what_it_will_find(
    view: FileView, writes: list[Write], filter_: Filter | None
) -> None:
    """After each commit of the group, what a store finds that holds the folder and has made it."""
    store, overlay = MemoryStore(), Overlay()
    for place, content in FILES.items():
        path = resource_at(place)
        await store.commit(writing(*(() if path is None else (Put(path, content),))))
    for write in writes:
        if isinstance(write, Delete) and await store.get(write.path) is None:
            continue
        await store.commit(writing(write))
        add(overlay, write)
        expected = await store.read(
            lambda view: [view.select(each, Selection(filter_)) for each in COLLECTIONS]
        )
        assert select(view, overlay, filter_) == expected


@pytest.mark.parametrize(
    ("url", "names"),
    [
        pytest.param("/b/", [], id="written beneath"),
        pytest.param("/b/c/", ["1"], id="written beneath, with resources"),
        pytest.param("/new/", [], id="new, with a counter alone"),
    ],
)
def test_a_page_of_what_nothing_is_written_in(view: FileView, url: str, names: list[str]) -> None:
    """What is written beneath it, or what is counted in it, is in no list."""
    page = Selection(sort=(SortBy(ID, descending=True),), stop=5)
    group = GroupView(view, after(*WRITES, RaiseCounter(collection("/new/"), 1)))
    view.indexes.build(collection(url))
    selected = group.select(collection(url), page)
    assert selected is not None
    assert [item.name for item in selected.items] == names
