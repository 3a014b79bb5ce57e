# ruff: noqa: RUF001 - texts of many scripts
from __future__ import annotations

import codecs
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import UnreadableText
from core.platform.text_files import (
    ENCODINGS,
    MAX_BYTES,
    TextFile,
    UnknownEncoding,
    known_encoding,
    read_text_file,
)

if TYPE_CHECKING:
    from pathlib import Path

TEXT = "Ein Fuchs läuft über die Brücke.\r\n🦊 שועל"


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(),
        codecs.BOM_UTF8 + TEXT.encode(),
        TEXT.encode("utf-16"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
        TEXT.encode("utf-16-le"),
        TEXT.encode("utf-16-be"),
        TEXT.encode("utf-32"),
        codecs.BOM_UTF32_BE + TEXT.encode("utf-32-be"),
    ],
    ids=[
        "utf-8",
        "utf-8 with mark",
        "utf-16",
        "utf-16 be",
        "utf-16 le without mark",
        "utf-16 be without mark",
        "utf-32",
        "utf-32 be",
    ],
)
def test_unicode_is_read_to_the_letter(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "story.txt"
    path.write_bytes(content)
    read = read_text_file(path)
    assert (read.text, read.note) == (TEXT.replace("\r\n", "\n"), "")


def test_an_old_windows_file_is_read_and_it_is_told(tmp_path: Path) -> None:
    path = tmp_path / "story.txt"
    path.write_bytes("Brücke – €".encode("cp1252"))
    read = read_text_file(path)
    assert read.text == "Brücke – €"
    assert "Windows-1252" in read.note


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"%PDF-1.7 ...", "a PDF"),
        (b"PK\x03\x04....", "a packed document"),
        (b"{\\rtf1 }", "an RTF document"),
        (b"\x00\x01\x02", "not a text file"),
        (b"a\x00\x00b\x00\x00c\x00", "not a text file"),
        (b"a\x00" * 4 + b"\x00\xd8", "not a text file"),
        (b"a\x00" * 4 + b"\x01\xd8", "damaged"),
        (b"\xff\xfe\x00", "damaged"),
        (b"\x81\x8d", "damaged"),
        (b"x" * (MAX_BYTES + 1), "8 MB"),
    ],
    ids=[
        "pdf",
        "docx",
        "rtf",
        "binary",
        "zeros on both sides",
        "a zero on the other side",
        "half a pair",
        "half a letter",
        "no encoding",
        "huge",
    ],
)
def test_what_is_no_text_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "story.bin"
    path.write_bytes(content)
    with pytest.raises(UnreadableText) as refused:
        read_text_file(path)
    assert said in refused.value.message
    assert refused.value.hint


def test_a_missing_file_or_a_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnreadableText, match="There is no text file at"):
        read_text_file(tmp_path / "none.txt")
    with pytest.raises(UnreadableText, match="cannot be read"):
        read_text_file(tmp_path)


def test_line_ends_and_the_end_of_old_programs_are_no_words(tmp_path: Path) -> None:
    path = tmp_path / "story.txt"
    path.write_bytes(b"a\r\r\nb\r\nc\rd\ne\r\n\x1a")
    assert read_text_file(path).text == "a\nb\nc\nd\ne\n"


CHINESE = "你好，世界。今天的天气很好，我们出去走走吧。他不知道她在哪里。我明天再来看你。"
JAPANESE = "こんにちは、元気ですか。彼女がどこにいるか知らない。明日また会いましょう。"
RUSSIAN = "Привет, как дела? Я не знаю, где он. Мы завтра едем домой. Что ты сказал?"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (CHINESE, "gb18030"),
        (JAPANESE, "shift_jis"),
        (JAPANESE, "euc_jp"),
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8_r"),
        ("안녕하세요, 잘 지내세요? 그가 어디 있는지 모르겠어요.", "cp949"),
        ("Γειά σου, τι κάνεις; Δεν ξέρω πού είναι.", "cp1253"),
        ("שלום, מה שלומך היום? אני לא יודע איפה הוא. נלך הביתה מחר בבוקר.", "cp1255"),
        ("Myślę, że już późno. Żegnaj! Proszę, zostań ze mną jeszcze chwilę.", "cp1250"),
        ("Grüße aus Köln! Weißt du, wo er ist?", "cp1252"),
        ("¿Dónde está el niño? ¡Qué va!", "cp1252"),
        ("L’été dernier, nous étions à Genève. Ça va ?", "cp1252"),
    ],
)
def test_older_encodings_are_told_from_each_other(tmp_path: Path, text: str, encoding: str) -> None:
    path = tmp_path / "story.txt"
    path.write_bytes(text.encode(encoding))
    read = read_text_file(path)
    assert read.text == text
    assert "Save it as UTF-8" in read.note


@pytest.mark.parametrize(
    ("text", "encoding"), [("你好世界", "gb18030"), ("はい", "shift_jis"), ("Привет", "cp1251")]
)
def test_too_few_words_to_tell_an_alphabet_are_refused_and_not_guessed(
    tmp_path: Path, text: str, encoding: str
) -> None:
    path = tmp_path / "story.txt"
    path.write_bytes(text.encode(encoding))
    with pytest.raises(UnreadableText, match="cannot be told") as refused:
        read_text_file(path)
    assert "UTF-8" in refused.value.hint


LINES = {
    "gb18030": ["你好，世界。", "今天的天气很好。", "我们出去走走吧。", "他不知道她在哪里。"],
    "big5": ["你好，世界。", "今天的天氣很好。", "我們出去走走吧。", "他不知道她在哪裡。"],
    "cp932": ["こんにちは、元気ですか。", "彼女がどこにいるか知らない。", "もう遅い。"],
    "euc_jp": ["こんにちは、元気ですか。", "彼女がどこにいるか知らない。", "もう遅い。"],
    "cp949": ["안녕하세요, 잘 지내세요?", "그가 어디 있는지 모르겠어요.", "무슨 말이에요?"],
    "cp1251": ["Здравей, как си?", "Не знам къде е.", "Утре си отиваме у дома.", "НЕ!"],
    "koi8_r": ["Я не знаю, где он.", "Мы завтра едем домой.", "НЕТ! НЕ НАДО!"],
    "cp866": ["Я не знаю, где он.", "Мы завтра едем домой.", "НЕТ! НЕ НАДО!"],
    "iso8859_5": ["Я не знаю, где он.", "Мы завтра едем домой.", "НЕТ! НЕ НАДО!"],
    "cp1253": ["Δεν ξέρω πού είναι.", "Αύριο πάμε σπίτι.", "Τι είπες;"],
    "cp1255": ["אני לא יודע איפה הוא.", "נלך הביתה מחר בבוקר.", "מה אמרת?"],
    "cp1256": ["لا أعرف أين هو.", "سنذهب إلى البيت غدا.", "ماذا قلت؟"],
    "cp874": ["สวัสดี คุณสบายดีไหม", "ฉันไม่รู้ว่าเขาอยู่ที่ไหน", "พรุ่งนี้เราจะกลับบ้าน"],
    "cp1250": ["Myślę, że już późno.", "Proszę, zostań ze mną.", "Co powiedziałeś?"],
    "iso8859_2": ["Myślę, że już późno.", "Proszę, zostań ze mną.", "Co powiedziałeś?"],
    "cp1254": ["Günaydın, nasılsın?", "Nerede olduğunu bilmiyorum.", "Şimdi eve gidiyoruz."],
    "cp1252": ["L’été dernier, nous étions à Genève.", "Où est-il ?", "Ça va ?"],
}


def as_subtitles(lines: list[str]) -> str:
    return "".join(
        f"{number}\n00:00:{number:02},000 --> 00:00:{number:02},900\n{line}\n\n"
        for number, line in enumerate(lines, start=1)
    )


# The Turkish letters are Icelandic ones in the western encoding, so they stay uncertain.
@pytest.mark.parametrize("encoding", sorted(set(LINES) - {"cp1254"}))
def test_a_few_subtitles_tell_their_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "film.srt"
    text = as_subtitles(LINES[encoding])
    path.write_bytes(text.encode(encoding))
    read = read_text_file(path)
    assert read.text == text
    assert ENCODINGS[read.encoding] in read.note


@pytest.mark.parametrize("encoding", LINES)
@pytest.mark.parametrize("line", [0, 1, 2])
def test_one_subtitle_is_read_right_or_told_as_uncertain_or_refused(
    tmp_path: Path, encoding: str, line: int
) -> None:
    path = tmp_path / "film.srt"
    text = as_subtitles([LINES[encoding][line]])
    path.write_bytes(text.encode(encoding))
    with suppress(UnknownEncoding):
        read = read_text_file(path)
        assert read.text == text or "This is not certain" in read.note


def test_a_chosen_encoding_is_no_guess_and_a_mark_counts_for_more(tmp_path: Path) -> None:
    path = tmp_path / "film.srt"
    path.write_bytes("Привет".encode("cp1251"))
    assert read_text_file(path, encoding="cp1251") == TextFile("Привет", "", "cp1251")
    assert read_text_file(path, encoding="koi8_r").text == "оПХБЕР"
    path.write_bytes("Привет".encode("utf-8-sig"))
    assert read_text_file(path, encoding="cp1251").text == "Привет"
    path.write_bytes("Привет".encode("cp1251"))
    with pytest.raises(UnreadableText, match="no text in utf_8: byte 0"):
        read_text_file(path, encoding="utf_8")


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("GBK", "gb18030"), ("gb2312", "gb18030"), ("Shift-JIS", "cp932"), ("sjis", "cp932"),
        ("Big5", "big5"), ("1251", "cp1251"), ("windows-1251", "cp1251"), ("CP1252", "cp1252"),
        ("latin-1", "cp1252"), ("KOI8-R", "koi8_r"), ("EUC-KR", "cp949"), ("utf-8", "utf_8"),
        ("UTF8", "utf_8"), ("utf-16", "utf_16_le"), ("866", "cp866"), ("klingon", None),
        ("rot13", None), ("zlib", None), ("", None), ("a\0b", None),
    ],
)  # fmt: skip
def test_an_encoding_has_the_names_that_people_use(name: str, found: str | None) -> None:
    assert known_encoding(name) == found


@settings(max_examples=200, deadline=None)
@given(content=st.binary(max_size=80))
def test_any_content_is_text_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.txt"
    path.write_bytes(content)
    with suppress(UnreadableText):
        read = read_text_file(path)
        assert "\r" not in read.text
        assert not read.text.endswith("\x1a")
