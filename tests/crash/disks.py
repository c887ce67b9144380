"""Disks that can lose their power, and disks that can be filled: images, mounted for a test.

Needs root, loop devices, and mkfs for the file system; what the machine does
not offer is skipped, with the reason. What has reached the image is kept: a
drive that forgets what it has been told to keep is not played here.
"""

import errno
import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.store.files.mounts import need_root, run_or_skip

# EXT4_IOC_SHUTDOWN and XFS_IOC_GOINGDOWN are one number: _IOR('X', 125, __u32).
_SHUTDOWN = 0x8004587D
# Not even what the file system's own journal holds in memory is written.
_WITHOUT_FLUSHING = (2).to_bytes(4, sys.byteorder)
MEBIBYTE = 1 << 20
# mkfs.xfs makes none under 300 MiB. The images are sparse.
_SIZES = {"ext4": 96 * MEBIBYTE, "xfs": 320 * MEBIBYTE}
# No blocks kept back for root, who runs this.
_MAKING: dict[str, tuple[str, ...]] = {"ext4": ("-m", "0")}


class Disk:
    """A mounted image."""

    def __init__(self, place: Path, image: Path) -> None:
        self.place = place
        self.image = image
        self._has_power = True
        self._fill_number = 0

    def lose_power(self) -> None:
        """Force the file system down: what it has not written by now, it never writes.

        Its files can be read on from memory, and every call that needs the disk fails.
        Where it is down already, nothing is done.
        """
        if not self._has_power:
            return
        self._has_power = False
        descriptor = os.open(self.place, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.ioctl(descriptor, _SHUTDOWN, _WITHOUT_FLUSHING)
        finally:
            os.close(descriptor)

    def mount_again(self) -> None:
        """Unmount the file system and mount it as it is on the image, as after a reboot."""
        self.unmount()
        _mount(self.image, self.place, check=True)
        self._has_power = True

    def unmount(self) -> None:
        """Unmount it; nobody may have a file open there."""
        subprocess.run(["umount", self.place], check=True, timeout=60)

    # --- room

    def free(self) -> int:
        """The number of bytes that can still be written."""
        status = os.statvfs(self.place)
        return status.f_bavail * status.f_frsize

    def fill(self, leave: int = 0) -> None:
        """Write files beside the folder until just so many bytes are left."""
        for size in (MEBIBYTE, 64 << 10, 4 << 10, 1):
            while self.free() > leave + size or (not leave and size == 1):
                if not self._ballast(size):
                    break

    def make_room(self) -> None:
        """Remove what `fill` has written."""
        for file in self._ballast_directory().iterdir():
            file.unlink()

    def _ballast(self, size: int) -> bool:
        self._fill_number += 1
        file = self._ballast_directory() / str(self._fill_number)
        try:
            with file.open("wb") as opened:
                opened.write(bytes(size))
                opened.flush()
                os.fsync(opened.fileno())
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            return False
        return True

    def _ballast_directory(self) -> Path:
        directory = self.place / "ballast"
        directory.mkdir(exist_ok=True)
        return directory


def _mount(image: Path, place: Path, *, check: bool = False) -> None:
    command = ("mount", "-o", "loop", str(image), str(place))
    if check:
        subprocess.run(command, check=True, timeout=60)
    else:
        run_or_skip(*command)


@contextmanager
def new_disk(place: Path, kind: str) -> Iterator[Disk]:
    """A fresh disk with the file system `kind` at `place`, in an image beside it."""
    need_root()
    image = place.with_suffix(".img")
    with image.open("wb") as file:
        file.truncate(_SIZES[kind])
    run_or_skip(f"mkfs.{kind}", "-q", *_MAKING.get(kind, ()), str(image))
    place.mkdir(exist_ok=True)
    _mount(image, place)
    made = Disk(place, image)
    try:
        yield made
    finally:
        made.unmount()
        image.unlink()
