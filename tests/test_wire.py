"""What Http knows of addresses, pace, packed bodies and waiting."""

import gzip
import threading
import time
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from connectors.web.pace import Pace, retry_after
from connectors.web.wire import is_private, unzipped


def test_retry_after_is_read_as_seconds_or_as_a_date() -> None:
    now = datetime(2026, 11, 22, 6, tzinfo=UTC)
    assert retry_after("120", now) == 120
    assert retry_after("Sun, 22 Nov 2026 06:00:30 GMT", now) == 30
    assert retry_after("Sun, 22 Nov 2026 05:00:00 GMT", now) == 0
    assert [retry_after(value, now) for value in (None, "", "soon", "-5", "1e9")] == [None] * 5


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=4), st.integers(1, 50))
def test_whatever_was_packed_comes_out_again_in_any_pieces(parts: list[bytes], size: int) -> None:
    packed = b"".join(gzip.compress(part) for part in parts)
    pieces = [packed[i : i + size] for i in range(0, len(packed), size)]
    assert b"".join(unzipped(pieces)) == b"".join(parts)


def test_what_is_private_is_known_in_every_notation() -> None:
    private = ["127.0.0.1", "10.0.0.1", "192.168.1.1", "100.64.0.1", "169.254.1.1", "0.0.0.1", "224.0.0.1", "::1", "::"]
    private += ["fe80::1%eth0", "fc00::1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"]
    assert [address for address in private if not is_private(address)] == []
    assert [a for a in ("93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822") if is_private(a)] == []


def test_requests_to_one_host_are_spaced_over_all_threads() -> None:
    pace, times = Pace(), []

    def ask() -> None:
        for _ in range(5):
            with pace.turn("example.com", 50):
                times.append(time.monotonic())

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(times) - min(times) >= 18 / 50
    start = time.monotonic()
    with pace.turn("example.org", 50):
        pass
    assert time.monotonic() - start < 0.02
