"""Where a run takes place: a folder that is thrown away after it, and two cores."""

import contextlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.declared import File, restore
from benchmarks.layouts import Contents
from benchmarks.machine import Cores
from benchmarks.peers import KVPUT, ROOT, Peer
from benchmarks.servers import Server, free_port, running


@dataclass(frozen=True, slots=True)
class Place:
    """The folder, below which each server has some of its own, and the cores."""

    folder: Path
    cores: Cores

    @contextlib.contextmanager
    def running(self, peer: Peer, folder: Path) -> Iterator[Server]:
        """Run a server on a folder of its own, on its core, on a disk that has come to rest."""
        os.sync()
        port = free_port()
        place = ROOT if peer.of_repository else folder
        log = self.folder / f"{peer.key}.log"
        with running(peer.command(folder, port), port, self.cores.server, place, log) as server:
            yield server

    def seeded(self, peer: Peer, name: str, resources: int, contents: Contents) -> Path:
        """A server's folder of a name, filled where it is not there yet."""
        folder = self.folder / peer.key / name
        if not folder.exists():
            assert peer.layout is not None
            peer.layout.seed(folder, resources, contents)
        return folder

    def restored(self, name: str, files: Iterable[File]) -> Path:
        """A folder of kvput's that holds these files, whatever an earlier run has left there."""
        folder = self.folder / KVPUT / name
        restore(folder, files)
        return folder
