from __future__ import annotations

import re
from contextlib import suppress
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import UnreadableText, UnsupportedRequest
from core.film.model.film import Alignment
from core.film.model.subtitles import (
    Cue,
    Script,
    as_srt,
    cut_to,
    read_subtitles,
    to_captions,
)
from core.film.model.timeline import exact, nearest
from tests.growth import assert_grows_no_faster

if TYPE_CHECKING:
    from pathlib import Path

PLAIN = """1
00:00:01,000 --> 00:00:02,500
Hello there.

2
00:01:00,040 --> 01:00:00,001
Two
lines.
"""
CUES = (Cue(1000, 2500, "Hello there."), Cue(60_040, 3_600_001, "Two\nlines."))


def read(tmp_path: Path, text: str | bytes) -> Script:
    path = tmp_path / "film.srt"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_subtitles(path)


@pytest.mark.parametrize(
    "content",
    [
        PLAIN.encode(),
        PLAIN.encode("utf-8-sig"),
        PLAIN.encode("utf-16"),
        b"\xfe\xff" + PLAIN.encode("utf-16-be"),
        PLAIN.replace("\n", "\r\n").encode(),
        PLAIN.replace("\n", "\r").encode(),
        PLAIN.replace("\n", "\r\r\n").encode(),
        PLAIN.encode() + b"\x1a",
        PLAIN.replace("2\n00:01", "00:01").replace("1\n00:00", "00:00").encode(),
        PLAIN.replace("\n\n", "\n\n\n\n").encode(),
        PLAIN.replace("\n\n", "\n").encode(),
        PLAIN.replace("Two\n", "Two\n\n").encode(),
        PLAIN.replace(",500", ",500 X1:10 Y1:20 align:start").encode(),
        PLAIN.replace(",", ".").replace("00:00:01.000", "00:01.0").encode(),
        PLAIN.replace(" --> ", "-->").encode(),
        PLAIN.strip().encode(),
        ("\n\n" + PLAIN + "\n\n\n").encode(),
    ],
)
def test_the_same_subtitles_are_read_however_they_are_written(
    tmp_path: Path, content: bytes
) -> None:
    assert read(tmp_path, content) == Script(CUES)


def test_western_windows_encoding_is_read_and_told(tmp_path: Path) -> None:
    script = read(tmp_path, PLAIN.replace("Hello", "Déjà “vu”").encode("cp1252"))
    assert script.cues[0].text == "Déjà “vu” there."
    assert "Windows-1252" in script.notes[0]


def test_simple_tags_are_left_out_and_told_and_other_signs_stay(tmp_path: Path) -> None:
    words = '{\\an8}<i>Hel</i>lo <FONT color="#fff">a</font> <3 <me> {x} 5 > 4 &amp; a --> b'
    script = read(tmp_path, PLAIN.replace("Hello there.", words))
    assert script.cues[0].text == "Hello a <3 <me> {x} 5 > 4 &amp; a --> b"
    assert "tags" in script.notes[0]


def test_number_that_is_said_is_not_taken_for_the_next_cues(tmp_path: Path) -> None:
    text = "1\n00:00:01,000 --> 00:00:02,000\nIn\n1984\n00:00:03,000 --> 00:00:04,000\nx\n"
    assert [cue.text for cue in read(tmp_path, text).cues] == ["In\n1984", "x"]
    text = "00:00:01,000 --> 00:00:02,000\nIn\n1984\n\n00:00:03,000 --> 00:00:04,000\nx\n"
    assert [cue.text for cue in read(tmp_path, text).cues] == ["In\n1984", "x"]


def test_the_last_number_without_times_is_left_out_and_told(tmp_path: Path) -> None:
    script = read(tmp_path, PLAIN + "\n3\n")
    assert script.cues == CUES
    assert "line 10 of" in script.notes[0]
    assert "no times" in script.notes[0]
    assert read(tmp_path, PLAIN + "\n1984\n").cues[1].text == "Two\nlines.\n1984"


VTT = """\ufeffWEBVTT - a film

STYLE
::cue { color: red }

intro
00:01.000 --> 00:02.500 align:start
<v Ann>Hello <i>there</i>.

NOTE
nobody --- hears this

2
00:01:00.040 --> 01:00:00.001
5 &lt; 6
&amp;c.
"""


def test_web_subtitles_are_read_without_their_names_comments_and_tags(tmp_path: Path) -> None:
    cues = read(tmp_path, VTT).cues
    assert cues == (CUES[0], Cue(60_040, 3_600_001, "5 < 6\n&c."))


ASS = """[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize, Alignment
Style: Default,Arial,20,2

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:05.00,0:00:06.00,Default,,0,0,0,,b, and {\\i1}c
Dialogue: 0,0:00:01.00,0:00:02.50,Default,,0,0,0,,Hello\\Nthere.
Dialogue: 0,0:00:03.00,0:00:03.00,Default,,0,0,0,,no time
Dialogue: 0,0:00:03.00,0:00:04.00,Default,,0,0,0,,{\\p1}m 0 0 l 9 9{\\p0}
Comment: 0,0:00:03.00,0:00:04.00,Default,,0,0,0,,not shown
"""


def test_subtitles_of_the_older_kind_are_read_too(tmp_path: Path) -> None:
    older = ASS.replace("[V4+ Styles]", "[V4 Styles]").replace("Dialogue: 0", "Dialogue: Marked=0")
    older = older.replace("Style: Default,Arial,20,2\n", "")
    assert read(tmp_path, older).cues == read(tmp_path, ASS).cues


def test_the_words_of_styled_subtitles_are_read_and_their_styles_told(tmp_path: Path) -> None:
    script = read(tmp_path, ASS)
    assert script.cues == (Cue(1000, 2500, "Hello\nthere."), Cue(5000, 6000, "b, and c"))
    assert "styles" in script.notes[0]
    assert "1 of 3 subtitles" in script.notes[1]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (ASS.replace("0:00:05.00", "soon"), "damaged: Failed to parse timestamp: 'soon'"),
        (ASS[: ASS.index("Dialogue")], "holds no subtitles"),
        ("WEBVTT\n\nNOTE nothing\n", "holds no subtitles"),
    ],
)
def test_damage_of_other_kinds_is_told_too(tmp_path: Path, content: str, said: str) -> None:
    with pytest.raises(UnreadableText, match=said):
        read(tmp_path, content)


_CUE = "00:00:00,000 --> 00:00:01,000\nx\n\n"
_EVENT = "Dialogue: 0,0:00:05.00,0:00:06.00,Default,,0,0,0,,x\n"


_HEAD = "1\n00:00:00,000 --> 00:00:01,000\n"
_WEB_CUE = _CUE.replace(",", ".")


@pytest.mark.parametrize(
    ("start", "part", "count", "said"),
    [
        (_HEAD, "x", 50_000_000, "50 MB, and at most 8 MB"),
        (_HEAD, "x ", 3_000_000, "letters, and at most 2,000"),
        ("", _CUE, 200_000, "200,000 subtitles, and at most 20,000|MB, and at most 8 MB"),
        ("", _CUE, 190_000, "190,000 subtitles, and at most 20,000"),
        ("WEBVTT\n\n", _WEB_CUE, 190_000, "190,000 subtitles"),
        (_HEAD, "x\n", 1_000_000, "and at most"),
        (_HEAD, "x\n", 60, "60 lines, and at most 50"),
        ("", "\n", 1_000_000, "holds no subtitles"),
        (_HEAD, "<i>", 2_000_000, "holds no subtitles|no words"),
        (ASS, _EVENT, 100_000, "100,00[0-9] subtitles, and at most"),
        (ASS + _EVENT.rstrip(), "{\\t(", 200_000, "Line 15 .* more than 100 tags"),
        (_HEAD, "<font a", 500_000, "and at most"),
        (_HEAD, "{\\", 1_000_000, "and at most"),
    ],
    ids=range(13),
)
def test_subtitles_that_are_far_too_large_are_refused_with_little_work(
    tmp_path: Path, start: str, part: str, count: int, said: str
) -> None:
    def read(parts: int) -> str:
        try:
            script = read_subtitles(tmp_path / f"{parts}.srt")
        except UnreadableText as error:
            return str(error)
        return " ".join(script.notes)

    for parts in (count, count // 8):
        (tmp_path / f"{parts}.srt").write_bytes((start + part * parts).encode())
    problem = read(count)
    assert len(problem) < 1500
    assert re.search(said, problem)
    assert_grows_no_faster(partial(read, count), partial(read, count // 8))


def test_too_many_subtitles_at_once_are_refused_with_their_time() -> None:
    cues = [Cue(1000, 2000, "x" * 100)] * 30
    with pytest.raises(UnsupportedRequest, match=r"at 1\.00 s, 30 at once, has 3,029 letters"):
        to_captions(cues, Fraction(25), 100, 100)
    assert len(to_captions(cues[:10], Fraction(25), 100, 100)) == 1


def test_a_thousand_empty_subtitles_are_told_in_a_few_sentences(tmp_path: Path) -> None:
    script = read(tmp_path, PLAIN + "\n3\n02:00:00,000 --> 02:00:01,000\n" * 1000)
    assert script.cues == CUES
    assert len(script.notes) == 6
    assert "995 times more" in script.notes[-1]


def test_cues_come_in_the_order_of_their_times(tmp_path: Path) -> None:
    text = "9\n00:00:05,000 --> 00:00:06,000\nb\n\n3\n00:00:01,000 --> 00:00:02,000\na\n"
    assert [cue.text for cue in read(tmp_path, text).cues] == ["a", "b"]


def test_cue_without_words_or_time_is_left_out_and_told(tmp_path: Path) -> None:
    more = "\n3\n02:00:00,000 --> 02:00:01,000\n\n4\n02:00:00,000 --> 02:00:00,000\nx\n"
    script = read(tmp_path, PLAIN + more)
    assert script.cues == CUES
    assert [" ".join(note.split()[:6]) for note in script.notes] == [
        "The subtitle in line 11 of",
        "The subtitle in line 14 of",
    ]
    assert "no words" in script.notes[0]
    assert "no time" in script.notes[1]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "holds no subtitles"),
        (b"hello\n", "holds no subtitles"),
        (b"00:00:01,000 --> 00:00:0x,000\nx\n", "Line 1 .* cannot be read: '00:00:01,000 -->"),
        (PLAIN.replace("00:01:00,040", "00:01:00,").encode(), "Line 6 .* cannot be read"),
        (PLAIN.replace("00:01:00,040 -->", "00:01:00,040 ->").encode(), "Line 6 .* cannot be read"),
        (PLAIN.replace("02,500", "00,500").encode(), "Line 2 .* ends before it begins"),
        (PLAIN.replace("00:01:00", "00:61:00").encode(), "Line 6 .* more than 59"),
        (b"Film\n\n" + PLAIN.encode(), "Line 1 .* before the first times: 'Film'"),
        (b"\x81\x8d" + PLAIN.encode(), "an encoding that cannot be told"),
        (PLAIN.encode() + b"\0", "zero bytes"),
        (PLAIN.encode("utf-16")[:-1], "no text in utf-16"),
    ],
)
def test_damage_is_an_error_that_names_the_line(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(UnreadableText, match=said) as caught:
        read(tmp_path, content)
    assert "film.srt" in caught.value.message


def test_missing_file_and_folder_are_errors(tmp_path: Path) -> None:
    with pytest.raises(UnreadableText, match="no subtitle file at"):
        read_subtitles(tmp_path / "none.srt")
    with pytest.raises(UnreadableText, match="cannot be read"):
        read_subtitles(tmp_path)


_WORDS = st.text(
    st.characters(exclude_categories=("C", "Zl", "Zp"), exclude_characters="<{"), min_size=1
).map(str.strip)
# The format has no way to say that a line of words only looks like times.
_WORDS |= st.text("0123456789.,-> x\u00a0\u0660", min_size=1).map(str.strip)
_TEXT = st.lists(
    _WORDS.filter(lambda line: line and not re.match(r"[\d., ]*:[\d:., ]*-+>", line)),
    min_size=1,
    max_size=3,
).map("\n".join)
_CUES = st.lists(
    st.tuples(st.integers(0, 400_000_000), st.integers(1, 10_000), _TEXT), min_size=1, max_size=6
).map(
    lambda parts: sorted(
        (Cue(start, start + length, text) for start, length, text in parts),
        key=lambda cue: cue.start_ms,
    )
)


@settings(max_examples=150, deadline=None)
@given(cues=_CUES)
def test_what_is_written_is_read_again(tmp_path_factory, cues: list[Cue]) -> None:
    path = tmp_path_factory.getbasetemp() / "written.srt"
    path.write_text(as_srt(cues), encoding="utf-8")
    assert read_subtitles(path).cues == tuple(cues)


@settings(max_examples=150, deadline=None)
@given(content=st.binary(max_size=60) | st.text("0123456789:,.-> \n\rx<i>", max_size=90))
def test_no_content_at_all_breaks_the_reading(tmp_path_factory, content: bytes | str) -> None:
    path = tmp_path_factory.getbasetemp() / "any.srt"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with suppress(UnreadableText):
        assert all(cue.text and cue.end_ms > cue.start_ms for cue in read_subtitles(path).cues)


RATES = (Fraction(24), Fraction(24000, 1001), Fraction(25), Fraction(30000, 1001), Fraction(60))


@settings(max_examples=100, deadline=None)
@given(cues=_CUES, rate=st.sampled_from(RATES))
def test_burnt_in_texts_follow_each_other_on_the_frames_of_their_cues(
    cues: list[Cue], rate: Fraction
) -> None:
    captions = to_captions(cues, rate, 1920, 1080)
    shown: dict[int, str] = {}
    for caption in captions:
        assert caption.end_s is not None
        first, end = (nearest(exact(at) * rate) for at in (caption.start_s, caption.end_s))
        assert first < end
        for frame in {first, (first + end) // 2, end - 1}:
            assert frame not in shown
            shown[frame] = caption.text
    for cue in cues:
        first = nearest(Fraction(cue.start_ms, 1000) * rate)
        assert set(cue.text.split("\n")) <= set(shown[first].split("\n"))


def test_overlapping_cues_share_a_text_for_as_long_as_they_do() -> None:
    cues = (Cue(0, 3000, "a"), Cue(1000, 2000, "b"), Cue(3000, 4000, "c"), Cue(5000, 6000, "d"))
    captions = to_captions(cues, Fraction(25), 1920, 1080)
    assert [(c.start_s, c.end_s, c.text) for c in captions] == [
        (0, 1, "a"),
        (1, 2, "a\nb"),
        (2, 3, "a"),
        (3, 4, "c"),
        (5, 6, "d"),
    ]
    assert {caption.place for caption in captions} == {Alignment.BOTTOM}


def test_letters_are_as_large_in_an_upright_image_as_its_width_allows() -> None:
    (wide,) = to_captions(CUES[:1], Fraction(25), 1920, 1080)
    (upright,) = to_captions(CUES[:1], Fraction(25), 1080, 1920)
    assert wide.size * 1080 == pytest.approx(upright.size * 1920)


def test_cues_after_the_films_end_are_left_out_and_told() -> None:
    script = cut_to(Script((*CUES, Cue(61_999, 70_000, "z"))), 62 * 25, Fraction(25))
    assert script.cues == (CUES[0], Cue(60_040, 62_000, "Two\nlines."))
    assert script.notes == (
        "1 of 3 subtitles begin after the film's end at 62.00 s and are left out.",
    )
    assert cut_to(Script(CUES), 10**6, Fraction(25)) == Script(CUES)
