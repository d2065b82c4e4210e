"""What http.py must know of connections and packed bodies; no HTTP library here."""

import ipaddress
import re
import socket
import threading
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from connectors.source import Refused

PIECE = 2**20  # bytes unpacked at a time, so that a gzip bomb meets the cap before it fills the memory
NAT64, SIX_TO_FOUR = ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("2002::/16")


class Guard:
    """Watches one client's connections: where they lead, and how long an answer may take.

    Raises Refused for private addresses, except for the hosts and addresses in `own`.
    """

    def __init__(self, source: str, own: Iterable[str]) -> None:
        self._source = source
        self._own = frozenset(name.lower() for name in own)
        self._sockets: list[socket.socket] = []

    def owns(self, host: str) -> bool:
        """Say whether the user named `host` as an own server."""
        return host.lower() in self._own

    def check(self, host: str) -> None:
        """Refuse an address literal that is private; a name is checked once it is connected."""
        with suppress(ValueError):
            self._check_address(host, host)

    def connected(self, host: str, event: str, info: Mapping[str, Any]) -> None:
        """Look at each new connection before anything is sent on it: names can be made to point anywhere."""
        if event not in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            return
        stream = info["return_value"]
        self._sockets = [s for s in self._sockets if s.fileno() != -1] + [stream.get_extra_info("socket")]
        try:
            self._check_address(host, stream.get_extra_info("server_addr")[0])
        except Refused:
            stream.close()
            raise

    @contextmanager
    def deadline(self, seconds: float) -> Iterator[threading.Event]:
        """Hang up after `seconds` and set the event; a timeout per read never ends while single bytes drip in."""
        late = threading.Event()
        timer = threading.Timer(seconds, self._hang_up, (late,))
        timer.daemon = True
        timer.start()
        try:
            yield late
        finally:
            timer.cancel()

    def _hang_up(self, late: threading.Event) -> None:
        late.set()
        for line in self._sockets:
            with suppress(OSError):  # closed meanwhile
                line.shutdown(socket.SHUT_RDWR)

    def _check_address(self, host: str, address: str) -> None:
        if self.owns(host) or self.owns(address) or not is_private(address):
            return
        hint = f'if the server is yours, add it: [http] allow_private = ["{host}"]'
        raise Refused(self._source, f"{host} is at the private address {address}", hint)


def is_private(address: str) -> bool:
    """Say whether an IP address leads to this machine or its own network; a host name raises ValueError.

    An IPv4 address wrapped in IPv6 counts as what it wraps. Everything not globally routed is private.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address) and (ip.ipv4_mapped or ip in NAT64):
        ip = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return not ip.is_global or ip.is_multicast or ip in SIX_TO_FOUR


def unzipped(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield gzip `chunks` unpacked, at most 1 MiB at a time; raises zlib.error if they are broken or cut short."""
    inflate = None
    for chunk in chunks:
        rest = chunk
        while rest:
            inflate = inflate or zlib.decompressobj(wbits=31)  # 31: a gzip header is required
            yield inflate.decompress(rest, PIECE)
            rest = inflate.unconsumed_tail or inflate.unused_data
            inflate = None if inflate.eof else inflate
    if inflate is not None:
        yield inflate.flush()
        if not inflate.eof:
            raise zlib.error("the gzip stream ends before its end")


def shown(url: str) -> str:
    """Return `url` fit for logs and errors: without user, password, query and fragment, where secrets stand."""
    return re.sub(r"//[^/]*@", "//", re.split(r"[?#]", url)[0])[:200]
