"""csv_table: no encoding, separator or line break of an answer loses a row."""

from __future__ import annotations

import codecs
import csv
import io
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invicti_collector.tenant import csv_table
from invicti_collector.tenant.csv_table import HEAD, SEPARATORS, read_table

LINES = [
    ["User", "Action", "Message"],
    ['Robert "Bob" Smith', "Role Delete", "one\r\ntwo,;|\tthree"],
    ["José", "Sign in", ""],
]


def written(lines: list[list[str]], separator: str = ",", end: str = "\r\n") -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator=end).writerows(lines)
    return text.getvalue()


@pytest.mark.parametrize("end", ["\r\n", "\n"])
@pytest.mark.parametrize("separator", SEPARATORS.values())
def test_separators_quotes_and_line_breaks(separator: str, end: str) -> None:
    assert read_table(written(LINES, separator, end).encode(), "text/csv", 99).lines == LINES


@pytest.mark.parametrize(
    ("encoding", "content_type"),
    [
        ("utf-8", "text/csv"),
        ("utf-8-sig", "text/csv"),
        ("utf-8-sig", "text/csv; charset=utf-8"),
        ("utf-16", "application/octet-stream"),
        ("utf-16-le", 'text/csv; charset="UTF-16LE"'),
        ("utf-16-le", "text/csv"),
        ("cp1252", "text/csv; charset=windows-1252"),
        ("cp1252", "text/csv"),
        ("utf-8", "text/csv; charset=klingon"),
        ("utf-8", "text/csv; charset=base64"),
    ],
)
def test_encodings(encoding: str, content_type: str) -> None:
    assert read_table(written(LINES).encode(encoding), content_type, 99).lines == LINES


@pytest.mark.parametrize("rows", [1, 300])
def test_utf_16_is_told_without_a_mark_from_a_row_of_any_alphabet(rows: int) -> None:
    """A page without names of columns may begin with any name."""
    lines = [["Łukasz", "Вход в систему", "20/05/2024 09:00"], ["李小龍", "登录", ""]] * rows
    assert read_table(written(lines).encode("utf-16-le"), "text/csv", 999).lines == lines
    lines[0][0] = "Łuk\0sz\0"
    read = read_table(written(lines).encode(), "text/csv", 999).lines
    assert read[0][0] == "Łuk\ufffdsz\ufffd"
    assert read[1] == lines[1]


@pytest.mark.parametrize("separator", SEPARATORS.values())
def test_the_separator_is_looked_for_outside_of_quotes(separator: str) -> None:
    others = [[mark * 5, f"a{mark}\n{mark}b"] for mark in SEPARATORS.values()]
    lines = [[cell for pair in others for cell in pair], ["x", "y"]]
    text = io.StringIO()
    csv.writer(text, delimiter=separator, quoting=csv.QUOTE_ALL).writerows(lines)
    assert read_table(text.getvalue().encode(), "", 99).lines == lines


@pytest.mark.parametrize("separator", SEPARATORS.values())
@pytest.mark.parametrize("title", ["Activity Logs\r\n", '"Logs, of ""x"""\r\n', "\r\n\r\n"])
def test_a_title_without_a_separator_does_not_tell_it(separator: str, title: str) -> None:
    lines = read_table((title + written(LINES, separator)).encode(), "", 99).lines
    assert lines[-len(LINES) :] == LINES


@pytest.mark.parametrize("separator", SEPARATORS.values())
@pytest.mark.parametrize("mark", SEPARATORS.values())
def test_a_title_with_a_separator_does_not_tell_it_either(separator: str, mark: str) -> None:
    names, row = ["User", "Action", "Date"], ["a", "Sign in", "9 May"]
    for lines in ([names], [names, row], [names, row, row]):
        title = f"Activity{mark}Logs\r\n"
        read = read_table((title + written(lines, separator)).encode(), "", 99).lines
        assert read[1:] == lines


@pytest.mark.parametrize("separator", SEPARATORS.values())
@pytest.mark.parametrize("mark", SEPARATORS.values())
def test_nor_do_as_many_lines_of_title_as_there_may_be(separator: str, mark: str) -> None:
    title = f"Logs{mark}of Example\r\n" * (HEAD - 1)
    lines = [["User", "Action", "Date"], *[["a", "Sign in", "9 May"]] * 5]
    read = read_table((title + written(lines, separator)).encode(), "", 99).lines
    assert read[HEAD - 1 :] == lines


@pytest.mark.parametrize("separator", SEPARATORS.values())
@pytest.mark.parametrize("rows", [1, 9])
def test_the_number_of_columns_tells_where_the_cells_are_full_of_others(
    separator: str, rows: int
) -> None:
    others = "".join(mark * 5 for mark in SEPARATORS.values() if mark != separator)
    lines = [["a", "b", others]] * rows
    assert read_table(written(lines, separator).encode(), "", 99, 3).lines == lines


def test_the_lines_of_a_cell_of_any_size_do_not_tell_the_separator() -> None:
    head = "User-Agent: M (X11; x)\r\nAccept: */*;q=0.9\r\nContent-Type: text/xml; charset=utf-8"
    lines = [["User", "Date", "Request Data"], ["a", "9 May", f"{head}\r\n\r\n{'x' * 70_000}"]]
    assert read_table(written(lines).encode(), "", 99).lines == lines


@pytest.mark.parametrize("separator", SEPARATORS.values())
@pytest.mark.parametrize("form", ["sep={}\r\n", "SEP={}\n", '"sep={}"\r\n'])
def test_a_line_for_excel_tells_the_separator_and_is_no_row(separator: str, form: str) -> None:
    told = form.format(separator)
    lines = [["a,;|", "b\t"], ["1", "2"]]
    assert read_table((told + written(lines, separator)).encode("utf-8-sig"), "", 99).lines == lines
    assert read_table(told.encode(), "", 99) == ([], True, True)


@pytest.mark.parametrize(
    ("encoding", "content_type"),
    [
        ("koi8-r", "text/csv; charset=koi8-r"),
        ("koi8-r", 'text/csv; CharSet = "KOI8-R"; header=present'),
        ("cp1251", "text/csv;charset=windows-1251"),
    ],
)
def test_the_header_tells_what_bytes_mean(encoding: str, content_type: str) -> None:
    lines = [["Пользователь", "Действие"], ["Ольга", "Вход"]]
    assert read_table(written(lines).encode(encoding), content_type, 99).lines == lines


@pytest.mark.parametrize(
    ("before", "text", "after", "content_type"),
    [
        (b"", "日本".encode("shift_jis"), b"\xff", "text/csv; charset=shift_jis"),
        (codecs.BOM_UTF8, "日本".encode(), b"\xff", ""),
        (codecs.BOM_UTF16_LE, "日本".encode("utf-16-le"), b"\xff", ""),
        (codecs.BOM_UTF16_BE, "日本".encode("utf-16-be"), b"\xff", ""),
        (b"", "a日本".encode("utf-16-le"), b"\xff", ""),
        # Without a character set, or with one that is none: UTF-8.
        (b"", "日本".encode(), b"\xff", "text/csv"),
        (b"", "日本".encode(), b"\xff", "text/csv; charset=klingon"),
    ],
)
def test_a_stray_byte_costs_nothing_else_in_any_encoding(
    before: bytes, text: bytes, after: bytes, content_type: str
) -> None:
    (line,) = read_table(before + text + after, content_type, 99).lines
    assert [cell.lstrip("a") for cell in line] == ["日本ÿ"]


def test_a_byte_that_fits_no_encoding_costs_no_row_and_no_other_character() -> None:
    body = written(LINES).encode() + b"Zo\xeb,\x81\xc3\xa9,x\0y\r\n"
    assert read_table(body, "text/csv", 99).lines == [*LINES, ["Zoë", "\\x81é", "x\ufffdy"]]


def test_a_cell_of_megabytes() -> None:
    lines = [*LINES, ["x", "y", "z" * 3_000_000]]
    assert read_table(written(lines).encode(), "text/csv", 99).lines == lines


def test_empty_lines_are_no_rows() -> None:
    assert read_table(b"a,b\r\n\r\n1,2\r\n,\r\n", "", 99).lines == [["a", "b"], ["1", "2"]]
    assert read_table(b"", "", 99).lines == []


@pytest.mark.parametrize(("rows", "complete"), [(8, True), (9, True), (10, False)])
def test_no_more_lines_are_read_than_may_be(rows: int, complete: bool) -> None:
    table = read_table(b"a,b\r\n\r\n" * rows, "", 9)
    assert (len(table.lines), table.complete) == (min(rows, 9), complete)


@pytest.mark.parametrize("line", [b",", b",a", b"a,a,a,a"])
def test_no_more_cells_are_read_than_may_be(line: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_table, "MOST_CELLS", 1_000)
    assert read_table((line + b"\n") * 250, "", 999).complete
    assert not read_table((line + b"\n") * 501, "", 499).complete


def test_the_separator_of_a_line_without_an_end_is_told_in_little_memory() -> None:
    body = b"a;" * 1_000_000
    tracemalloc.start()
    (line,) = read_table(body, "", 9).lines or [[]]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert line == []
    assert peak < 30 * len(body)


@pytest.mark.parametrize(
    ("text", "ended"),
    [
        ("", True),
        ("a,b\r\n1,2\r\n", True),
        ("a\n", True),
        ("a,b\r\n1,2", False),
        ("X", False),
        ('a\n"1\n', True),
    ],
)
def test_whether_the_last_line_has_an_end(text: str, ended: bool) -> None:
    assert read_table(text.encode(), "", 99).ended is ended


@given(
    st.lists(
        st.lists(
            st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"])), min_size=3, max_size=3
        )
    )
)
def test_any_text_comes_back(lines: list[list[str]]) -> None:
    lines = [["A", "B", "C"], *(line for line in lines if any(line))]
    assert read_table(written(lines).encode("utf-8-sig"), "", 9_999).lines == lines


@given(st.binary(), st.sampled_from(["", "text/csv; charset=utf-16", "text/csv; charset=ascii"]))
def test_no_bytes_are_an_error(body: bytes, content_type: str) -> None:
    read_table(body, content_type, 99)
