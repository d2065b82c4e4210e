"""Runs a command and writes what it cost as JSON: `python child.py REPORT COMMAND…`; imports the standard library only.

Linux counts the memory of the process that starts a child as the child's own, so this one has to be small.
"""

import json
import os
import resource
import subprocess
import sys
import threading
import time
from pathlib import Path

SAMPLE_S = 0.1  # how often the memory of the command and its descendants is added up
RSS_UNIT = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss, in bytes


def run(command: list[str]) -> dict[str, float]:
    """Run `command` to its end and return its exit code and what it cost."""
    begun = time.monotonic()
    child = subprocess.Popen(command)
    together = Together(child.pid)
    _, status, usage = os.wait4(child.pid, 0)
    wall_s = time.monotonic() - begun
    child.returncode = os.waitstatus_to_exitcode(status)
    return {
        "code": child.returncode,
        "wall_s": wall_s,
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "peak_mb": usage.ru_maxrss * RSS_UNIT / 1e6,
        "together_mb": together.stop(),
    }


class Together:
    """Adds up the resident memory of a process and its descendants until stopped."""

    def __init__(self, pid: int) -> None:
        self._pid, self._peak, self._done = pid, 0, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> float:
        """Return the largest sum seen, in MB."""
        self._done.set()
        self._thread.join()
        return self._peak / 1e6

    def _watch(self) -> None:
        while not self._done.wait(SAMPLE_S):
            self._peak = max(self._peak, _family_bytes(self._pid))


def _family_bytes(pid: int) -> int:
    try:
        resident = int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()
        children = [child for task in Path(f"/proc/{pid}/task").iterdir() for child in _children(task)]
    except OSError:  # it has ended, or this system has no /proc
        return 0
    return resident + sum(map(_family_bytes, children))


def _children(task: Path) -> list[int]:
    return [int(pid) for pid in (task / "children").read_text().split()]


if __name__ == "__main__":
    cost = run(sys.argv[2:])
    Path(sys.argv[1]).write_text(json.dumps(cost))
    sys.exit(int(cost["code"]))
