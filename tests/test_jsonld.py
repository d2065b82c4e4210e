"""Pages with marked-up reviews: each review once, whatever form it has; pages that lead nowhere; hostile bytes."""

import json
import os
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.formats.schemaorg import Review, read_reviews
from connectors.http import Http
from connectors.mention import Mention
from connectors.source import Cursor, Page, Refused, all_sources
from connectors.web.pace import Pace
from tests.test_connectors import EAGER, mentions, recorded, replay, walk

CARD = all_sources()["jsonld"]
URL = "https://harbor.example/reviews"
CORPUS = Path(__file__).parents[2] / "shared/fixtures/jsonld/extruct"
TWINS = {"Years & Years Tickets, Tour Dates 2015 & Concerts.html": 1}  # one review, in JSON-LD and in microdata
MARKED = re.compile(r"""(?:"(?:@|\\u0040)type"\s*:\s*"Review")|(?:itemtype="https?://schema\.org/Review")""")


def block(*objects: Any) -> str:
    return f'<script type="application/ld+json">{json.dumps(objects)}</script>'


def review(text: Any = "Fine", **more: Any) -> dict[str, Any]:
    return {"@type": "Review", "author": "Ann", "reviewBody": text} | more


def marked(text: str, author: str = "Ann") -> str:
    return (
        '<div itemscope itemtype="https://schema.org/Review">'
        f'<i itemprop="author">{author}</i><div itemprop="reviewBody">{text}</div></div>'
    )


def found(html: str) -> list[Review]:
    return read_reviews(html.encode(), URL).found


def site(**pages: str) -> Callable[[httpx.Request], httpx.Response]:
    """Serve pages by their number; `one` is the first."""

    def answer(request: httpx.Request) -> httpx.Response:
        page = pages.get(request.url.params.get("page", "one"))
        return httpx.Response(404) if page is None else httpx.Response(200, text=page)

    return answer


def opened(answer: Callable[[httpx.Request], httpx.Response]) -> Http:
    return Http("jsonld", settings=EAGER, transport=httpx.MockTransport(answer), pace=Pace(sleep=lambda _: None))


def texts(pages: list[Page]) -> list[str]:
    return [mention.text for page in pages for mention in page.mentions]


@pytest.mark.skipif(not CORPUS.exists() and "CI" not in os.environ, reason="the corpus lies beside the checkout")
def test_other_projects_samples_hold_as_many_reviews_as_a_search_for_their_type_finds() -> None:
    files = sorted(path for path in CORPUS.rglob("*") if path.is_file())
    assert len(files) == 123
    total = 0
    for path in files:
        raw = path.read_bytes()
        expected = len(MARKED.findall(raw.decode("utf-8", "replace"))) - TWINS.get(path.name, 0)
        if path.suffix in (".json", ".jsonld"):
            raw = b'<script type="application/ld+json">' + raw + b"</script>"
        reviews = read_reviews(raw, URL)
        assert (len(reviews.found), reviews.rejects) == (expected, []), path.name
        assert all(each.text and not re.search(r"<\w|&\w+;", each.text) for each in reviews.found)
        total += len(reviews.found) if path.suffix == ".html" else 0
    assert total == 4, "two of a book, one of a band, and one that says nothing"


@settings(deadline=None)
@given(st.binary(max_size=400), st.sampled_from([None, "utf-16", "no such", "hex", "é\0"]))
def test_any_bytes_are_a_page(content: bytes, charset: str | None) -> None:
    read_reviews(content, URL, charset)


PIECES = st.sampled_from(
    [
        *("<div itemscope itemtype=Review", " itemprop=review>", "<p itemprop='reviewBody author url' href=x>", ">"),
        *(
            "<script type=application/ld+json>",
            "</script>",
            '{"@type":"Review",',
            '"@id":',
            '"#a"',
            "[[",
            "]",
            "}",
            "{",
        ),
        *('"reviewRating":', '"ratingValue":"4,5"', "1e999", "-1", "null", ",", "<!--", "</div>", "<base href=//[>"),
        *(
            "<link rel=next href=",
            "'//['>",
            "x",
            "\0",
            "&#99999999999;",
            "é",
            "\ud800".encode("utf-8", "surrogatepass"),
        ),
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=30), st.booleans())
def test_a_page_made_of_scraps_is_read_or_refused(pieces: list[str | bytes], is_closed: bool) -> None:
    content = b"".join(piece.encode() if isinstance(piece, str) else piece for piece in pieces)
    content += b"</script>" + block(review()).encode() if is_closed else b""
    try:
        list(
            walk(CARD, lambda request: httpx.Response(200 if request.url.path == "/reviews" else 404, content=content))
        )
    except Refused:
        assert not read_reviews(content, URL).found or b"next" in content


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.sampled_from(["Review", "#1"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["@type", "@id", "@value", "name", "value", "ratingValue", "bestRating", "worstRating"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@settings(deadline=None)
@given(JSON)
def test_any_json_under_the_names_of_schema_org_is_read(value: Any) -> None:
    for each in found(block(value, {"@type": "Review", "author": value, "reviewRating": value, "@id": value})):
        assert each.rating is None or 0 <= each.rating <= (each.rating_max or 0)


def test_what_is_made_to_take_long_takes_time_with_its_length() -> None:
    names = b" ".join(b"a%d=1" % number for number in range(80_000))
    opening = b'<script type="application/ld+json">'
    for hostile in (
        *(b"<a " * 330_000, b"<a>" * 200_000, b"<div>" * 200_000, b"<" * 1_000_000, b"<!--" * 250_000, b"<a " + names),
        *(b"<p itemscope itemprop=review itemtype=Review><b itemprop=reviewBody>x" * 9_000, b"&#" * 400_000),
        *(opening * 25_000, opening + b"[" * 900_000, opening + b'{"@type":"Review","@id":"' + b"#a" * 400_000),
        block(*[review(str(number)) for number in range(10_000)]).encode() + marked("x").encode() * 5_000,
    ):
        read_reviews(hostile, URL)


@pytest.mark.parametrize(
    "html",
    [
        block(review()),
        block({"@graph": [{"@type": "Product", "review": [review()]}]}),
        block({"@type": "LocalBusiness", "review": review(), "aggregateRating": {"@type": "AggregateRating"}}),
        block({"@type": "Person", "@id": "#ann", "name": "Ann"}, review(author={"@id": "#ann"})),
        block(review(**{"@type": ["Thing", "http://schema.org/UserReview"], "author": [{"name": ["Ann"]}]})),
        block(review("&lt;p&gt;Fine&lt;/p&gt;")),
        block(review(reviewBody="", description="<p>Fine</p>")),
        "<script type='application/ld+json; charset=utf-8'>\n//<![CDATA[\n"
        + json.dumps(review())
        + ";\n//]]></script>",
        marked("Fine"),
        marked("<p>Fine</p><script>x</script>"),
        f"<div itemscope itemtype=http://schema.org/Product><p itemprop=description>About{marked('Fine')}</p></div>",
        f"<script type=application/ld+json>{{oops}}</script>{marked('Fine')}{block(review('Fine'))}",
    ],
)
def test_a_review_is_found_in_every_form_and_once(html: str) -> None:
    (each,) = found(f"<!DOCTYPE html><html><body>{html}")
    assert (each.text, each.author) == ("Fine", "Ann")


@pytest.mark.parametrize("kind", ["AggregateRating", "ClaimReview", "Rating", "ReviewAction", "Product", None, 7, {}])
def test_what_is_no_review_is_none(kind: Any) -> None:
    assert not found(block(review(**{"@type": kind})))


def test_a_review_in_both_forms_counts_once_and_two_that_begin_alike_count_twice() -> None:
    long = "The espresso here is the best thing on the quay, whatever the weather"
    html = block(review(long), review("Good", author="Bo"), review("Good", author="Cy")) + "".join(
        [
            marked(long + "<br>Read more"),
            marked("Good", "Bo"),
            marked("Good", "Cy"),
            marked("Good", "Di"),
            marked("Bad", "Bo"),
        ]
    )
    assert [(each.author, each.text) for each in found(html)] == [
        *[("Ann", long), ("Bo", "Good"), ("Cy", "Good")],
        *[("Di", "Good"), ("Bo", "Bad")],
    ]


@pytest.mark.parametrize(
    ("given_rating", "rating", "best"),
    [
        ({"ratingValue": 4}, 4, 5),
        ({"ratingValue": "4,5", "bestRating": "5"}, 4.5, 5),
        ({"ratingValue": " 8 ", "bestRating": 10.0, "worstRating": 1}, 8, 10),
        ({"ratingValue": "2", "bestRating": 1, "worstRating": 6}, 4, 5),
        ({"ratingValue": -1, "bestRating": 2, "worstRating": -2}, 1, 4),
        ("3", 3, 5),
        ("7/10", 7, 10),
        ("85%", 85, 100),
        ([{"@type": "Rating", "ratingValue": ["5"]}], 5, 5),
        ({"ratingValue": 9}, None, None),
        ({"ratingValue": "good"}, None, None),
        ({"ratingValue": 3, "bestRating": 0}, None, None),
        (None, None, None),
    ],
)
def test_ratings_are_read_on_their_own_scale(given_rating: Any, rating: float | None, best: float | None) -> None:
    (each,) = found(block(review(reviewRating=given_rating)))
    assert (each.rating, each.rating_max) == (rating, best)


@pytest.mark.parametrize(
    ("given_date", "posted_at"),
    [
        ("2026-05-04", datetime(2026, 5, 4, tzinfo=UTC)),
        ("May 4, 2026", datetime(2026, 5, 4, tzinfo=UTC)),
        *((given_date, None) for given_date in ("3/4/2026", "2 days ago", "", None, "2031-01-01", "1951-07-16")),
    ],
)
def test_a_date_that_cannot_be_is_unknown(given_date: Any, posted_at: datetime | None) -> None:
    (mention,) = mentions(list(walk(CARD, site(one=block(review(datePublished=given_date)))))).values()
    assert mention.posted_at_known == (posted_at is not None)
    assert posted_at in (None, mention.posted_at)


def native_ids(html: str) -> list[str]:
    return [mention.native_id for mention in mentions(list(walk(CARD, site(one=html)))).values()]


def test_an_id_is_the_sites_own_or_made_of_what_does_not_change() -> None:
    own: list[dict[str, Any]] = [
        {"@id": "https://harbor.example/r/1"},
        {"@id": "/r/2"},
        {"identifier": 3},
        {"@id": "#r-30783"},
    ]
    assert native_ids(block(*(review(str(n), **more) for n, more in enumerate(own)))) == [
        *["https://harbor.example/r/1", "harbor.example:/r/2", "harbor.example:3", "harbor.example:#r-30783"]
    ]
    made = native_ids(block(review()))
    assert made == native_ids(block(review(reviewRating=4, datePublished="2 days ago"))) == native_ids(marked("Fine"))
    assert made == native_ids(block(review("“fine”\0", author="ANN ")))
    assert len(set(native_ids(block(review("👍"), review("👎"))))) == 2, "there are no letters to go by"
    for other in ({"author": "Bo"}, {"reviewBody": "Bad"}, {"datePublished": "2026-05-04"}):
        assert native_ids(block(review(**other))) != made


def test_an_id_that_only_counts_or_that_others_share_is_none() -> None:
    made = native_ids(block(review("A"), review("B")))
    for keys in (["#review1", "#review2"], ["_:b0", "_:b1"], [URL, URL], [f"{URL}#1", f"{URL}#2"]):
        assert native_ids(block(*(review(text, **{"@id": key}) for text, key in zip("AB", keys, strict=True)))) == made


@pytest.mark.parametrize(
    ("link", "leads_on"),
    [
        ('<link rel="next" href="?page=2">', True),
        ('<a rel="nofollow Next" href="https://harbor.example/reviews?page=2#top">', True),
        ('<a rel="next" href="http://harbor.example/reviews?page=2">', True),
        ('<base href="https://harbor.example/"><a rel="next" href="reviews?page=2">', True),
        ('<a rel="next" href="https://other.example/reviews?page=2">', False),
        ('<a rel="next" href="//harbor.example:8443/reviews?page=2">', False),
        ('<a rel="next" href="javascript:next()">', False),
        ('<a rel="next" href="#top">', False),
        ('<a rel="next" href="//[">', False),
        ('<a rel="next">', False),
        ('<a rel="prev" href="?page=2">', False),
    ],
)
def test_only_a_next_page_on_the_same_host_is_followed(link: str, leads_on: bool) -> None:
    pages = list(walk(CARD, site(**{"one": link + block(review()), "2": block(review("More"))})))
    assert texts(pages) == ["Fine", "More"][: 1 + leads_on]


def test_a_page_that_shows_the_same_reviews_again_is_the_end_of_every_walk() -> None:
    same = site(**{"one": page_of("A", to=2), "2": page_of("A", to=3), "3": page_of("A", to=2)})
    cursor: Cursor = {}
    for _ in range(4):
        pages = list(walk(CARD, same, cursor))
        assert set(texts(pages)) == {"A"} and not any(page.suspect for page in pages)
        cursor = pages[0].cursor  # the run is cut after its first page
    circle = site(**{"one": page_of("A", to=2), "2": page_of("B", to=3), "3": page_of("C", to="one")})
    assert set(texts(list(walk(CARD, circle)))) == {"A", "B", "C"}


def page_of(*said: str, to: int | str | None = None, day: int | None = None) -> str:
    dates = {} if day is None else {"datePublished": f"2026-10-{day:02}"}
    return block(*(review(text, **dates) for text in said)) + (f'<link rel="next" href="?page={to}">' if to else "")


def test_reviews_that_stand_by_date_are_walked_down_to_what_is_known_and_others_to_the_end() -> None:
    def days(first: int, last: int) -> str:
        return block(*(review(f"day {day}", datePublished=f"2026-10-{day:02}") for day in range(first, last, -1)))

    by_date = {"one": days(28, 21) + '<link rel="next" href="?page=2">', "2": days(21, 14)}
    cursor = list(walk(CARD, site(**by_date)))[-1].cursor
    assert len(texts(list(walk(CARD, site(**by_date), cursor)))) == 7, "the second page is known"
    shuffled = by_date | {"one": block(review("pinned", datePublished="2026-09-01")) + by_date["one"]}
    cursor = list(walk(CARD, site(**shuffled)))[-1].cursor
    assert len(texts(list(walk(CARD, site(**shuffled), cursor)))) == 15


def test_a_page_without_reviews_is_refused_at_first_and_suspect_later() -> None:
    with pytest.raises(Refused, match="marks up no review"):
        list(walk(CARD, site(one=block({"@type": "Product", "aggregateRating": {"reviewCount": 120}}))))
    cursor = list(walk(CARD, site(one=block(review()))))[-1].cursor
    (page,) = walk(CARD, site(one="<p>Just a moment"), cursor)
    assert page.suspect and page.cursor == cursor


def test_a_block_that_cannot_be_read_is_kept_as_a_reject_if_it_speaks_of_reviews() -> None:
    broken = "".join(f'<script type="application/ld+json">{text}</script>' for text in ('{"@type": "Review", x}', "x"))
    (page,) = walk(CARD, site(one=broken + block(review(), {"@type": "Review"})))
    assert [(reject.place, reject.reason.split(":")[0]) for reject in page.rejects] == [
        ("item 2", "ValueError"),
        ("JSON-LD block 1", "JSONDecodeError"),
    ]


def test_robots_txt_is_obeyed() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/robots.txt":
            return httpx.Response(200, text="User-agent: *\nDisallow: /reviews")
        return httpx.Response(200, text=block(review()))

    with pytest.raises(Refused, match=r"robots\.txt forbids"):
        list(walk(CARD, answer))


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"<p>" + marked("Ærø café").encode(), "text/html"),
        (marked("Ærø café").encode(), "text/html; charset=iso-8859-1"),
        (marked("Ærø café").encode("latin-1"), "text/html; charset=ISO-8859-1"),
        (('<meta charset="windows-1252">' + marked("Ærø café")).encode("cp1252"), "text/html"),
        (('<meta charset="windows-1252">' + marked("Ærø café")).encode("cp1252"), "text/html; charset=bogus"),
        (marked("Ærø café").encode("utf-16"), "text/html"),
        (('<?xml version="1.0" encoding="utf-8"?>' + marked("Ærø café")).encode(), "application/xhtml+xml"),
    ],
)
def test_letters_are_read_as_the_page_means_them(content: bytes, content_type: str) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=content, headers={"content-type": content_type})

    assert texts(list(walk(CARD, answer))) == ["Ærø café"]


def test_the_users_language_is_believed_before_the_pages() -> None:
    page = block(review(inLanguage="en-US"), review("Gut", inLanguage={"@type": "Language", "name": "German"}))

    def languages(**options: str) -> list[str | None]:
        with opened(site(one=page)) as http:
            walked: list[Mention] = next(CARD.walk(http, {}, url=URL, **options)).mentions
        return [mention.language for mention in walked]

    assert languages() == ["en", None] and languages(language="de") == ["de", "de"]


def test_a_site_is_proposed_if_its_first_page_has_reviews() -> None:
    def proposals(answer: Callable[[httpx.Request], httpx.Response], address: str | None) -> list[Any]:
        with opened(answer) as http:
            return list(CARD.proposals(http, "Harbor Coffee", address))

    assert proposals(replay(CARD), URL) == [{"url": URL}]
    assert proposals(site(one="<h1>Harbor Coffee</h1>"), URL) == proposals(replay(CARD), None) == []
    assert recorded(CARD)["total"] == 6
