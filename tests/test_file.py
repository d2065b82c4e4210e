"""Files as people export them: every row becomes a mention or a reject with its place and reason."""

import csv
import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors import file
from connectors.formats import textfile
from connectors.http import Http
from connectors.mention import Mention
from connectors.source import Cursor, Page, Refused, Reject


class Desk:
    """A folder with files in it, which are read as a run would."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, content: str | bytes) -> "Desk":
        data = content.encode() if isinstance(content, str) else content
        (self.folder / name).write_bytes(data)
        return self

    def walk(self, path: str, cursor: Cursor | None = None, **options: Any) -> Iterator[Page]:
        with Http("file", base_dir=self.folder) as http:
            yield from file.fetch.walk(http, cursor or {}, path=path, **options)

    def read(self, path: str, **options: Any) -> tuple[list[Mention], list[Reject]]:
        pages = list(self.walk(path, **options))
        return [m for p in pages for m in p.mentions], [r for p in pages for r in p.rejects]

    def refuse(self, path: str, **options: Any) -> str:
        with pytest.raises(Refused) as caught:
            self.read(path, **options)
        return str(caught.value)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def texts(found: tuple[list[Mention], list[Reject]]) -> list[str]:
    assert found[1] == []
    return [m.text for m in found[0]]


def workbook(rows: Sequence[Sequence[Any]], first_row: int = 1) -> bytes:
    def cell(place: str, value: Any) -> str:
        if isinstance(value, int | float):
            return f'<c r="{place}"><v>{value}</v></c>'
        return f'<c r="{place}" t="inlineStr"><is><t>{escape(value)}</t></is></c>' if value else ""

    lines = [
        f'<row r="{n}">' + "".join(cell(f"{chr(65 + i)}{n}", v) for i, v in enumerate(row)) + "</row>"
        for n, row in enumerate(rows, first_row)
    ]
    main, rel = "http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://schemas.openxmlformats.org"
    office = f"{rel}/officeDocument/2006/relationships"
    links = f'<Relationships xmlns="{rel}/package/2006/relationships"><Relationship Id="r1" Type="{office}/'
    sheets = '<sheets><sheet name="Answers" sheetId="1" r:id="r1"/></sheets>'
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{rel}/package/2006/content-types"/>',
        "_rels/.rels": f'{links}officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}">{sheets}</workbook>',
        "xl/_rels/workbook.xml.rels": f'{links}worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{"".join(lines)}</sheetData></worksheet>',
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return packed.getvalue()


COLUMNS = {"text": "Comment", "rating": "Stars", "native_id": "No", "posted_at": "Day"}
ROWS: list[list[Any]] = [["No", "Comment", "Stars", "Day"], [1, "good", 5, "2026-11-20"], [2, "bad", 9, "2026-11-21"]]


def write_in_every_format(desk: Desk) -> list[str]:
    dicts = [dict(zip(ROWS[0], row, strict=True)) for row in ROWS[1:]]
    desk.write("a.csv", "".join(",".join(map(str, row)) + "\n" for row in ROWS))
    desk.write("a.tsv", "".join("\t".join(map(str, row)) + "\n" for row in ROWS))
    desk.write("a.jsonl", "".join(json.dumps(row) + "\n" for row in dicts))
    desk.write("a.xlsx", workbook(ROWS))
    pq.write_table(pa.Table.from_pylist(dicts), desk.folder / "a.parquet")
    return ["a.csv", "a.tsv", "a.jsonl", "a.xlsx", "a.parquet"]


def test_the_same_rows_are_read_from_every_format(desk: Desk) -> None:
    for name in write_in_every_format(desk):
        mentions, rejects = desk.read(name, columns=COLUMNS, rating_max=5, collection="survey")
        assert [(m.native_id, m.text, m.rating) for m in mentions] == [("survey:1", "good", 5)], name
        assert mentions[0].posted_at == datetime(2026, 11, 20, tzinfo=UTC)
        (reject,) = rejects
        place = {"a.jsonl": "line 2", "a.parquet": "row 2"}.get(name, "row 3" if name == "a.xlsx" else "line 3")
        assert reject.place == place
        assert "9.0 of 5" in reject.reason and "bad" in reject.raw


rows_of_text = st.lists(
    st.tuples(st.text(max_size=20), st.text(max_size=5), st.text(alphabet="0123456789.-x ", max_size=4)), max_size=8
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rows_of_text, st.sampled_from([",", ";", "\t", "|"]), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_any_table_written_as_csv_comes_back_whole(
    desk: Desk, rows: list[tuple[str, str, str]], delimiter: str, encoding: str
) -> None:
    written = io.StringIO(newline="")
    writer = csv.writer(written, delimiter=delimiter)
    writer.writerows([("text", "author", "rating"), *rows])
    desk.write("a.csv", written.getvalue().encode(encoding, "replace"))
    mentions, rejects = desk.read("a.csv", rating_max=5)
    assert len(mentions) + len(rejects) == sum(any(row) for row in rows)
    assert len({m.native_id for m in mentions}) == len(mentions)
    assert [m.native_id for m in mentions] == [m.native_id for m in desk.read("a.csv", rating_max=5)[0]]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=400), st.sampled_from(["csv", "jsonl", "parquet", "xlsx"]))
def test_any_bytes_are_rows_or_refused(desk: Desk, data: bytes, suffix: str) -> None:
    desk.write(f"a.{suffix}", b'text,rating\n{"text": "x"}\n' + data if suffix in ("csv", "jsonl") else data)
    try:
        desk.read(f"a.{suffix}", columns={"text": "text"})
    except Refused as error:
        assert f"a.{suffix}" in str(error)


def test_the_same_file_twice_adds_nothing_and_equal_rows_stay(desk: Desk) -> None:
    desk.write("a.csv", "text\nfine\nfine\ngood\n").write("b.csv", "text\ngood\nfine\nnew\n")
    first, again, other = (desk.read(name)[0] for name in ("a.csv", "a.csv", "b.csv"))
    assert len({m.native_id for m in first}) == 3
    assert [m.native_id for m in again] == [m.native_id for m in first]
    assert len({m.native_id for m in [*first, *other]}) == 4
    assert not first[0].posted_at_known


def test_ids_count_within_their_file_or_collection(desk: Desk) -> None:
    desk.write("a.csv", "native_id,text,parent_id\n1,x,\n2,y,1\n").write("b.csv", "native_id,text\n1,z\n")
    assert [m.native_id for m in desk.read("a.csv")[0]] == ["a.csv:1", "a.csv:2"]
    assert desk.read("a.csv")[0][1].parent_id == "a.csv:1"
    assert [m.native_id for m in desk.read("b.csv", collection="survey")[0]] == ["survey:1"]


def test_a_finished_file_yields_nothing_until_it_changes(desk: Desk) -> None:
    desk.write("a.csv", "text\none\n")
    (page,) = desk.walk("a.csv")
    assert list(desk.walk("a.csv", page.cursor)) == []
    (desk.folder / "a.csv").touch()
    assert list(desk.walk("a.csv", page.cursor)) == []
    (page,) = desk.write("a.csv", "text\none\ntwo\n").walk("a.csv", page.cursor)
    assert [m.text for m in page.mentions] == ["one", "two"]


@pytest.mark.parametrize("rows", [2500, 2000])
def test_a_long_file_resumes_where_it_was_cut_with_the_same_ids(desk: Desk, rows: int) -> None:
    desk.write("a.csv", "text\n" + "".join(f"answer {n % 7}\n" for n in range(rows)))
    pages = list(desk.walk("a.csv"))
    whole = [m.native_id for page in pages for m in page.mentions]
    assert len(set(whole)) == rows and len(pages) == 3
    for cut in (1, 2):
        first = list(islice(desk.walk("a.csv"), cut))
        rest = list(desk.walk("a.csv", json.loads(json.dumps(first[-1].cursor))))
        assert [m.native_id for page in [*first, *rest] for m in page.mentions] == whole


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("5,,2026-01-01", None),
        (",,2026-01-01", "no text, title or rating"),
        ("6,x,2026-01-01", "6.0 of 5"),
        ("-1,x,2026-01-01", "-1.0 of 5"),
        ("five,x,2026-01-01", "rating (column rating) is 'five': no number"),
        ("nan,x,2026-01-01", "nan of 5"),
        ("5,x,2026-13-45", "posted_at (column posted_at) is '2026-13-45'"),
        ("5,x,1/2/2026", "set date_format"),
        ("5,x,1066-10-14", "1990"),
        ("5,x", "2 fields where the header has 3"),
        ("5,x,2026-01-01,y", "4 fields where the header has 3"),
        ('5,"x', "never closed"),
    ],
)
def test_a_bad_row_is_a_reject_with_its_line_and_reason(desk: Desk, row: str, reason: str | None) -> None:
    desk.write("a.csv", f'rating,text,posted_at\n4,"two\nlines",2026-01-01\n\n{row}\n')
    mentions, rejects = desk.read("a.csv", rating_max=5)
    assert mentions[0].text == "two\nlines"
    assert [(r.place, r.raw) for r in rejects] == ([("line 5", f"{row}\n")] if reason else [])
    assert all(str(reason) in r.reason for r in rejects)


@pytest.mark.parametrize("line", ["{", "[1]", '"x"', "null", '{"text": ["x"]}', '{"text": ""}', "[" * 100_000])
def test_a_bad_line_of_json_is_a_reject(desk: Desk, line: str) -> None:
    desk.write("a.jsonl", f'{{"text": "fine"}}\n\n{line}\n')
    mentions, rejects = desk.read("a.jsonl")
    assert [m.text for m in mentions] == ["fine"]
    assert [(r.place, r.raw) for r in rejects] == [("line 3", f"{line}\n"[:10_000])]


def test_a_file_of_bad_rows_only_is_no_changed_source(desk: Desk) -> None:
    desk.write("a.csv", "text,posted_at\n" + "x,never\n" * 50)
    assert len(desk.read("a.csv")[1]) == 50


def test_nul_huge_and_html_cells_are_read(desk: Desk) -> None:
    desk.write("a.csv", f"text\na\0b\n{'x' * 300_000}\n<p>one</p>two &amp; three\n")
    assert texts(desk.read("a.csv")) == ["ab", "x" * 300_000, "one\ntwo & three"]


def test_a_quote_that_swallows_the_file_is_a_reject_and_the_rest_is_read(desk: Desk) -> None:
    desk.write("a.csv", 'text\n"' + "never closed\n" * 900 + "last\n")
    usual = csv.field_size_limit(5_000)
    try:
        mentions, rejects = desk.read("a.csv")
    finally:
        csv.field_size_limit(usual)
    assert rejects[0].place == "line 2" and "field limit" in rejects[0].reason
    assert mentions[-1].text == "last"


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1252", "Café crème très bon, l'été – à bientôt €5"),
        ("cp1252", "Schöne Grüße, großartig aber überteuert"),
        ("cp1250", "Zażółć gęślą jaźń, bardzo dobra kawa"),
        ("cp1251", "Отличный кофе, но медленное обслуживание"),
        ("cp932", "コーヒーはとても美味しいですが、店員が遅いです"),
        ("gb18030", "咖啡很好喝,但是服务太慢了,我再也不会来了"),
    ],
)
def test_a_legacy_encoding_is_guessed_and_the_guess_is_told(desk: Desk, encoding: str, text: str) -> None:
    desk.write("a.csv", f'text\n"{text}"\n'.encode(encoding))
    (page,) = desk.walk("a.csv")
    assert [m.text for m in page.mentions] == [text]
    assert "set encoding" in str(page.suspect)
    (page,) = desk.walk("a.csv", encoding=encoding)
    assert [m.text for m in page.mentions] == [text] and page.suspect is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-be"])
def test_unicode_is_recognised(desk: Desk, encoding: str) -> None:
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    desk.write("a.csv", f"{mark}text;author\nCafé ☕;é\n".encode(encoding))
    (page,) = desk.walk("a.csv")
    assert page.mentions[0].text == "Café ☕" and page.suspect is None


def test_one_broken_byte_costs_one_row_and_garbles_no_other(desk: Desk) -> None:
    good = "".join(f"Café {n} ☕\n" for n in range(50)).encode()
    desk.write("a.csv", b"text\n" + good + b"caf\xe9\n")
    mentions, rejects = desk.read("a.csv")
    assert mentions[49].text == "Café 49 ☕"
    assert [(r.place, r.reason) for r in rejects] == [("line 52", "bytes that are not in the file's encoding")]


def test_letters_beyond_the_first_block_decide_too(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(textfile, "BLOCK", 7)
    desk.write("a.csv", "text\n" + "plain\n" * 20 + "Café ☕ 咖啡\n")
    assert desk.read("a.csv")[0][-1].text == "Café ☕ 咖啡"


def test_an_only_column_is_not_split_at_its_commas(desk: Desk) -> None:
    desk.write("a.csv", 'text\ngood, but pricey; really\n"quoted, ""too"""\n')
    assert texts(desk.read("a.csv")) == ["good, but pricey; really", 'quoted, "too"']


def test_times_and_missing_cells_of_parquet_are_read(desk: Desk) -> None:
    table = pa.table(
        {
            "text": ["a", "b"],
            "posted_at": pa.array([1_763_800_000_123_456_789, None], pa.timestamp("ns", tz="Europe/Berlin")),
            "likes": pa.array([3, None], pa.int32()),
            "rating": pa.array([4.5, float("nan")]),
            "author": pa.array([b"ann", None], pa.binary()),
        }
    )
    pq.write_table(table, desk.folder / "a.parquet")
    (first, second), rejects = desk.read("a.parquet", rating_max=5)
    assert rejects == []
    assert first.posted_at == datetime(2025, 11, 22, 8, 26, 40, 123456, tzinfo=UTC)
    assert (first.likes, first.rating, first.author) == (3, 4.5, "ann")
    assert (second.likes, second.rating, second.author, second.posted_at_known) == (None, None, None, False)


def test_a_sheet_may_start_anywhere_and_is_chosen_by_name(desk: Desk) -> None:
    desk.write("a.xlsx", workbook([["text", "native_id"], ["good", 7.0], ["", ""], ["bad", 8.5]], first_row=4))
    mentions, _ = desk.read("a.xlsx", sheet="Answers")
    assert [(m.native_id, m.text) for m in mentions] == [("a.xlsx:7", "good"), ("a.xlsx:8.5", "bad")]
    assert "it has Answers" in desk.refuse("a.xlsx", sheet="Replies")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"columns": {"text": "Coment"}}, ["did you mean 'Comment'", "'Comment', 'Stars', 'Same', 'Same'"]),
        ({"columns": {"txt": "Comment"}}, ["unknown field 'txt'; did you mean 'text'", "reply_text"]),
        ({"columns": {"text": "Same"}}, ["is there twice"]),
        ({"columns": {"author": "Comment"}}, ["no column gives the text"]),
        ({}, ["no column gives the text", "set columns", "'Comment'"]),
        ({"columns": {"text": "Comment", "rating": "Stars"}}, ["rating_max = 5"]),
        ({"encoding": "utf-99"}, ["utf-99"]),
        ({"delimiter": ",,"}, ["set delimiter"]),
        ({"format": "pdf"}, ["'pdf' is unknown", "parquet"]),
        ({"format": "parquet"}, ["no whole Parquet file"]),
        ({"format": "xlsx"}, ["no spreadsheet"]),
    ],
)
def test_wrong_options_are_refused_with_what_is_right(desk: Desk, options: dict[str, Any], words: list[str]) -> None:
    message = desk.write("a.csv", "Comment,Stars,Same,Same\nx,5,1,2\n").refuse("a.csv", **options)
    assert [word for word in words if word not in message] == []


def test_a_missing_or_empty_file_is_refused_and_a_header_alone_is_told(desk: Desk) -> None:
    assert "gone.csv" in desk.refuse("gone.csv")
    assert "a.csv" in desk.write("a.csv", "").refuse("a.csv")
    assert "." in desk.refuse(".")
    (page,) = desk.write("a.csv", "text\n").walk("a.csv")
    assert (page.mentions, page.suspect) == ([], "the file has no rows")
