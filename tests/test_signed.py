"""Signed logins: what is sent to prove who asks, what a refusal says, and that no secret is ever shown."""

import json
import traceback
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from connectors.http import Http
from connectors.source import Page, Refused, Source, SourceError, Unavailable, all_sources
from connectors.web.pace import Pace
from tests.test_connectors import EAGER, Answer, recorded, replay

CARDS = {name: all_sources()[name] for name in ("appstoreconnect", "google_business", "googleplay_own", "trustpilot")}
TOKENS = "https://oauth2.googleapis.com/token"
EC = recorded(CARDS["appstoreconnect"])["options"]["private_key"]
ACCOUNT = json.loads(recorded(CARDS["googleplay_own"])["options"]["service_account"])
MARK = "RecognisableSecret"


def options(card: Source) -> dict[str, Any]:
    return dict(recorded(card).get("options", card.example))


def walk(card: Source, answer: Answer, given: Mapping[str, Any]) -> Iterator[Page]:
    hasty = Pace(sleep=lambda _: None)
    with Http(card.name, settings=EAGER, transport=httpx.MockTransport(answer), pace=hasty) as http:
        yield from card.walk(http, {}, **given)


def sent(card: Source, given: Mapping[str, Any]) -> list[httpx.Request]:
    """Return the requests of a whole walk."""
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return replay(card)(request)

    list(walk(card, answer, given))
    return requests


def public(pem: str) -> bytes:
    key = load_pem_private_key(pem.encode(), None).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def test_apple_gets_a_token_that_its_key_signed_and_that_ends_within_20_minutes() -> None:
    card = CARDS["appstoreconnect"]
    for request in sent(card, options(card)):
        token = request.headers["authorization"].removeprefix("Bearer ")
        claims = jwt.decode(token, public(EC), ["ES256"], audience="appstoreconnect-v1")
        assert claims["iss"] == options(card)["issuer_id"]
        assert claims["exp"] - claims["iat"] <= 20 * 60
        assert jwt.get_unverified_header(token) == {"alg": "ES256", "typ": "JWT", "kid": "TESTKEY001"}


def test_a_service_account_signs_who_it_is_and_what_it_wants() -> None:
    card = CARDS["googleplay_own"]
    first, *others = sent(card, options(card))
    form = dict(httpx.QueryParams(first.content.decode()))
    claims = jwt.decode(form["assertion"], public(ACCOUNT["private_key"]), ["RS256"], audience=TOKENS)
    assert str(first.url) == TOKENS
    assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    assert claims["iss"] == ACCOUNT["client_email"]
    assert claims["scope"] == "https://www.googleapis.com/auth/androidpublisher"
    assert claims["exp"] - claims["iat"] <= 60 * 60
    assert {request.headers["authorization"] for request in others} == {"Bearer written-for-the-tests"}
    assert len(others) == 3, "one token is enough for a walk"


def test_a_user_sends_the_refresh_token_to_google_alone() -> None:
    card = CARDS["google_business"]
    first, *others = sent(card, options(card))
    assert dict(httpx.QueryParams(first.content.decode())) == {
        "grant_type": "refresh_token",
        **{name: card.example[name] for name in ("client_id", "client_secret", "refresh_token")},
    }
    assert str(first.url) == TOKENS
    assert all("env:" not in f"{request.url} {request.headers}" for request in others)


def test_an_access_token_that_is_about_to_end_is_renewed() -> None:
    card, asked = CARDS["google_business"], []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        if str(request.url) == TOKENS:
            return httpx.Response(200, json={"access_token": f"number-{len(asked)}", "expires_in": 59})
        return replay(card)(request)

    list(walk(card, answer, options(card)))
    tokens = [request.headers["authorization"] for request in asked if str(request.url) != TOKENS]
    assert len(set(tokens)) == len(tokens) == 3


@pytest.mark.parametrize(("name", "mend"), [("googleplay_own", "make a new key"), ("google_business", "log in again")])
def test_a_grant_that_google_no_longer_takes_is_refused_with_what_mends_it(name: str, mend: str) -> None:
    body = {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}
    with pytest.raises(Refused, match=f"^{name}: 400 from {TOKENS}: invalid_grant .*{mend}"):
        list(walk(CARDS[name], lambda _: httpx.Response(400, json=body), options(CARDS[name])))


@pytest.mark.parametrize("reason", ["userRateLimitExceeded", "quotaExceeded", "RATE_LIMIT_EXCEEDED"])
def test_a_quota_that_is_spent_passes_and_a_missing_permission_does_not(reason: str) -> None:
    card = CARDS["googleplay_own"]

    def answer(request: httpx.Request) -> httpx.Response:
        if str(request.url) == TOKENS:
            return replay(card)(request)
        return httpx.Response(403, json={"error": {"code": 403, "errors": [{"reason": reason}]}})

    with pytest.raises(Unavailable, match="quota"):
        list(walk(card, answer, options(card)))
    reason = "permissionDenied"
    with pytest.raises(Refused, match="Play Console"):
        list(walk(card, answer, options(card)))


def test_keys_survive_the_ways_in_which_environments_mangle_line_breaks() -> None:
    apple, play = CARDS["appstoreconnect"], CARDS["googleplay_own"]
    escaped = EC.strip().replace("\n", "\\n")
    unescaped = json.dumps(ACCOUNT).replace("\\n", "\n")
    assert sent(apple, {**options(apple), "private_key": escaped})
    assert sent(play, {**options(play), "service_account": unescaped})


def other_key() -> str:
    key = generate_private_key(SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.mark.parametrize(
    ("name", "option", "value"),
    [
        ("appstoreconnect", "private_key", f"{MARK}"),
        ("appstoreconnect", "private_key", f"-----BEGIN PRIVATE KEY-----\n{MARK}\n-----END PRIVATE KEY-----"),
        ("appstoreconnect", "private_key", f"ecdsa-sha2-{MARK}"),
        ("appstoreconnect", "private_key", f"{MARK}\ud800"),
        ("appstoreconnect", "private_key", ACCOUNT["private_key"]),
        ("appstoreconnect", "private_key", public(EC).decode()),
        ("googleplay_own", "service_account", f"{MARK}"),
        ("googleplay_own", "service_account", f'["{MARK}"]'),
        ("googleplay_own", "service_account", "[" * 100_000),
        ("googleplay_own", "service_account", json.dumps({"client_email": MARK})),
        ("googleplay_own", "service_account", json.dumps({**ACCOUNT, "private_key": MARK})),
        ("googleplay_own", "service_account", json.dumps({**ACCOUNT, "private_key": None, "x": MARK})),
        ("googleplay_own", "service_account", json.dumps({**ACCOUNT, "private_key": other_key()})),
    ],
)
def test_a_key_that_is_none_is_refused_by_the_name_of_its_option(name: str, option: str, value: str) -> None:
    card = CARDS[name]
    with pytest.raises(Refused, match=f"^{name}: option {option} holds no ") as caught:
        list(walk(card, lambda _: httpx.Response(500), {**options(card), option: value}))
    assert not shows(caught.value, [MARK, *value.split("\n")[1:3]])


def secrets(card: Source) -> dict[str, str]:
    """Return the card's secrets with values that work and that can be recognised."""
    given = {name: f"{MARK}-{name}" for name in card.secrets}
    real = recorded(card).get("options", {})
    return given | {name: real[name] for name in ("private_key", "service_account") if name in real}


def echo(status: int, after_login: bool) -> Answer:
    """Answer with all that was asked, as some gateways do in their errors, once the login has passed."""

    def answer(request: httpx.Request) -> httpx.Response:
        if after_login and str(request.url) == TOKENS:
            return httpx.Response(200, json={"access_token": f"{MARK}-access", "expires_in": 3600})
        told = [
            *request.headers.values(),
            request.content.decode(),
            *httpx.QueryParams(request.content.decode()).values(),
        ]
        return httpx.Response(status, json={"error": told[-1], "error_description": told, "message": " ".join(told)})

    return answer


def shows(error: BaseException, pieces: list[str]) -> list[str]:
    """Return which of `pieces` a person or a log would see of `error`, and of what led to it."""
    seen, link = "".join(traceback.format_exception(error)), error
    while link:
        seen += f"{link} {link!r}"
        link = link.__cause__ or link.__context__  # type: ignore[assignment]
    return [piece for piece in pieces if piece.strip() and piece in seen]


def pieces(given: Mapping[str, str]) -> list[str]:
    """Return what must not be seen: the marked values, and the lines of the keys."""
    keys = [line for pem in (EC, ACCOUNT["private_key"]) for line in pem.strip().split("\n")[1:-1]]
    return [MARK, "eyJ", *keys, *(value for value in given.values() if len(value) < 100)]


@pytest.mark.parametrize("after_login", [False, True])
@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 404, 410, 429, 500, 503])
@pytest.mark.parametrize("card", CARDS.values(), ids=lambda card: card.name)
def test_no_failing_answer_brings_a_secret_into_an_error_or_a_log(
    card: Source, status: int, after_login: bool, caplog: pytest.LogCaptureFixture
) -> None:
    given = secrets(card)
    with pytest.raises(SourceError) as caught:
        list(walk(card, echo(status, after_login), {**options(card), **given}))
    assert not shows(caught.value, pieces(given))
    assert not [piece for piece in pieces(given) if piece in caplog.text]


@pytest.mark.parametrize("card", CARDS.values(), ids=lambda card: card.name)
def test_no_secret_comes_into_a_cursor(card: Source) -> None:
    given = secrets(card)
    told = json.dumps([page.cursor for page in walk(card, replay(card), {**options(card), **given})])
    assert not [piece for piece in pieces(given) if piece in told]


@pytest.mark.parametrize("failure", [httpx.ReadTimeout, httpx.ConnectError, httpx.RemoteProtocolError])
@pytest.mark.parametrize("card", CARDS.values(), ids=lambda card: card.name)
def test_no_broken_connection_brings_a_secret_into_an_error(card: Source, failure: Callable[[str], Exception]) -> None:
    given = secrets(card)

    def answer(request: httpx.Request) -> httpx.Response:
        raise failure("the line broke")

    with pytest.raises(SourceError) as caught:
        list(islice(walk(card, answer, {**options(card), **given}), 9))
    assert not shows(caught.value, pieces(given))
