"""What LTX Mini says about a prompt before it draws it."""

from __future__ import annotations

from providers.ltx_video.mini.vocabulary import MOST_TOKENS, count_tokens, mini_notes


def test_a_prompt_of_known_words_needs_no_note() -> None:
    assert mini_notes("a red ball moving right at sunset") == ()


def test_words_that_mini_cannot_draw_are_named_with_what_it_knows() -> None:
    (note,) = mini_notes("a red ball and a dragon on the sea")
    assert "'dragon'" in note
    assert "triangle" in note
    assert "sunset" in note


def test_a_prompt_without_a_thing_says_that_mini_chooses() -> None:
    notes = mini_notes("a sunset")
    assert any("so it chooses" in note for note in notes)


def test_two_values_of_one_kind_are_told_to_be_one() -> None:
    (note,) = mini_notes("a red and blue ball")
    assert "several colours (red, blue)" in note


def test_only_known_words_count_as_tokens() -> None:
    assert count_tokens("a red ball moving right at sunset") == 4
    assert count_tokens("an elegant dragon") == 0
    assert count_tokens("red " * (MOST_TOKENS + 1)) == MOST_TOKENS + 1
