"""However long a storyboard is, and whatever it repeats, it is read at once."""

from __future__ import annotations

import time

import pytest

from core.project.model.project import TextFormat
from core.project.storyboard.storyboard import Storyboard, split_storyboard


def split(
    text: str, text_format: TextFormat | None = None, target_s: float | None = None
) -> Storyboard:
    return split_storyboard(
        text, target_length_s=target_s, clip_s=2, min_s=0.5, max_s=5, text_format=text_format
    )


@pytest.mark.parametrize(
    "passage",
    ["word. " * 9 + "word ", "one two three four five six seven eight nine. ten\n\n",
     "a b c d e f g h i j\n", "{ " * 10, "[ " * 10, " " * 60, "字" * 10, "{a: b} " * 10],
    ids=["paragraph", "paragraphs", "verse", "braces", "brackets", "spaces", "letters", "tags"],
)  # fmt: skip
def test_fifty_thousand_words_take_ten_times_as_long_as_five_thousand(passage: str) -> None:
    def took_s(text: str) -> float:
        # The processor's time: other programs on this machine count for little.
        begun = time.process_time()
        board = split(text, target_s=3600)
        took = time.process_time() - begun
        assert "".join(draft.text for draft in board.drafts) == text
        return took

    few = min(took_s(passage * 500 + "end") for _ in range(3))
    many = min(took_s(passage * 5000 + "end") for _ in range(2))
    assert many < 25 * few + 0.05
    assert many < 1.0


@pytest.mark.parametrize("text_format", list(TextFormat))
@pytest.mark.parametrize(
    "piece",
    ["[[", "/*", "**", "*a ", "_", "`", "|", "![", "[a", "<!--", "<", "[0:01]", "- ", " ", "\t",
     "#", ">", "=", "1.", "(", "INT. ", "00:00:01,000 --> ", "{a: ", "\n", "1\n", "a\n",
     "| a |\n|---|\n",
     "A: b\n", "CUT TO:\n", "[00:01.00]a\n", "~"],
)  # fmt: skip
def test_no_text_takes_long(text_format: TextFormat, piece: str) -> None:
    text = f"a {piece * (20_000 // len(piece))} x"
    begin = time.process_time()
    split(text, text_format)
    split(text[2:])
    assert time.process_time() - begin < 3
