"""The servers, as far as they can be told without being started."""

from pathlib import Path

import pytest

from benchmarks import install, peers
from benchmarks.layouts import Document, Files, Layout
from benchmarks.machine import kind_of_mount
from benchmarks.peers import PEERS, Peer
from benchmarks.works import Kind, content, seeded, version

MOUNTS = """\
21 1 254:0 / / rw,relatime - ext4 /dev/root rw
22 21 0:20 / /tmp rw - tmpfs tmpfs rw
23 21 0:21 / /tmp/a\\040disk rw shared:7 - xfs /dev/one rw
24 21 0:22 / /tmpfiles rw - btrfs /dev/two rw
"""


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine with Python alone."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(install, "MODULES", tmp_path / "none")
    monkeypatch.setattr(install, "_ENVIRONMENT", tmp_path / "none")


@pytest.mark.usefixtures("nothing_installed")
@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.key)
def test_server_that_is_not_installed_says_so(peer: Peer) -> None:
    """kvput and the bare framework are always there; each other one has its reason."""
    reasons = {
        "kvput": None,
        "bare": None,
        "nginx": "nginx is not installed",
        "json-server-0.17": "node is not installed",
        "json-server-1.0": "node is not installed",
        "unstorage": "node is not installed",
        "wsgidav": "pip has not installed WsgiDAV",
    }
    assert peer.missing() == reasons[peer.key]


@pytest.mark.usefixtures("nothing_installed")
def test_missing_npm_is_told_and_not_tried() -> None:
    """Without node there is nothing to install for."""
    assert install.install_modules() == "node and npm not installed"


def test_installation_that_fails_gives_its_last_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The reason stands in the report; the server is left out, and nothing else."""
    for tool, text in {"node": "exit 0", "npm": "echo 'npm: no such thing' >&2; exit 1"}.items():
        (tmp_path / tool).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / tool).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    monkeypatch.setattr(install, "MODULES", install.PROGRAMS / "no_such_folder")
    assert install.install_modules() == "npm failed: npm: no such thing"


def test_dav_module_is_asked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An nginx that cannot PUT is not measured at all."""
    (tmp_path / "nginx").write_text("#!/bin/sh\necho 'configure arguments: none' >&2\n")
    (tmp_path / "nginx").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    nginx = next(peer for peer in PEERS if peer.key == peers.NGINX)
    assert nginx.missing() == "this nginx has no dav module"


def test_servers_refuse_what_they_cannot_do() -> None:
    """Whoever has no PUT to create has POST, or the reverse; kvput and the framework do all."""
    for peer in PEERS:
        assert not {Kind.CREATE, Kind.POST} <= set(peer.refuses)
        assert not peer.refuses.keys() & {Kind.HOT, Kind.GET, Kind.PUT}
    assert [peer.key for peer in PEERS if not peer.refuses] == ["kvput", "bare"]


@pytest.mark.parametrize("layout", [Files(".json"), Files(), Document()])
def test_seeded_folder_has_what_is_looked_for(layout: Layout, tmp_path: Path) -> None:
    """Each layout counts and finds what it has written, and nothing else."""
    folder = tmp_path / "data"
    layout.seed(folder, 3, seeded)
    stored = layout.stored(folder, "3")
    assert layout.count(folder) == len(layout.values(folder)) == 3
    assert stored is not None
    assert layout.is_same(stored, content(version(0, 0)))
    assert not layout.is_same(stored, content(version(0, 1)))
    assert layout.stored(folder, "4") is None


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/", "ext4"),
        ("/home/me", "ext4"),
        ("/tmp/x", "tmpfs"),  # noqa: S108 - a name in a table
        ("/tmp/a disk/x", "xfs"),  # noqa: S108 - a name in a table
        ("/tmpfiles", "btrfs"),  # noqa: S108 - a name in a table
    ],
)
def test_file_system_is_that_of_the_nearest_mount_point(folder: str, kind: str) -> None:
    """Escapes in the table are undone; a name that merely begins alike is another one."""
    assert kind_of_mount(MOUNTS, folder) == kind
