"""Delivery over a real loopback receiver: order, repeats, hostile words, and a receiver in every bad mood."""

import json
import logging
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.alert import Alert, Quote
from alerts.outbox import DeliveryError, Refused, Unavailable, deliver, waiting
from alerts.rule import raise_alerts
from alerts.slack import SlackSender, blocks, escape, inert, render_text, visible
from warehouse.warehouse import Warehouse

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
HUSH = "/services/T0SECRET/B0SECRET/hush"
RULE = """-- title: {key} happened
-- reason: for a reason
-- severity: low
-- quiet: 1 day

SELECT unnest(['a', 'b', 'c']) AS key
"""
ALERT = Alert(
    key="Acme",
    rule="negative_spike",
    severity="high",
    brand="Acme",
    title="Acme: 24 negative mentions on Sat 21 Nov, 6.0× the usual",
    reason="24 of 36 mentions were negative (67%).",
    topics=("late delivery", "app crash"),
    quotes=(Quote("Never again.", "https://reviews.example/1", "appstore"), Quote("Late.", None, "survey")),
    raised_at=NOW,
)


class Answer(NamedTuple):
    """What the receiver says: status, body, and further headers."""

    status: int
    body: str
    headers: tuple[tuple[str, str], ...] = ()


OK = Answer(200, "ok")
HANG_UP = 0


class Receiver:
    """A Slack on loopback: it keeps what arrives, and answers from `script`, then with "ok"."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.arrived: list[Any] = []
        self.script: list[Answer] = []

    @property
    def titles(self) -> list[str]:
        """Return the headlines that arrived, in order."""
        return [message["text"].partition(": ")[2] for message in self.arrived]


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            fake.arrived.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            status, body, headers = fake.script.pop(0) if fake.script else OK
            if status == HANG_UP:
                return
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        fake = Receiver(f"http://127.0.0.1:{server.server_port}{HUSH}")
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield fake
        server.shutdown()


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[Warehouse]:
    """Open a warehouse in which the alerts a, b and c wait."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "three.sql").write_text(RULE)
    with Warehouse(tmp_path / "warehouse.duckdb", NOW) as opened:
        assert len(raise_alerts(opened, NOW, [tmp_path / "rules"]).alerts) == 3
        yield opened


def state(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    return warehouse.rows("SELECT key, delivered_at IS NOT NULL, attempts, last_error FROM alerts ORDER BY key")


def test_each_alert_is_sent_once_and_in_order(warehouse: Warehouse, receiver: Receiver) -> None:
    assert deliver(warehouse, SlackSender(receiver.url), NOW) == (3, 0, [], None)
    assert deliver(warehouse, SlackSender(receiver.url), NOW) == (0, 0, [], None)
    assert receiver.titles == ["a happened", "b happened", "c happened"]
    assert state(warehouse) == [("a", True, 1, None), ("b", True, 1, None), ("c", True, 1, None)]


def test_older_alerts_go_first(warehouse: Warehouse, receiver: Receiver, tmp_path: Path) -> None:
    (tmp_path / "rules" / "first.sql").write_text(RULE.replace("'a', 'b', 'c'", "'later'").replace("low", "high"))
    raise_alerts(warehouse, NOW + timedelta(hours=1), [tmp_path / "rules"])
    deliver(warehouse, SlackSender(receiver.url), NOW)
    assert receiver.titles == ["a happened", "b happened", "c happened", "later happened"]


@pytest.mark.parametrize("answer", [Answer(500, "rollup_error"), Answer(503, "<html>down</html>"), Answer(HANG_UP, "")])
def test_what_slack_could_not_take_is_delivered_next_time(
    warehouse: Warehouse, receiver: Receiver, answer: Answer
) -> None:
    receiver.script = [OK, answer]
    first = deliver(warehouse, SlackSender(receiver.url), NOW)
    assert first[:3] == (1, 2, [])
    assert isinstance(first.problem, Unavailable)
    assert [row[:3] for row in state(warehouse)] == [("a", True, 1), ("b", False, 1), ("c", False, 0)]
    assert deliver(warehouse, SlackSender(receiver.url), NOW) == (2, 0, [], None)
    assert receiver.titles == ["a happened", "b happened", "b happened", "c happened"]
    assert state(warehouse)[1] == ("b", True, 2, None)


def test_nothing_is_lost_while_slack_cannot_be_reached(warehouse: Warehouse) -> None:
    delivery = deliver(warehouse, SlackSender("http://127.0.0.1:9/services/hush"), NOW)
    assert isinstance(delivery.problem, Unavailable)
    assert delivery.waiting == 3
    assert "hush" not in str(state(warehouse))
    assert [alert.key for alert in waiting(warehouse)] == ["a", "b", "c"]


def test_slack_s_wait_is_honoured(warehouse: Warehouse, receiver: Receiver) -> None:
    receiver.script = [Answer(429, "rate_limited", (("Retry-After", "7"),)), Answer(429, "rate_limited")]
    waits: list[float] = []
    assert deliver(warehouse, SlackSender(receiver.url, waits.append), NOW).delivered == 3
    assert waits == [7, 1]
    assert receiver.titles == ["a happened"] * 3 + ["b happened", "c happened"]


@pytest.mark.parametrize(("seconds", "tries"), [("31", 1), ("2", 3)])
def test_a_wait_too_long_or_too_often_is_left_to_the_next_run(
    warehouse: Warehouse, receiver: Receiver, seconds: str, tries: int
) -> None:
    receiver.script = [Answer(429, "rate_limited", (("Retry-After", seconds),))] * 3
    delivery = deliver(warehouse, SlackSender(receiver.url, lambda _: None), NOW)
    assert (delivery.delivered, delivery.waiting, len(receiver.arrived)) == (0, 3, tries)
    assert f"wait {seconds} s" in str(delivery.problem)


@pytest.mark.parametrize(
    "answer",
    [
        *(Answer(403, "action_prohibited"), Answer(404, "no_service"), Answer(410, "channel_is_archived")),
        *(Answer(400, '{"message": "Cannot send an empty message"}'), Answer(200, "<html>log in</html>")),
        Answer(307, "", (("Location", "https://elsewhere.example/"),)),
    ],
)
def test_a_webhook_of_no_use_stops_the_queue_and_tells_the_user(
    warehouse: Warehouse, receiver: Receiver, answer: Answer
) -> None:
    receiver.script = [answer]
    delivery = deliver(warehouse, SlackSender(receiver.url), NOW)
    assert delivery[:3] == (0, 3, [])
    assert isinstance(delivery.problem, Refused)
    assert str(answer.status) in str(delivery.problem)
    assert "make a new incoming webhook" in str(delivery.problem)
    assert len(receiver.arrived) == 1


def test_blocks_that_slack_refuses_are_sent_as_plain_text(warehouse: Warehouse, receiver: Receiver) -> None:
    receiver.script = [Answer(400, "invalid_blocks")]
    assert deliver(warehouse, SlackSender(receiver.url), NOW).delivered == 3
    assert "blocks" in receiver.arrived[0]
    assert "blocks" not in receiver.arrived[1]
    assert "for a reason" in receiver.arrived[1]["text"]


def test_a_message_refused_for_ever_blocks_no_other(warehouse: Warehouse, receiver: Receiver) -> None:
    receiver.script = [OK, Answer(400, "invalid_blocks"), Answer(400, "invalid_payload")]
    assert deliver(warehouse, SlackSender(receiver.url), NOW) == (2, 0, ["b happened"], None)
    error = "given up: Slack refuses the message: 400 invalid_payload"
    assert state(warehouse) == [("a", True, 1, None), ("b", False, 1, error), ("c", True, 1, None)]
    assert deliver(warehouse, SlackSender(receiver.url), NOW) == (0, 0, [], None)


def test_a_kill_between_two_alerts_loses_and_repeats_nothing(warehouse: Warehouse, receiver: Receiver) -> None:
    sender = SlackSender(receiver.url)

    def dies_at_b(alert: Alert) -> None:
        if alert.key == "b":
            raise KeyboardInterrupt
        sender(alert)

    with pytest.raises(KeyboardInterrupt):
        deliver(warehouse, dies_at_b, NOW)
    assert deliver(warehouse, sender, NOW).delivered == 2
    assert receiver.titles == ["a happened", "b happened", "c happened"]


def test_the_webhook_is_in_no_error_and_no_log(receiver: Receiver, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    page = f"Cannot POST {HUSH}"
    for answer in (OK, Answer(400, "invalid_blocks"), Answer(404, page), Answer(500, page), Answer(200, page)):
        receiver.script = [answer]
        try:
            SlackSender(receiver.url)(ALERT)
        except DeliveryError as error:
            assert "SECRET" not in repr(error)
            assert error.__cause__ is None
    for wrong in ("hooks.slack.com" + HUSH, "ftp://hooks.slack.com" + HUSH, "https://hooks.slack.com/ " + HUSH):
        with pytest.raises(Refused) as refused:
            SlackSender(wrong)
        assert "SECRET" not in repr(refused.value)
    assert "SECRET" not in caplog.text
    assert "hush" not in caplog.text


HOSTILE = (
    "<!channel> <!here|x> <@U123> <#C123> <https://evil.example|your bank> @channel @Here @everyone *bold* _it_ ~s~ "
    "`code` &lt;!channel&gt; <\u200b!channel> \u202egnp.exe\u2066 \x1b[31mred\x07 :tada:"
)


def strings(json_value: Any) -> Iterator[str]:
    """Yield every string that a reader may see, at any depth."""
    if isinstance(json_value, dict):
        for value in json_value.values():
            yield from strings(value)
    elif isinstance(json_value, list):
        for value in json_value:
            yield from strings(value)
    elif isinstance(json_value, str):
        yield json_value


def kinds(json_value: Any) -> Iterator[str]:
    """Yield every "type", at any depth."""
    if isinstance(json_value, dict):
        yield from [json_value["type"]] if "type" in json_value else []
        for value in json_value.values():
            yield from kinds(value)
    elif isinstance(json_value, list):
        for value in json_value:
            yield from kinds(value)


def hostile(words: str) -> Alert:
    quote = Quote(words, "https://reviews.example/1", words)
    return replace(ALERT, title=words, reason=words, topics=(words,), quotes=(quote,), rule=words)


def test_hostile_words_arrive_inert(receiver: Receiver) -> None:
    receiver.script = [Answer(400, "invalid_blocks")]
    SlackSender(receiver.url)(hostile(HOSTILE))
    rich, plain = receiver.arrived
    assert set(kinds(rich["blocks"])) == {
        *("header", "plain_text", "rich_text", "rich_text_section", "rich_text_quote", "text", "link", "context")
    }  # no mrkdwn and no broadcast, so *bold* and :tada: stay as they were typed
    assert not any(text["emoji"] for text in (rich["blocks"][0]["text"], *rich["blocks"][-1]["elements"]))
    assert plain["mrkdwn"] is False
    for message in (rich, plain):
        assert message["link_names"] is False
        assert "<" not in message["text"]
        for text in strings(message):
            assert not any(sign in text for sign in ("<!", "<@", "<#", "<h", "@channel", "@Here", "@everyone"))
            assert not any(hidden in text for hidden in "\u200b\u202e\u2066\x1b\x07")


@given(st.text(max_size=4_000))
def test_no_text_breaks_a_limit_of_block_kit(text: str) -> None:
    shown = blocks(hostile(text))
    assert len(shown) <= 50
    assert 0 < len(shown[0]["text"]["text"]) <= 150
    assert all(len(string) <= 3_000 for string in strings(shown))
    assert all(element["text"] for block in shown[1:-1] for element in block["elements"][0]["elements"])


@given(st.text())
def test_escaped_text_holds_no_control_sequence_and_reads_the_same(text: str) -> None:
    escaped = escape(text)
    assert not set("<>") & set(escaped)
    back = escaped.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    assert back.replace("\u2060", "") == text.replace("\u2060", "")
    assert inert(visible(text)) == inert(visible(visible(text)))


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://reviews.example/1?a=b&c=d#e", "reviews.example"),
        ("https://apple.com@evil.example/", "evil.example"),
        ("javascript:alert(1)", None),
        ("https://", None),
        ("https://[", None),
        ("https://x.example/|<!channel>", None),
        ("https://x.example/\nvisit", None),
        ("https://x.example/\u202egpj.exe", None),
        ("https://x.example/" + "a" * 3_000, None),
    ],
)
def test_only_whole_web_addresses_become_links_and_show_their_host(url: str, host: str | None) -> None:
    alert = replace(ALERT, quotes=(Quote("Never again.", url, "appstore"),))
    links = [e for b in blocks(alert)[1:-1] for e in b["elements"][0]["elements"] if e["type"] == "link"]
    assert links == ([{"type": "link", "url": url, "text": f"appstore: {host}"}] if host else [])
    assert (url in render_text(alert)) is bool(host)


def test_the_text_for_a_terminal_is_the_whole_message() -> None:
    assert render_text(ALERT).splitlines() == [
        "🔴 High: Acme: 24 negative mentions on Sat 21 Nov, 6.0× the usual",
        "24 of 36 mentions were negative (67%).",
        "Topics: late delivery, app crash",
        "  “Never again.”",
        "    – appstore https://reviews.example/1",
        "  “Late.”",
        "    – survey",
        "negative_spike, raised 2026-11-22 06:00 UTC",
    ]
    assert "\x1b" not in render_text(hostile(HOSTILE))
