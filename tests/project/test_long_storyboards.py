"""However long a storyboard is, and whatever it repeats, it is read at once."""

from __future__ import annotations

from functools import partial

import pytest

from core.project.model.project import TextFormat
from core.project.storyboard.storyboard import Storyboard, split_storyboard
from tests.growth import assert_grows_no_faster


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
def test_forty_thousand_words_take_eight_times_as_long_as_five_thousand(passage: str) -> None:
    few, many = passage * 500 + "end", passage * 4000 + "end"
    assert "".join(draft.text for draft in split(many, target_s=3600).drafts) == many
    assert_grows_no_faster(partial(split, many, target_s=3600), partial(split, few, target_s=3600))


@pytest.mark.parametrize("text_format", [None, *TextFormat])
@pytest.mark.parametrize(
    "piece",
    ["[[", "/*", "**", "*a ", "_", "`", "|", "![", "[a", "<!--", "<", "[0:01]", "- ", " ", "\t",
     "#", ">", "=", "1.", "(", "INT. ", "00:00:01,000 --> ", "{a: ", "\n", "1\n", "a\n",
     "| a |\n|---|\n",
     "A: b\n", "CUT TO:\n", "[00:01.00]a\n", "~"],
)  # fmt: skip
def test_no_text_takes_more_than_its_length(text_format: TextFormat | None, piece: str) -> None:
    # Which format it is shows in its first letters.
    before = "a " if text_format else ""
    many, few = (f"{before}{piece * (letters // len(piece))} x" for letters in (20_000, 2500))
    assert_grows_no_faster(partial(split, many, text_format), partial(split, few, text_format))


def test_no_line_of_lyrics_takes_more_than_its_length() -> None:
    many, few = (f"[0:01]a{'<0:02>b' * words}" for words in (24_000, 3000))
    assert_grows_no_faster(
        partial(split, many, TextFormat.LYRICS), partial(split, few, TextFormat.LYRICS)
    )
