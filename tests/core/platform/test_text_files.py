from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

import pytest

from core.errors import UnreadableText
from core.platform.text_files import MAX_BYTES, read_text_file

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


CHINESE = "你好，世界。今天的天气很好，我们出去走走吧。他不知道她在哪里。我明天再来看你。"  # noqa: RUF001
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
        ("Γειά σου, τι κάνεις; Δεν ξέρω πού είναι.", "cp1253"),  # noqa: RUF001
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
