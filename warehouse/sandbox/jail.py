"""Shuts this process in: what the kernel holds it to, whatever the SQL in it does. Linux only."""

import ctypes
import os
import resource
import signal
from pathlib import Path

NEW_USER, NEW_NET, NEW_IPC = 0x10000000, 0x40000000, 0x08000000  # linux/sched.h
PARENT_DEATH_SIGNAL, NO_NEW_PRIVILEGES = 1, 38  # linux/prctl.h
CAPABILITIES_V3 = 0x20080522  # linux/capability.h
NOBODY = 65534
MB = 1 << 20
SLACK = 0.5  # of DuckDB's own limit: what DuckDB does not count, and the rows as Python holds them
OPEN_FILES = 8  # the standard streams, the mart, and room for what DuckDB opens besides


def shut_in(folder: Path, *, memory_mb: int, cpu_s: int) -> list[str]:
    """Take from this process, for ever, what computing an answer does not need.

    Afterwards it has no files but those it holds open, no network, no child processes, and bounded memory and time;
    it dies with its parent. `folder`, an empty one, becomes its whole file system, and goes. Everything it needs must
    have been imported. Returns what this machine does not take away; raises OSError or ValueError if it sets no limits.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    exposed = [*_leave_network(libc), *_leave_files(folder), *_leave_rights(libc)]
    libc.prctl(PARENT_DEATH_SIGNAL, signal.SIGKILL)  # last, because a change of user takes it back
    for limit, value in {
        resource.RLIMIT_AS: used + int(memory_mb * (1 + SLACK)) * MB,
        resource.RLIMIT_CPU: cpu_s,
        resource.RLIMIT_NOFILE: OPEN_FILES,
        resource.RLIMIT_NPROC: 0,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
    }.items():
        resource.setrlimit(limit, (value, value))
    return exposed


def _leave_network(libc: ctypes.CDLL) -> list[str]:
    """Move to an empty network; who is not root may do so in a user namespace, where the system has them on."""
    flags = NEW_NET | NEW_IPC | (0 if os.geteuid() == 0 else NEW_USER)
    return ["the network"] if libc.unshare(flags) else []


def _leave_files(folder: Path) -> list[str]:
    """Live in a folder that is there no more, in which nothing can be made either."""
    os.chdir(folder)
    folder.rmdir()
    try:
        os.chroot(".")
    except PermissionError:
        return ["the files that its user may read"]
    return []


def _leave_rights(libc: ctypes.CDLL) -> list[str]:
    """Become nobody if root, drop every capability, and never get one again."""
    libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    exposed = []
    if os.geteuid() == 0:
        try:
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
        except PermissionError:
            exposed = ["the user root"]
    libc.capset((ctypes.c_uint32 * 2)(CAPABILITIES_V3, 0), (ctypes.c_uint32 * 6)())
    return exposed
