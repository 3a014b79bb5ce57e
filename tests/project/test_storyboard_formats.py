from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.film.model.transitions import DISSOLVE, NONE
from core.project.model.project import TextFormat, new_project
from core.project.storyboard.formats import SUFFIXES, format_of, recognise
from core.project.storyboard.scenes import renew
from core.project.storyboard.storyboard import Storyboard, split_storyboard


def split(text: str, text_format: TextFormat | None = None) -> Storyboard:
    return split_storyboard(
        text, target_length_s=None, clip_s=2, min_s=0.5, max_s=5, text_format=text_format
    )


def prompts(text: str, text_format: TextFormat | None = None) -> list[str]:
    return [draft.prompt for draft in split(text, text_format).drafts]


def titles(text: str) -> list[str]:
    return [draft.title for draft in split(text).drafts]


def lengths(text: str) -> list[float]:
    return [draft.duration_s for draft in split(text).drafts]


FOUNTAIN = """\
Title:
    _**MY FILM**_
Credit: Written by
Author: A. Writer
Draft date: 1/1/2020
Contact:
    1 Road
    Town

FADE IN:

# Act One

= They meet.

INT. HOUSE - DAY #1#

A red ball lies on the floor.

BOB (V.O.) (CONT'D)
(whispering)
Hello *there*.

CUT TO:

EXT. GARDEN - NIGHT #2A#

A blue box rises. [[check the
colour]] /* cut this */

/*
Gone.

EXT. GONE - DAY
*/

.THE ROOF

!A STAR FALLS TO:

DISSOLVE TO:

EST. CITY - DAWN

@McCLANE ^
~La la

===

I/E CAR - DAY

It _drives_ at 5\\*2.

> THE END <

FADE OUT.
"""


def test_of_a_fountain_script_only_what_is_seen_and_said_is_drawn() -> None:
    board = split(FOUNTAIN)
    assert board.text_format is TextFormat.FOUNTAIN
    assert [draft.prompt for draft in board.drafts] == [
        "INT. HOUSE - DAY A red ball lies on the floor.",
        "INT. HOUSE - DAY. BOB (V.O.) (whispering) Hello there.",
        "EXT. GARDEN - NIGHT A blue box rises.",
        "THE ROOF A STAR FALLS TO:",
        "EST. CITY - DAWN McCLANE La la",
        "I/E CAR - DAY It drives at 5\\*2.",
    ]
    assert [draft.title for draft in board.drafts] == [
        "Act One", "", "EXT. GARDEN - NIGHT", "THE ROOF", "EST. CITY - DAWN", "I/E CAR - DAY",
    ]  # fmt: skip
    assert "".join(draft.text for draft in board.drafts) == FOUNTAIN


def test_a_scripts_transitions_lead_into_the_next_scene_and_the_last_into_none() -> None:
    kinds = [draft.transition and draft.transition.kind for draft in split(FOUNTAIN).drafts]
    assert kinds == [None, None, NONE, None, DISSOLVE, None]
    script = (
        "INT. A - DAY\nA ball.\nSMASH CUT TO:\nINT. B - DAY\nA box.\n\n"
        "> FADE TO WHITE\n\nIt ends.\n"
    )
    cut = [draft.transition and draft.transition.kind for draft in split(script).drafts]
    assert cut == [None, NONE, "fade-white"]


PDF = """\
                 2.
CONTINUED:

12   INT. HOUSE - DAY   12

A red ball lies on the
floor and waits.

               BOB
     Hello there.
               (MORE)

3.

               BOB (CONT’D)
     Bye.

(CONTINUED)

A13  EXT. ROOF - NIGHT  A13
A star falls.
CUT TO:
14 EXT. GARDEN - DAY 14
It rains.
CONTINUED: (2)
"""


def test_numbers_of_pages_and_their_signs_are_no_words_of_a_pasted_script() -> None:
    assert prompts(PDF) == [
        "INT. HOUSE - DAY A red ball lies on the floor and waits.",
        "INT. HOUSE - DAY. BOB Hello there.",
        "INT. HOUSE - DAY. BOB Bye.",
        "EXT. ROOF - NIGHT A star falls.",
        "EXT. GARDEN - DAY It rains.",
    ]


@pytest.mark.parametrize(
    ("script", "made"),
    [
        ("ext. beach - day\n\nWaves.\n", ["ext. beach - day Waves."]),
        ("INT./EXT. CAR - DAY\n\nRain.\n", ["INT./EXT. CAR - DAY Rain."]),
        ("INT/EXT CAR - DAY\n\nRain.\n", ["INT/EXT CAR - DAY Rain."]),
        ("I./E. CAR - DAY\n\nRain.\n", ["I./E. CAR - DAY Rain."]),
        ("EXT BEACH\n\nWaves.\n", ["EXT BEACH Waves."]),
        ("INT. A\n\n...\n\n?!\n\nRain.\n", ["INT. A ... ?! Rain."]),
        ("..no heading\n", ["..no heading"]),
        (".1ST FLOOR\nA door.\n", ["1ST FLOOR A door."]),
        ("INT. A #1-A#\nRain [8s].\n", ["INT. A Rain."]),
        ("INT. A\n\nSee [[a [8s] note {mood: x}]] it [[open.\n", ["INT. A See it [[open."]),
        ("INT. A\n\nSee /* no end [8s] {nonsense: x}\n\nmore\n", ["INT. A See"]),
        ("INT. A\n\n**Bold** and ***both*** and _*mixed*_, 2 * 3 * 4.\n",
         ["INT. A Bold and both and mixed, 2 * 3 * 4."]),
        ("Title: X\n\nA fox.\n\n> CENTRED <\n\nA hen.\n", ["A fox.", "A hen."]),
        ("# One\n\n## Two\n\nA fox.\n", ["A fox."]),
        ("INTERIOR DESIGN is fun.\n", ["INTERIOR DESIGN is fun."]),
        ("A fox.\n\nTHE END\n\nFIN TO: somebody\n", ["A fox.", "FIN TO: somebody"]),
    ],
)  # fmt: skip
def test_members_of_fountain(script: str, made: list[str]) -> None:
    assert prompts(script, TextFormat.FOUNTAIN) == made


@pytest.mark.parametrize(
    ("text", "made", "said_s"),
    [
        ("[ti:Song]\n[ar:Me]\n[00:00.00]Red ball\n[00:03.00][00:09.00]Green star\n"
         "[00:06.00]Blue box\n[00:12.00]\n",
         ["Red ball", "Green star", "Blue box", "Green star"], [3, 3, 3, 3]),
        ("[ar: Me]\r\n\r\n[00:00.5] Red\r\n[00:02]Blue\r\n[00:05.250]\r\n",
         ["Red", "Blue"], [2, 3.25]),
        ("[ti:x]\n[offset:500]\n[00:01.00]Red\n[00:02.50]Blue\n[00:04.50]\n",
         ["Red", "Blue"], [2, 2]),
        ("[ti:x]\n[offset:-500]\n[00:00.00]Red\n[00:02.00]Blue\n[00:04.00]\n",
         ["Red", "Blue"], [2.5, 2]),
        ("[00:00.00]<00:00.00>Red <00:00.50>ball <00:02.00>\n[00:02.00]Blue[00:04.50]\n",
         ["Red ball", "Blue"], [2, 2.5]),
        ("[la:en]\n[00:01:50]Red\n[00:03:00]Blue\n[00:04:75]\n", ["Red", "Blue"], [3, 1.75]),
        ("[by:me]\n[00:03.00][00:00.00]Red\n[00:01.50]Blue [camera]\n[00:04.00]\n",
         ["Red", "Blue [camera]", "Red"], [1.5, 1.5, 1]),
    ],
)  # fmt: skip
def test_lyrics_come_at_each_of_their_times(
    text: str, made: list[str], said_s: list[float]
) -> None:
    board = split(text)
    assert board.text_format is TextFormat.LYRICS
    assert [draft.prompt for draft in board.drafts] == made
    assert [draft.duration_s for draft in board.drafts] == said_s
    assert not any("ti:" in draft.title for draft in board.drafts)


def test_an_offset_that_is_no_number_or_goes_too_far_is_told() -> None:
    assert "no number" not in split("[offset:100]\n[00:02]a\n").notes
    assert "'[offset:soon]'" in split("[offset:soon]\n[00:02]a\n").notes[0]
    assert "counts for 2000 ms" in split("[offset:5000]\n[00:02]a\n").notes[0]


SRT = (
    "1\n00:00:00,000 --> 00:00:02,000\n<i>A red ball</i>\nrolls\n\n"
    "2\n00:00:02,000 --> 00:00:04,000\n{\\an8}A box\n\n"
    "3\n00:00:04,000 --> 00:00:06,600\nA ring\n"
)


@pytest.mark.parametrize(
    "text",
    [
        SRT,
        SRT.replace("\n", "\r\n"),
        SRT.replace("\n", "\r"),
        "\ufeff" + SRT.strip(),
        SRT.replace("\n\n", "\n"),
        SRT.replace("<i>A red ball</i>\nrolls", "A red ball\n\nrolls"),
        SRT + "\n4\n",
        SRT + "\n4\n00:00:06,600 --> 00:00:07,000\n\n",
        "WEBVTT\n\nNOTE a\nb\n\nSTYLE\n::cue {}\n\nintro\n" + SRT[2:].replace(",", "."),
        "WEBVTT - x\nKind: captions\n\n" + SRT.replace(",", ".").replace("00:00:0", "00:0"),
    ],
)
def test_each_cue_of_subtitles_is_a_scene_with_its_words_and_times(text: str) -> None:
    board = split(text)
    assert board.text_format is TextFormat.SUBTITLES
    assert [draft.words for draft in board.drafts] == ["A red ball rolls", "A box", "A ring"]
    assert [draft.duration_s for draft in board.drafts] == [2, 2, 2.6]
    assert "".join(draft.text for draft in board.drafts) == text


def test_damaged_subtitles_are_told_and_still_read_as_text() -> None:
    board = split(SRT.replace("--> 00:00:04,000", "--> 00:00:0x,000"))
    assert "Line 7 of the storyboard" in board.notes[0]
    assert "read as plain text" in board.notes[0]
    assert board.drafts


@pytest.mark.parametrize(
    ("text", "made", "called", "said_s"),
    [
        ("**Scene 1: Dawn**\nA red ball moves.\n\n**Scene 2 (4s): Night**\nA blue box *rises*.\n",
         ["A red ball moves.", "A blue box rises."], ["Scene 1: Dawn", "Scene 2: Night"], [2, 4]),
        ("| Shot | Length | Picture |\n|---|---|---|\n| 1 | 4s | A ball |\n| 2 | 3 | A box |\n",
         ["A ball", "A box"], ["", ""], [4, 3]),
        ("Shot|Time|Title|Action\n:-:|-|-|-:\n"
         "1|0:00-0:04|Dawn|A **ball**\n2|0:04–0:05|Dusk|A box\n",
         ["A ball", "A box"], ["Dawn", "Dusk"], [4, 1]),
        ("1. **Opening** (0:00 - 0:04): A red ball.\n2. **Middle** (0:04 - 0:08): A blue box.\n",
         ["A red ball.", "A blue box."], ["Opening", "Middle"], [4, 4]),
        ("1) __Opening (3 seconds)__ – A red ball.\n2) __Middle__: A box.\n",
         ["A red ball.", "A box."], ["Opening", "Middle"], [3, 2]),
        ("## Scene 1 (0–3s)\n\n- **Visual:** A ball\n- **Camera:** Pan left\n- a hum\n\n---\n\n"
         "## Scene 2 (3–5s)\n\nA box.\n\nIt rises.\n",
         ["A ball a hum", "A box. It rises."], ["Scene 1", "Scene 2"], [3, 2]),
        ("### **Shot 1 – Dawn**\nDuration: 3 sec\nDescription: A ball.\n",
         ["A ball."], ["Shot 1 – Dawn"], [3]),
        ("**Dawn**\n\nA ball.\n\nA **box**.\n", ["A ball.", "A box."], ["Dawn", ""], [2, 2]),
        ("Film\n====\n\n**Scene 1:** A ball.\n\n**Scene 2:** A box.\n",
         ["A ball.", "A box."], ["Scene 1", "Scene 2"], [2, 2]),
        ("---\ntitle: My film\ndate: 2026\n---\n\n# One\n\n"
         "> A [ball](https://a.b/c) <!-- red -->\n\n"
         "```\n+ A ~~box~~ `ring`\n- [ ] A star\n```\n",
         ["A ball", "A box ring", "A star"], ["One", "", ""], [2, 2, 2]),
    ],
)  # fmt: skip
def test_markdown_storyboards_become_their_scenes_without_signs(
    text: str, made: list[str], called: list[str], said_s: list[float]
) -> None:
    for read in (text, text.replace("\n", "\r\n")):
        board = split(read)
        assert board.text_format is TextFormat.MARKDOWN
        assert [draft.prompt for draft in board.drafts] == made
        assert [draft.title for draft in board.drafts] == called
        assert [draft.duration_s for draft in board.drafts] == said_s
        assert "".join(draft.text for draft in board.drafts) == read


def test_a_table_says_how_the_camera_moves_and_rows_of_nothing_are_no_scenes() -> None:
    text = (
        "| # | Camera | What |\n|--|--|--|\n| 1 | pan left | A ball |\n"
        "| 2 | | |\n| 3 | slow | A box |\n"
    )
    board = split(text)
    assert [(draft.prompt, draft.camera) for draft in board.drafts] == [
        ("A ball", "pan_left"),
        ("slow A box", None),
    ]


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("A fox.\n\n12:30 pm: The market opens.\n\nA hen.",
         ["A fox.", "12:30 pm: The market opens.", "A hen."]),
        ("7:15 a.m. The sun.\n\n18:00 Uhr Der Mond.",
         ["7:15 a.m. The sun.", "18:00 Uhr Der Mond."]),
        ("A fox.\n\u200b\nA hen.\n\ufeff\nA cat.", ["A fox.", "A hen.", "A cat."]),
        ("A fox.\n\n\u200b\n\n...\n\nA hen.", ["A fox.", "... A hen."]),
        ("...\n\n***\n\n♪ ♪\n\n–\n", []),
        ("•\tA hen\n\uf0b7\tA cat\no\tA dog\n1)\tA cow\na)\tA pig\n1.2.\tA ram\n",
         ["A hen", "A cat", "A dog", "A cow", "A pig", "A ram"]),
        ("“A fox,” he said. “It runs.”", ["“A fox,” he said. “It runs.”"]),
        ("Scene 1 (4s): A fox\nScene 2 (5 seconds) – A hen\nShot 3: A cow\n",
         ["A fox", "A hen", "A cow"]),
        ("– Hello.\x0bIt rains.\x0cA page.", ["Hello.", "It rains.", "A page."]),
        ("2.5 metres of water.", ["2.5 metres of water."]),
    ],
)  # fmt: skip
def test_plain_words_of_word_and_people(text: str, made: list[str]) -> None:
    assert prompts(text) == made
    assert len(split(text).drafts) == len(made)


def test_times_of_day_leave_the_lengths_alone() -> None:
    assert lengths("A fox.\n\n12:30 pm: The market opens.\n\nA hen.") == [2, 2, 2]
    assert lengths("Scene 1 (4s): A fox\nScene 2 (5 seconds) – A hen\nScene 3: A cow") == [4, 5, 2]
    assert lengths("0:00 A fox\n0:03 A hen\n0:04") == [3, 2]


@pytest.mark.parametrize(
    ("name", "text_format"),
    [
        ("a.FOUNTAIN", TextFormat.FOUNTAIN), ("a.lrc", TextFormat.LYRICS),
        ("a.srt", TextFormat.SUBTITLES), ("a.Vtt", TextFormat.SUBTITLES),
        ("a.md", TextFormat.MARKDOWN), ("a.txt", None), ("a", None),
    ],
)  # fmt: skip
def test_a_files_name_says_what_it_is(name: str, text_format: TextFormat | None) -> None:
    assert format_of(Path(name)) is text_format
    assert text_format is None or Path(name).suffix.lower() in SUFFIXES


@pytest.mark.parametrize(
    "text",
    [
        "", "A fox.", "Note: a fox runs.", "Date: tomorrow we leave.", "0:12 A fox\n0:15 A hen",
        "[0:01:02] A fox\n[0:01:05] A hen", "[Verse 1]\nLa la", "[0:12]\nA fox\n[0:15]\nA hen",
        "A * B * C", "snake_case and __init__ stay", "1\n2\n3\n", "External rains.",
        "a | b | c", "4 --> 5",
    ],
)  # fmt: skip
def test_what_is_written_as_people_do_is_plain_text(text: str) -> None:
    assert recognise(text) in (TextFormat.PLAIN, TextFormat.LYRICS if "[0:1" in text else None)


_PIECES = st.sampled_from(
    [
        "\n", "\r\n", "\r", " ", "\t", "A fox runs.", "fox", "字", "🦊", "INT. A - DAY", ".ROOF",
        "CUT TO:", "> x <", "[[", "]]", "/*", "*/", "#", "# A", "**", "*", "_",
        "**Scene 2 (4s): x**",
        "| a | b |", "|---|---|", "1.", "1", "2", "(MORE)", "[00:01.00]", "[00:02.00][00:03.00]x",
        "[ti:x]",
        "00:00:01,000 --> 00:00:02,000", "WEBVTT", "Title: x", "~", "!", "@", "=", "===",
        "{mood: x}", "[8s]", "<i>", "</i>", "<00:01.00>", "<!--", "-->", "[a](http://b)",
        "\u200b", "\ufeff",
        "(0:00-0:04)", "(0-4s)", ":", "-", "---", "\x1a", "\u2028", "\x85",
    ]
)  # fmt: skip
any_text = st.lists(_PIECES, max_size=30).map("".join) | st.text()


@settings(max_examples=300, deadline=None)
@given(any_text, st.sampled_from([None, *TextFormat]))
def test_every_text_is_read_in_every_format_and_none_of_it_is_lost(
    text: str, text_format: TextFormat | None
) -> None:
    board = split(text, text_format)
    assert all(draft.words and draft.prompt and draft.duration_s > 0 for draft in board.drafts)
    assert all(text[draft.start :].startswith(draft.text) for draft in board.drafts)
    places = {draft.start: draft.text for draft in board.drafts}
    if places:
        assert "".join(places[start] for start in sorted(places)) == text


@settings(max_examples=100, deadline=None)
@given(any_text, st.sampled_from([None, *TextFormat]))
def test_making_the_scenes_of_any_format_twice_changes_nothing(
    text: str, text_format: TextFormat | None
) -> None:
    board = split(text, text_format)
    once = renew(new_project("Film", datetime(2026, 1, 1, tzinfo=UTC)), board)
    assert renew(once, board) == once


def test_a_prompt_nobody_edited_follows_its_script() -> None:
    board = split(FOUNTAIN)
    once = renew(new_project("Film", datetime(2026, 1, 1, tzinfo=UTC)), board)
    moved = renew(once, split(FOUNTAIN.replace("INT. HOUSE", "INT. BARN")))
    assert [scene.id for scene in moved.scenes][1:] == [scene.id for scene in once.scenes][1:]
    assert moved.scenes[1].prompt == "INT. BARN - DAY. BOB (V.O.) (whispering) Hello there."
