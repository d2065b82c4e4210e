"""Runs the servers of the scripts beside it: each on a free port of loopback, in a folder of its own."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest

HERE = Path(__file__).parent
INSTALLED = Path(
    os.environ.get("ALLEARS_SERVERS")
    or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "allears-servers"
)
NEEDS = {
    "wordpress": ("/usr/share/wordpress/wp-load.php", "/usr/sbin/mariadbd", "/usr/bin/php"),
    "mediawiki": ("/usr/share/mediawiki/api.php", "/usr/bin/php"),
    "hyperkitty": (INSTALLED / "hyperkitty/installed",),
    "bluesky": (INSTALLED / "bluesky/installed", "/usr/lib/postgresql/15/bin/postgres", "/usr/bin/redis-server"),
    "dovecot": ("/usr/sbin/dovecot",),
}


class Server(NamedTuple):
    """A server that answers on `port` of 127.0.0.1 and keeps its files in `folder`."""

    port: int
    folder: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(
        self, path: str, body: Any = None, headers: Mapping[str, str] | None = None, method: str | None = None
    ) -> Any:
        """Return the JSON that `path` answers; a body of bytes is sent as it is, any other as JSON."""
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        kind = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, data, {**kind, **(headers or {})}, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)


@contextmanager
def running(name: str) -> Iterator[Server]:
    """Run NAME.sh until the block ends; without its programs the test fails in CI and is skipped elsewhere."""
    missing = [str(path) for path in NEEDS[name] if not Path(path).exists()]
    if missing:
        lacking = pytest.fail if os.environ.get("CI") else pytest.skip
        lacking(f"{name} is not installed ({', '.join(missing)} is missing): run .ci/servers.sh")
    folder = Path(tempfile.mkdtemp(prefix=f"allears-{name}-"))
    folder.chmod(0o755)  # databases and mail run as nobody
    server = Server(_free_port(), folder)
    log = folder / "start.log"
    with log.open("wb") as output:
        command = ["bash", HERE / f"{name}.sh", folder, str(server.port)]
        process = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)
    try:
        until(lambda: process.poll() is not None or _listens(server.port), 180)
        assert process.poll() is None, f"{name} ended at its start: {log.read_text()[-3000:]}"
        yield server
        assert not (exposed := _exposed(process.pid)), f"{name} listens on more than loopback: {exposed}"
    finally:
        _stop(process)
        shutil.rmtree(folder, ignore_errors=True)


def until(condition: Callable[[], Any], seconds: float) -> Any:
    """Return the first value of `condition` that counts as true; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"nothing within {seconds} s"
        time.sleep(0.2)
    return value


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


def _exposed(group: int) -> list[str]:
    """Return the addresses, other than loopback's, on which processes of `group` listen; ask when all are up."""
    listing = subprocess.run(["ss", "-ltnpH"], capture_output=True, text=True, check=True).stdout
    lines = [line for line in listing.splitlines() if not re.search(r"\s(127\.0\.0\.1|\[::1\]):\d+\s", line)]
    return [line.split()[3] for line in lines if group in map(_group, re.findall(r"pid=(\d+)", line))]


def _group(pid: str) -> int | None:
    with suppress(ProcessLookupError):
        return os.getpgid(int(pid))
    return None


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the whole group: databases in the background do not always end with what they were started for."""
    with suppress(ProcessLookupError, subprocess.TimeoutExpired):
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
