"""Storyboards by a model: every line of any text in exactly one scene, whatever it answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import UnsupportedRequest
from core.jobs.job import Succeeded
from core.language.tasks.storyboards import StoryboardTask
from core.language.tasks.task import Misfit
from core.project.storyboard.grouped import number_lines
from core.project.storyboard.storyboard import split_storyboard
from tests.core.language.asked import LOCAL, ask, board_of
from tests.fakes.services.language_server import Question, write

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from core.project.storyboard.storyboard import Storyboard
    from core.studio import Studio
    from tests.fakes.services.language_server import LanguageService

SONG = """\
[Verse 1]
Rain on the window pane
She waits alone again

[Chorus]
Run, run
Into the light
"""
LRC = """\
[ti:Night]
[00:05.00]The city sleeps
[00:08.00]Only the river speaks
[00:12.00][00:30.00]Hold on to me
[00:15.50][00:33.50]Hold on
[00:20.00]Morning comes
[00:25.00]
"""
SCRIPT = """\
INT. KITCHEN - NIGHT

Anna lights a match. The gas catches.

ANNA
It works.

EXT. STREET - DAY

Cars pass. Nobody looks up.
"""
MARKED = """\
# The lake
{style: ink} A boat leaves. {camera: pan left} It is early.

[8s] The fog lifts.

{time: 0:40} The sun is out. {seed: 7}
"""
SUBTITLES = """\
1
00:00:01,000 --> 00:00:04,000
First words

2
00:00:05,000 --> 00:00:07,500
Second words
"""
TEXTS = (SONG, LRC, SCRIPT, MARKED, SUBTITLES, "one", "狐が走る。雪が降る。", "a\r\nb\r\n\r\nc")

_words = st.sampled_from(["fox", "runs.", "café", "狐", "“Go!”", "night,", "and", "again…"])
_lines = st.lists(_words, min_size=1, max_size=6).map(" ".join)
_marks = st.sampled_from(
    ["[Verse]", "# Night", "[8s] fox", "{time: 0:12} fox", "INT. KITCHEN - DAY", "", "", "- item",
     "[00:12.00]sung", "[00:10.00][00:20.00]again", "{style: ink}", "---"]
)  # fmt: skip
texts = st.lists(_lines | _marks, max_size=30).map("\n".join) | st.sampled_from(TEXTS)
_scene = st.fixed_dictionaries(
    {
        "lines": st.lists(st.integers(-1, 40), max_size=8),
        "prompt": st.sampled_from(["A fox.", "", "A long road."]),
        "camera": st.sampled_from(["static", "zoom in", "spin"]),
        "duration_s": st.sampled_from([-1, 0, 2.5, 7, 900]),
        "characters": st.lists(st.sampled_from(["Anna", " ", "Ben"]), max_size=2),
    }
)


def answers_for(task: StoryboardTask, cut_at: Sequence[bool]) -> tuple[dict[str, Any], ...]:
    """Good answers, in which scenes end wherever they are told to."""
    answers: list[dict[str, Any]] = []
    cuts = iter(cut_at)
    for number in range(task.num_questions):
        question = task.question(number, ())
        lines = Question("", question.text, {}).numbers
        groups: list[list[int]] = []
        for line in lines:
            if groups and not next(cuts, False):
                groups[-1].append(line)
            else:
                groups.append([line])
        scenes = [
            {
                "lines": group,
                "prompt": f"Lines {group[0]} on.",
                "camera": "static",
                "duration_s": 3,
                "characters": [],
            }
            for group in groups
        ]
        answers.append({"scenes": scenes})
    return tuple(answers)


def _letters(parts: Iterable[str]) -> str:
    return "".join("".join(parts).split())


def assert_whole(task: StoryboardTask, board: Storyboard) -> None:
    """Every line is in exactly one scene, in the order in which the built-in splitter has it."""
    numbered = number_lines(task.text, task.text_format)
    told = [draft.words for draft in board.drafts]
    assert _letters(told) == _letters(line.words for line in numbered.lines)
    plain = split_storyboard(task.text, target_length_s=None, clip_s=5, min_s=1, max_s=10)
    assert "".join(draft.text for draft in board.drafts) == "".join(d.text for d in plain.drafts)
    assert all(draft.prompt for draft in board.drafts)


@settings(max_examples=200, deadline=None)
@given(texts, st.lists(st.booleans(), max_size=40))
def test_no_line_is_lost_or_told_twice_wherever_scenes_are_cut(
    text: str, cut_at: list[bool]
) -> None:
    task = board_of(text)
    if not task.numbered.lines:
        with pytest.raises(UnsupportedRequest):
            task.check()
        return
    answers = answers_for(task, cut_at)
    for number, answer in enumerate(answers):
        task.read(number, answer)
    assert_whole(task, task.storyboard(answers))


@settings(max_examples=300, deadline=None)
@given(texts, st.lists(_scene, max_size=8), st.data())
def test_no_line_is_lost_or_told_twice_whatever_is_answered(
    text: str, scenes: list[dict[str, Any]], data: st.DataObject
) -> None:
    task = board_of(text)
    if not task.numbered.lines:
        return
    answers = [dict(answer) for answer in answers_for(task, [True] * 40)]
    # One answer is anything at all, or a good one with scenes that are taken out, moved or doubled.
    spoiled = data.draw(st.integers(0, len(answers) - 1))
    good: list[object] = list(answers[spoiled]["scenes"])
    kept = data.draw(st.lists(st.sampled_from(good), max_size=len(good) + 2))
    answers[spoiled] = {"scenes": scenes if data.draw(st.booleans()) else kept}
    try:
        notes = task.read(spoiled, answers[spoiled])
    except Misfit:
        return
    board = task.storyboard(tuple(answers))
    assert_whole(task, board)
    flat = sorted(line for scene in answers[spoiled]["scenes"] for line in scene["lines"])
    wanted = Question("", task.question(spoiled, ()).text, {}).numbers
    assert notes or flat == wanted


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ([[1], [3], [4]], "Line 2 was left out"),
        ([[1, 2], [2, 3], [4]], "Line 2 was named twice"),
        ([[1, 2], [3, 4, 99]], "no line 99"),
        ([[1, 2, 3], [4]], "A scene has to begin at line 3"),
        ([[3, 4], [1, 2]], ""),
    ],
)
def test_what_can_be_mended_in_one_way_is_and_is_told(
    lines: list[list[int]], sentence: str
) -> None:
    task = board_of(SONG)
    answer = _answer(lines)
    said = " ".join(task.read(0, answer))
    assert sentence in said if sentence else not said
    assert_whole(task, task.storyboard((answer,)))


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ([[1]], "of 4 lines it lacks 2, 3, 4"),
        ([], "of 4 lines it lacks 1, 2, 3, 4"),
        ([[1, 4], [2, 3]], "line 2 stands within the scene of the lines 1 to 4"),
    ],
)
def test_what_cannot_be_mended_is_refused(lines: list[list[int]], sentence: str) -> None:
    with pytest.raises(Misfit, match=sentence):
        board_of(SONG).read(0, _answer(lines))


def _answer(lines: list[list[int]]) -> dict[str, object]:
    parts = {"camera": "static", "duration_s": 3, "characters": ["Anna"]}
    return {"scenes": [{"lines": own, "prompt": f"P{own}.", **parts} for own in lines]}


def test_times_and_headings_of_the_text_hold(studio: Studio, own: LanguageService) -> None:
    board = _made(studio, board_of(LRC))
    starts = [0.0]
    for draft in board.drafts:
        starts.append(round(starts[-1] + draft.duration_s, 2))
    # The words begin at 5 s, which the first scene waits for, and two lines come again.
    assert starts == [0.0, 8.0, 12.0, 15.5, 20.0, 30.0, 33.5, 37.5]
    assert [draft.words for draft in board.drafts][2:4] == ["Hold on to me", "Hold on"]
    assert [draft.words for draft in board.drafts][5:] == ["Hold on to me", "Hold on"]


def test_tags_of_the_text_go_before_what_is_chosen(studio: Studio, own: LanguageService) -> None:
    board = _made(studio, board_of(MARKED))
    boat, early, fog, sun = board.drafts
    assert boat.prompt == "What line 1 shows. ink."
    assert (boat.title, boat.camera, early.camera) == ("The lake", "zoom_in", "pan_left")
    assert (fog.duration_s, fog.is_asked) == (8, True)
    assert sum(draft.duration_s for draft in (boat, early, fog)) == 40
    assert sun.seed == 7


def test_the_scenes_of_a_script_keep_their_places(studio: Studio, own: LanguageService) -> None:
    _made(studio, board_of(SCRIPT))
    assert "== INT. KITCHEN - NIGHT ==" in own.asked[0].text
    assert "== EXT. STREET - DAY ==" in own.asked[0].text


def test_a_target_length_is_shared_by_the_lengths_that_were_chosen(
    studio: Studio, own: LanguageService
) -> None:
    board = _made(studio, board_of(SONG, target_length_s=20.0))
    assert board.total_s == 20
    assert [draft.duration_s for draft in board.drafts] == [5, 5, 5, 5]


def test_a_text_of_50_000_words_is_asked_for_in_parts_and_priced_before(
    studio: Studio, own: LanguageService, rented: LanguageService
) -> None:
    verse = "\n".join(f"{word} falls on the quiet town tonight again" for word in ("Rain",) * 5)
    text = "\n\n".join(f"[Verse {number}]\n{verse}" for number in range(1250))
    assert len(text.split()) > 50_000
    task = board_of(text)
    planned = studio.language.plan(task, studio.language.find("openai/gpt-6-luna"))
    assert planned.num_questions > 100
    assert planned.at_most_usd > 0.1
    assert rented.purchases == 0
    board = _made(studio, task)
    assert_whole(task, board)
    assert len(board.drafts) == 6250
    # What was written before goes along, and every part is as long as was priced.
    assert "These were the last of them" in own.asked[1].text
    assert "So far there were: Anna" in own.asked[1].text
    allowed = planned.tokens_in / planned.num_questions
    assert max(len(one.text) for one in own.asked) / 2.5 < allowed + 600
    # Parts end where a verse does.
    assert own.asked[1].text.count("== Verse") == len(own.asked[1].numbers) / 5


def test_too_long_a_text_and_one_without_words_are_refused_before_anything_is_asked() -> None:
    with pytest.raises(UnsupportedRequest, match="at most 200,000"):
        board_of("word " * 200_001).check()
    with pytest.raises(UnsupportedRequest, match="no words"):
        board_of("[Verse]\n\n# Night\n").check()


def test_the_schema_is_one_that_every_service_takes() -> None:
    def look(schema: Any) -> None:
        if isinstance(schema, dict):
            assert not {"default", "minimum", "pattern", "title"} & set(schema) - {"properties"}
            if schema.get("type") == "object":
                assert set(schema["required"]) == set(schema["properties"])
                assert schema["additionalProperties"] is False
            for inner in schema.values():
                look(inner)

    schema = json.loads(json.dumps(dict(board_of(SONG).question(0, ()).answer_schema)))
    look(schema)


def _made(studio: Studio, task: StoryboardTask) -> Storyboard:
    _, end = ask(studio, LOCAL, task)
    assert isinstance(end, Succeeded), end
    record = studio.queue.jobs()[-1]
    answered = studio.language.read(record, end.path)
    assert isinstance(answered.task, StoryboardTask)
    return answered.task.storyboard(answered.answers)


def test_the_stub_gives_each_line_a_scene() -> None:
    question = board_of(SONG).question(0, ())
    found = write(Question(question.instructions, question.text, dict(question.answer_schema)))
    assert board_of(SONG).read(0, cast("dict[str, object]", found)) == ()
