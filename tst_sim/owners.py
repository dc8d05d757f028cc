"""Folders have owners: what a living process writes into, no other one does.

An owner holds a lock (flock) on `<folder>/.lock` and writes into it who it is. The kernel lets the lock go when the
process ends in whatever way, and keeps it while the process is suspended: a killed one never blocks, a suspended one
is never overtaken. At the end the owner removes the file while it still holds the lock; whoever had opened it already
sees that it is not the one under that name any more, and opens the new one. So no two hold a folder.

Between machines that share a disk, flock works on NFS (4, and 3 with lockd), Lustre mounted with `flock`, CephFS, GPFS
and SMB. Some mounts keep locks to each machine or know none. There, the owner's heartbeat decides, the time of the
file's last change, which a thread of the owner renews: a lock that another machine's record is in, though it can be
had, is watched until it beats (its owner lives) or was silent for `SILENCE_S`. This is the one place where a process
that is suspended for long loses its folder to another machine; it finds that out by `confirm` before it writes again.

Alternatives that were left: process numbers alone (they come again, and mean nothing on other machines and in
containers), `lockf` (any close of the file in the process lets go), a file created with O_EXCL (a killed owner blocks
for ever), a server (there is none).
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path

from tst_sim.errors import StorageError, UserError
from tst_sim.partial_files import is_partial, machine, sweep
from tst_sim.storage import cannot_write, make_folder

LOCK = ".lock"
HEARTBEAT_S = 5.0
SILENCE_S = 30.0
"""An owner on another machine that was not heard of for so long is dead."""
LONG_AGO_S = 600.0
"""A heartbeat that is this old by the clock needs no watching: clocks of machines do not differ by so much."""
WAIT_S = 0.25
"""Between two looks at a folder that another process has."""


@dataclass(frozen=True)
class Holder:
    """Who owns a folder."""

    verb: str
    host: str
    machine: str
    pid: int
    since: str
    """UTC, to the second."""

    def __str__(self) -> str:
        suspended = ", suspended" if self.machine == machine() and _is_suspended(self.pid) else ""
        return f"{self.verb} (process {self.pid} on {self.host}, since {self.since}{suspended})"


class Owner:
    """A folder that is held; see `owned`."""

    def __init__(self, folder: Path, descriptor: int, verb: str) -> None:
        self.folder = folder
        self._descriptor = descriptor
        now = datetime.now(timezone.utc).isoformat(sep=" ", timespec="seconds").removesuffix("+00:00")
        self.holder = Holder(verb, socket.gethostname(), machine(), os.getpid(), now)
        self._record = json.dumps(asdict(self.holder) | {"key": os.urandom(8).hex()}).encode()
        self._over = threading.Event()
        self._heart = threading.Thread(target=self._beat, name=f"heartbeat of {verb}", daemon=True)

    def begin(self) -> None:
        """Write down who holds the folder, and keep saying so."""
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, self._record, 0)
        self._heart.start()

    def _beat(self) -> None:
        while not self._over.wait(HEARTBEAT_S):
            with suppress(OSError):
                os.utime(self._descriptor)

    def still_holds(self) -> bool:
        """False when another process took over, or someone removed the lock."""
        with suppress(OSError):
            return (self.folder / LOCK).read_bytes() == self._record
        return False

    def confirm(self) -> None:
        """UserError when the folder is not ours any more: nothing may be written there."""
        if not self.still_holds():
            now = holder_of(self.folder)
            raise UserError(
                f"{self.folder} is not this process's any more: {now or 'another one'} took it over while nothing was "
                "heard of this one; its work since the last checkpoint is given up"
            )

    def release(self) -> None:
        """Remove the lock, if it is still ours, and let go; never raises."""
        self._over.set()
        if self._heart.is_alive():
            self._heart.join()
        with suppress(OSError):
            if self.still_holds():
                os.unlink(self.folder / LOCK)
        os.close(self._descriptor)


@contextmanager
def owned(folder: Path, verb: str, *, on_wait: Callable[[Holder | None], None] | None = None) -> Iterator[Owner]:
    """Hold a folder while something is written into it: made, locked, cleared of what killed writers left half-written.

    In use by a living process: UserError saying by whom; with `on_wait`, that is called once and waited for instead.
    StorageError when it cannot be written. At the end, a folder that was made here goes again if it is still empty.
    """
    made = make_folder(folder)
    try:
        owner = _wait(folder, verb, on_wait) if on_wait else _claim(folder, verb)
        if isinstance(owner, _Held):
            raise _in_use(folder, verb, owner.by)
        try:
            sweep(folder)
            yield owner
        finally:
            owner.release()
    finally:
        for path in made:
            with suppress(OSError):  # not empty
                path.rmdir()


def holder_of(folder: Path) -> Holder | None:
    """Who the lock of a folder says holds it; None when it says nothing. They may be dead."""
    try:
        values = json.loads((folder / LOCK).read_bytes())
        return Holder(**{name: values[name] for name in Holder.__dataclass_fields__})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def is_held(folder: Path) -> bool:
    """True when a living process of this machine, or of one that shares its locks, owns the folder."""
    with suppress(OSError):
        descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
    return False


def refuse_if_held(folder: Path, verb: str) -> None:
    """The refusal of `owned` without owning: for the front door, before it takes seconds to import what will train."""
    if is_held(folder):
        raise _in_use(folder, verb, holder_of(folder))


def wait_until_free(folder: Path, *, seconds: float) -> None:
    """Wait, so long at most, for a process that is just ending to let go of a folder."""
    deadline = time.monotonic() + seconds
    while is_held(folder) and time.monotonic() < deadline:
        time.sleep(WAIT_S)


def is_vacant(folder: Path) -> bool:
    """True when a folder is absent, or holds nothing but a lock and half-written files. StorageError if unreadable."""
    try:
        return all(name == LOCK or is_partial(name) for name in os.listdir(folder))
    except FileNotFoundError:
        return True
    except OSError as error:
        raise StorageError(f"cannot use {folder}: {error.strerror}; choose another --out") from error


def refuse_torchrun(verb: str) -> None:
    """UserError when a launcher (torchrun, accelerate, ...) started several processes to train one run together."""
    world = os.environ.get("WORLD_SIZE", "")
    if world.isdecimal() and int(world) > 1:
        raise UserError(
            f"{verb} runs in one process, and torchrun started {int(world)} (WORLD_SIZE={world}); start it without "
            "torchrun: one run on one GPU, or a sweep, whose steps share several GPUs"
        )


def _in_use(folder: Path, verb: str, by: Holder | None) -> UserError:
    who = f"another {verb}" if by is None else f"another {by}" if by.verb == verb else str(by)
    return UserError(f"{folder} is in use by {who}; wait for it or choose another --out")


@dataclass(frozen=True)
class _Held:
    """The folder has an owner who lives."""

    by: Holder | None


def _wait(folder: Path, verb: str, on_wait: Callable[[Holder | None], None]) -> Owner:
    owner = _claim(folder, verb)
    if isinstance(owner, _Held):
        on_wait(owner.by)
    while isinstance(owner, _Held):
        time.sleep(WAIT_S)
        owner = _claim(folder, verb)
    return owner


def _claim(folder: Path, verb: str) -> Owner | _Held:
    try:
        found = _open_locked(folder)
        if found is None:
            return _Held(holder_of(folder))
        descriptor, sure = found
        try:
            left = holder_of(folder)
            if left and not (sure and left.machine == machine()) and _beats(folder):
                os.close(descriptor)
                return _Held(left)
            owner = Owner(folder, descriptor, verb)
            owner.begin()
        except BaseException:
            os.close(descriptor)
            raise
    except OSError as error:
        raise cannot_write(folder, error, into=True) from error
    if not sure:  # two may have come so far at once: the last to write has it
        time.sleep(2 * WAIT_S)
        if not owner.still_holds():
            owner.release()
            return _Held(holder_of(folder))
    return owner


def _open_locked(folder: Path) -> tuple[int, bool] | None:
    """(descriptor of the lock, whether the disk knows locks); None when another process holds it."""
    path = folder / LOCK
    while True:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except FileNotFoundError:  # the folder went together with its last owner
            make_folder(folder)
            continue
        try:
            sure = _lock(descriptor)
        except BlockingIOError:
            os.close(descriptor)
            return None
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(descriptor), os.stat(path)):
                return descriptor, sure
        os.close(descriptor)  # removed by its holder after it was opened here


def _lock(descriptor: int) -> bool:
    """Lock a file; False when the disk knows no locks. BlockingIOError when another process has it."""
    for attempt in range(3):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if attempt == 2:
                raise
            time.sleep(0.02)  # someone may just be looking whether it is held
        except OSError:
            return False
    raise AssertionError("unreachable")


def _beats(folder: Path) -> bool:
    """True as soon as the heartbeat of a lock is seen, False when it is silent."""

    def last() -> int:
        descriptor = os.open(folder / LOCK, os.O_RDONLY)  # opened anew: NFS then asks its server
        try:
            return os.fstat(descriptor).st_mtime_ns
        finally:
            os.close(descriptor)

    first = last()
    if abs(time.time() - first / 1e9) > LONG_AGO_S:
        return False
    deadline = time.monotonic() + SILENCE_S
    while time.monotonic() < deadline:
        time.sleep(WAIT_S)
        if last() != first:
            return True
    return False


def _is_suspended(pid: int) -> bool:
    with suppress(OSError, IndexError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in ("T", "t")
    return False
