from __future__ import annotations

import unicodedata
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.film.model.film import Transition
from core.project.storyboard.storyboard import Storyboard, split_storyboard

# Signs that begin tags, headings, times or list items.
_SIGNS = "[](){}<>#*-_=•‣.):–—0123456789▪◦●○■·§"
_letters = st.characters(exclude_characters=_SIGNS, exclude_categories=("C", "Nd", "P", "Zl", "Zp"))
_words = ["fox", "café", "שלום", "🦊", "狐", "runs.", "“a”", "?", "…", "\n", "\r\n"]
words_only = st.lists(st.sampled_from(_words) | st.text(_letters)).map(" ".join)
tags = st.sampled_from(
    [
        "[8s]", "[2.5 s]", "{camera: pan left}", "{time: 0:12}", "{title: Kitchen}", "{seed: 5}",
        "{transition: dissolve 0.5}", "{style: ink}", "{style:}", "{mood: calm}",
    ]
)  # fmt: skip
lines = st.lists(st.one_of(st.sampled_from(["fox", "café", "שלום", "🦊", "狐", "runs."]), tags))
texts = st.lists(lines.map(" ".join)).flatmap(
    lambda made: st.sampled_from(["\n", "\r\n", "\n\n", "\r\n\r\n"]).map(lambda end: end.join(made))
)
lengths = st.one_of(st.none(), st.floats(1, 600))


def is_word(text: str) -> bool:
    return any(
        char.isalnum() or (not char.isascii() and unicodedata.category(char)[0] in "LNSM")
        for char in text
        if char not in "♩♪♫♬" and not "\ufe00" <= char <= "\ufe0f"
    )


def split(
    text: str, target_s: float | None = None, clip_s: float = 5, min_s: float = 1, max_s: float = 8
) -> Storyboard:
    return split_storyboard(text, target_length_s=target_s, clip_s=clip_s, min_s=min_s, max_s=max_s)


def prompts(text: str, target_s: float | None = None) -> list[str]:
    return [draft.prompt for draft in split(text, target_s).drafts]


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(), texts, words_only), lengths)
def test_texts_of_the_scenes_are_the_storyboard_to_the_letter(
    text: str, target_s: float | None
) -> None:
    board = split(text, target_s)
    if board.drafts:
        assert "".join(draft.text for draft in board.drafts) == text
        assert all(draft.words for draft in board.drafts)
    for draft in board.drafts:
        assert text[draft.start :].startswith(draft.text)


@settings(max_examples=150, deadline=None)
@given(words_only, lengths)
def test_every_word_is_in_the_prompts_in_order(text: str, target_s: float | None) -> None:
    messages = [word for draft in split(text, target_s).drafts for word in draft.words.split()]
    # Where there is nothing but punctuation, nothing is worth a clip.
    assert messages == (text.split() if any(map(is_word, text.split())) else [])


@settings(max_examples=100, deadline=None)
@given(texts, lengths)
def test_tags_are_no_words_and_words_no_tags(text: str, target_s: float | None) -> None:
    messages = "".join(draft.words for draft in split(text, target_s).drafts)
    assert "[" not in messages
    assert "{" not in messages
    for word in ("fox", "café", "שלום", "🦊", "狐", "runs."):
        assert messages.count(word) == text.count(word)


@settings(max_examples=100, deadline=None)
@given(words_only, st.floats(0.5, 900), st.integers(50, 400), st.integers(400, 2000))
def test_shared_lengths_stay_within_what_a_clip_can_be(
    text: str, target_s: float, shortest: int, longest: int
) -> None:
    min_s, max_s = shortest / 100, longest / 100
    board = split(text, target_s, clip_s=4, min_s=min_s, max_s=max_s)
    assert all(min_s <= draft.duration_s <= max_s for draft in board.drafts)
    if board.drafts:
        is_met = board.total_s == round(target_s, 2)
        assert is_met != any("The scenes come to" in note for note in board.notes)


@dataclass(frozen=True)
class Case:
    name: str
    text: str
    prompts: list[str]
    titles: list[str] | None = None


PROSE = "A fox crosses the old stone bridge while the sun goes down behind the far hills of the\n"
CASES = (
    Case("nothing", "", []),
    Case("only spaces", " \n\t\r\n", []),
    Case("no line end", "a fox", ["a fox"]),
    Case("paragraphs", "A fox runs. It stops.\n\nAn owl sees it.", ["A fox runs. It stops.",
                                                                   "An owl sees it."]),
    Case("wrapped paragraph", PROSE + "valley and an owl watches it from an old tree.\n",
         [PROSE.strip() + " valley and an owl watches it from an old tree."]),
    Case("one prompt a line", "a red ball rolls\na blue box falls\n", ["a red ball rolls",
                                                                      "a blue box falls"]),
    Case("lyrics", "[Verse 1]\nLa la\nLo lo\n\nChorus:\nHey ho\n", ["La la", "Lo lo", "Hey ho"],
         ["Verse 1", "", "Chorus"]),
    Case("markdown", "# Film\n\n## Kitchen ##\nA pot boils.\n\n---\nIt cools.\n",
         ["A pot boils.", "It cools."], ["Kitchen", ""]),
    Case("list", "1. a fox\n2. an owl\n- a hen\n* a cat", ["a fox", "an owl", "a hen", "a cat"]),
    Case("numbered scenes", "Scene 1: a fox\nScene 2\nan owl", ["a fox", "an owl"]),
    Case("script", "INT. KITCHEN - NIGHT\n\nAnna waits.\n\nANNA\nWho is it?\n\nEXT. GARDEN - DAY\n",
         ["INT. KITCHEN - NIGHT Anna waits.", "INT. KITCHEN - NIGHT. ANNA Who is it?",
          "EXT. GARDEN - DAY"], ["INT. KITCHEN - NIGHT", "", "EXT. GARDEN - DAY"]),
    Case("full stop behind a tag", "They sleep [8s].", ["They sleep."]),
    Case("unknown tag", "a {focus: fox} runs", ["a {focus: fox} runs"]),
    Case("braces that are words", "a {b} c } {", ["a {b} c } {"]),
    Case("style goes on, mood does not", "{style: ink}\nA fox. {mood: calm}\n\nAn owl",
         ["A fox. ink, calm.", "An owl, ink"]),
    Case("style ends", "{style: ink} a fox\n\n{style:} an owl", ["a fox, ink", "an owl"]),
    Case("right to left", "שועל רץ.\n\nينبح؟ نعم.", ["שועל רץ.", "ينبح؟ نعم."]),
    Case("emoji", "🦊🌙\n\n👩‍👩‍👧", ["🦊🌙", "👩‍👩‍👧"]),
    Case("subtitles", "00:00:01,000 --> 00:00:04,500\nHello\n\n00:00:04,500 --> 00:00:06,000\nYou",
         ["Hello", "You"]),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_begins_a_scene(case: Case) -> None:
    board = split(case.text)
    assert [draft.prompt for draft in board.drafts] == case.prompts
    if case.titles is not None:
        assert [draft.title for draft in board.drafts] == case.titles


@pytest.mark.parametrize("text", ["[8s]", "# Title\n\n{camera: orbit}", "[Verse 1]\n[Chorus]"])
def test_tags_and_headings_alone_make_no_scene_and_a_note(text: str) -> None:
    board = split(text)
    assert board.drafts == ()
    assert board.notes == (
        "There are only tags and headings here, and no words to make a clip of.",
    )


def test_tags_say_how_a_scene_is_made() -> None:
    (draft,) = split(
        "{title: The bridge} [2.5s] A fox runs {camera: Pan to the left} {seed: 5} "
        "{transition: Circle open 0.75s} {mood: calm}"
    ).drafts
    assert draft.prompt == "A fox runs, calm"
    assert (draft.title, draft.duration_s, draft.is_asked) == ("The bridge", 2.5, True)
    assert (draft.camera, draft.seed, draft.mood) == ("pan_left", 5, "calm")
    assert draft.transition == Transition(kind="circle-open", duration_s=0.75)


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        ("{camera: sideways}", "no camera move 'sideways'"),
        ("{camera:}", "it says nothing"),
        ("{camera}", "it says nothing"),
        ("{time: soon}", "write the time as 0:12"),
        ("{transition: disolve}", "Did you mean 'dissolve'?"),
        ("{seed: many}", "a whole number"),
        ("{seed: 99999999999999}", "a whole number"),
        ("[0s]", "longer than nothing"),
        ("{titel: x}", "Did you mean {title: …}?"),
    ],
)
def test_a_tag_that_cannot_be_read_stays_in_the_words_and_is_told(tag: str, said: str) -> None:
    board = split(f"a fox {tag}")
    assert board.drafts[0].prompt == f"a fox {tag}"
    assert len(board.notes) == 1
    assert said in board.notes[0]
    assert repr(tag) in board.notes[0]


def test_a_thousand_bad_tags_are_told_in_a_few_sentences() -> None:
    assert len(split("a fox {focus: x}\n" * 1000).notes) < 8


def test_the_first_of_several_equal_tags_counts_and_it_is_told() -> None:
    board = split("a fox {camera: orbit} {camera: pan left}")
    assert board.drafts[0].camera == "orbit"
    assert board.notes == ("Scene 1 names more than one camera move; the first one counts.",)


def test_several_lengths_in_a_paragraph_each_hold_for_their_sentences() -> None:
    behind = split("A fox runs. It stops. [4s] An owl comes. [3s] It sleeps.")
    assert [(d.prompt, d.duration_s) for d in behind.drafts] == [
        ("A fox runs. It stops.", 4), ("An owl comes.", 3), ("It sleeps.", 5),
    ]  # fmt: skip
    before = split("[4s] A fox runs. It stops. [3s] An owl comes.")
    assert [(d.prompt, d.duration_s) for d in before.drafts] == [
        ("A fox runs. It stops.", 4), ("An owl comes.", 3),
    ]  # fmt: skip


def test_lines_of_tags_belong_to_the_words_above_or_below_as_the_block_begins() -> None:
    above = split("a fox\n[4s]\nan owl\n[3s]")
    below = split("[4s]\na fox\n[3s]\nan owl")
    for board in (above, below):
        assert [(d.prompt, d.duration_s) for d in board.drafts] == [("a fox", 4), ("an owl", 3)]


def test_a_target_divides_paragraphs_at_sentences_and_never_inside_them() -> None:
    text = "Mr. Fox runs to no. 5 today. It stops! Is it far? An owl comes.\n\nThe owl sleeps."
    board = split(text, 25)
    assert [draft.prompt for draft in board.drafts] == [
        "Mr. Fox runs to no. 5 today.", "It stops!", "Is it far?", "An owl comes.",
        "The owl sleeps.",
    ]  # fmt: skip
    assert board.total_s == 25
    assert prompts(text, 8) == [
        "Mr. Fox runs to no. 5 today. It stops! Is it far? An owl comes.", "The owl sleeps.",
    ]  # fmt: skip


def test_full_width_sentences_are_divided_too() -> None:
    assert prompts("狐が走る。止まる。梟が来る。", 15) == ["狐が走る。", "止まる。", "梟が来る。"]


def test_a_target_joins_lines_of_a_verse_but_no_verses() -> None:
    board = split("a b\nc d\ne f\ng h\n\ni j\nk l\n", 10)
    assert [draft.prompt for draft in board.drafts] == ["a b c d e f g h", "i j k l"]
    assert [draft.duration_s for draft in board.drafts] == [6.67, 3.33]


def test_lengths_follow_the_words_and_add_up_to_the_target() -> None:
    board = split("one\n\none two three\n\n[4s] x\n\none two", 13)
    assert [draft.duration_s for draft in board.drafts] == [1.5, 4.5, 4, 3]
    assert board.total_s == 13
    assert board.notes == ()


def test_a_bound_moves_the_rest_to_the_other_scenes() -> None:
    board = split("one\n\n" + "word " * 40 + "\n\none two three", 12, clip_s=4)
    assert [draft.duration_s for draft in board.drafts] == [1, 8, 3]


def test_a_target_out_of_reach_is_told_with_the_numbers() -> None:
    long = split("one\n\ntwo", 60)
    assert [draft.duration_s for draft in long.drafts] == [8, 8]
    assert long.notes == (
        "The scenes come to 0:16, not to 1:00: all have the most that a clip can have, 8 s. "
        "Write more sentences, or choose a shorter target.",
    )
    short = split("one\n\ntwo\n\n[3s] three", 4)
    assert [draft.duration_s for draft in short.drafts] == [1, 1, 3]
    assert "come to 0:05, not to 0:04: those without a length of their own" in short.notes[0]
    given_lengths = split("[3s] one", 4)
    assert given_lengths.notes == (
        "The scenes come to 0:03, not to 0:04: all lengths are given by tags and times.",
    )


def test_an_asked_length_is_kept_even_where_no_clip_is_so_long() -> None:
    board = split("[20s] a fox\n\nan owl")
    assert [draft.duration_s for draft in board.drafts] == [20, 5]
    assert "scene 1 (20 s). Clips last 1 s to 8 s" in board.notes[0]


def test_times_say_when_scenes_begin() -> None:
    board = split("0:00 one\n0:04 two\n{time: 0:09.5} three\n[00:12.25]four\n", 20)
    assert [(d.prompt, d.duration_s) for d in board.drafts] == [
        ("one", 4), ("two", 5.5), ("three", 2.75), ("four", 7.75),
    ]  # fmt: skip
    assert board.total_s == 20
    assert board.notes == ()


def test_untimed_lines_share_the_time_up_to_the_next() -> None:
    board = split("0:00 one two three\n- four\n\n[2s] five\n\n0:10 six")
    assert [draft.duration_s for draft in board.drafts] == [6, 2, 2, 5]


def test_times_hold_even_where_clips_cannot_be_so_long() -> None:
    board = split("0:00 one\n0:30 two. Three.\n1:00 four", 65)
    assert [draft.duration_s for draft in board.drafts] == [30, 15, 15, 5]
    assert "scenes 1 (30 s), 2 (15 s), 3 (15 s)" in board.notes[0]


def test_times_that_go_back_or_begin_late_are_told() -> None:
    back = split("0:00 one\n0:10 two\n0:05 three\n0:20 four")
    assert [draft.duration_s for draft in back.drafts] == [10, 5, 5, 5]
    assert "The time 0:05 is not later" in back.notes[0]
    late = split("0:04 one\n0:06 two")
    assert [draft.duration_s for draft in late.drafts] == [6, 5]
    assert "Nothing comes before the scene at 0:04" in late.notes[0]


def test_a_subtitle_says_when_the_last_scene_ends() -> None:
    board = split("00:00:00,000 --> 00:00:04,500\nHello\n\n00:00:04,500 --> 00:00:06,000\nYou")
    assert [draft.duration_s for draft in board.drafts] == [4.5, 1.5]


def test_a_very_long_paragraph_becomes_several_scenes() -> None:
    board = split("word " * 500)
    assert len(board.drafts) == 5
    assert all(len(draft.words.split()) <= 120 for draft in board.drafts)
