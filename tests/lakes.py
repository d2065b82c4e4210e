"""A PostgreSQL of the tests' own, on loopback, and lakes in it."""

import os
import random
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import blake2b
from pathlib import Path

from warehouse.lake import Lake

HOMES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


@contextmanager
def postgres() -> Iterator["Postgres"]:
    """Run a PostgreSQL while the context lasts."""
    # Not a folder of pytest's, which no other user may enter: PostgreSQL refuses to run as root.
    with tempfile.TemporaryDirectory(prefix="postgres-", ignore_cleanup_errors=True) as folder:
        if os.getuid() == 0:
            shutil.chown(folder, "postgres")
        server = Postgres(Path(folder))
        server.start()
        try:
            yield server
        finally:
            server.stop()


class Postgres:
    """A server that can be stopped and started again, with what it holds; `address` names no database."""

    def __init__(self, folder: Path) -> None:
        self._data, self._port = folder / "data", _free_port()
        self.address = f"host=127.0.0.1 port={self._port} user=allears"
        self._run("initdb", "-D", self._data, "-A", "trust", "-U", "allears", "--no-sync")

    def start(self) -> None:
        """Start it, and return when it answers."""
        options = f"-p {self._port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
        self._run("pg_ctl", "-D", self._data, "-o", options, "-l", self._data / "log", "-w", "start")

    def stop(self) -> None:
        """Stop it at once, as a power cut would."""
        self._run("pg_ctl", "-D", self._data, "-m", "immediate", "-w", "stop")

    def _run(self, program: str, *arguments: object) -> None:
        command = [str(HOMES[-1] / program), *map(str, arguments)]
        if os.getuid() == 0:
            command = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)


def new_lake(address: str, folder: Path) -> Lake:
    """Return the lake that belongs to `folder`, whose database is made when it is asked for first."""
    import psycopg

    name = f"lake_{blake2b(str(folder).encode(), digest_size=6).hexdigest()}"
    with psycopg.connect(f"{address} dbname=postgres", autocommit=True) as db:
        if not db.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            shutil.rmtree(folder, ignore_errors=True)
            db.execute(f"CREATE DATABASE {name}")
    return Lake(f"{address} dbname={name}", str(folder))


def _free_port() -> int:
    """Return a port below those that systems give to connections, so that it is free still after a restart."""
    while True:
        with socket.socket() as held, suppress(OSError):
            held.bind(("127.0.0.1", port := random.randint(15_000, 30_000)))
            return port
