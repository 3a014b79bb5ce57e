"""`language`, `enhance`, `storyboard` and `continuity`: words that a language model writes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.project.files.lock import ProjectLock
from core.project.files.project_file import read_project, write_project
from core.project.model.characters import Character, CharacterKind
from core.project.model.edits import with_prompt
from core.video.control_row import Control
from tests.fakes.services.language_server import (
    LanguageService,
    Question,
    Shape,
    own_server,
    rented_models,
    write,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from core.project.model.project import Scene
    from tests.cli.conftest import Answer

    Run = Callable[..., Answer]

LOCAL = ("--with", "ollama/gemma4:e4b")
LUNA = ("--with", "openai/gpt-6-luna")
SONG = "[Verse 1]\nRain on the window pane\nShe waits alone again\n\n[Chorus]\nRun, run\n"


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LanguageService]:
    with own_server(tmp_path / "ollama") as (service, address):
        monkeypatch.setenv("OLLAMA_HOST", address)
        yield service


@pytest.fixture
def rented(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LanguageService]:
    with rented_models(tmp_path / "service") as service:
        service.stand_in(monkeypatch)
        yield service
        assert service.posts_too_many == 0, "something was bought twice"


@pytest.fixture
def song(home: Path) -> str:
    Path("song.txt").write_text(SONG, encoding="utf-8")
    return "song.txt"


@pytest.fixture
def film(run: Run, own: LanguageService, song: str) -> Path:
    """A project of three scenes."""
    assert run("storyboard", song, *LOCAL, "-o", "Film").code == 0
    return Path("Film")


def scenes(folder: Path) -> tuple[Scene, ...]:
    return read_project(folder).project.scenes


def test_models_are_listed_with_price_and_where_they_run(
    run: Run, own: LanguageService, rented: LanguageService
) -> None:
    answer = run("language")
    assert answer.code == 0, answer.err
    assert "ollama/gemma4:e4b\n      free, on this machine." in answer.out
    assert "openai/gpt-6-luna\n      $0.1 in, $0.5 out per million tokens." in answer.out
    assert "main.py enhance -p PROMPT --with ollama/gemma4:e4b" in answer.out
    assert (own.purchases, rented.purchases) == (0, 0)


def test_a_server_that_is_not_there_says_how_to_start_it(run: Run) -> None:
    assert run("config", "set", "language.vllm", "127.0.0.1:1").code == 0
    said = " ".join(run("language", "vllm").out.split())
    assert "vLLM does not answer at http://127.0.0.1:1" in said
    assert "run 'vllm serve MODEL'" in said


def test_another_server_at_the_port_is_told_apart(run: Run, own: LanguageService) -> None:
    own.habits.is_another = True
    answer = run("enhance", "-p", "a fox", *LOCAL)
    assert answer.code == 1
    assert "is no Ollama (200, text/html)" in " ".join(answer.err.split())


def test_one_prompt_is_rewritten_and_printed_alone(run: Run, own: LanguageService) -> None:
    answer = run("enhance", "-p", "a fox", *LOCAL)
    assert (answer.code, answer.out) == (0, "a fox In low light.\n"), answer.err
    assert "nothing is sent elsewhere and nothing is charged" in " ".join(answer.err.split())
    events = run("enhance", "-p", "a fox", *LOCAL, "--json").events
    found = next(event for event in events if event["event"] == "enhanced")
    assert (found["prompt"], found["enhanced_prompt"]) == ("a fox", "a fox In low light.")


def test_nothing_is_bought_without_a_persons_word(run: Run, rented: LanguageService) -> None:
    refused = run("enhance", "-p", "a fox", *LUNA)
    assert refused.code == 2
    assert "1 answer of GPT-6 Luna for <$0.01: add --yes" in " ".join(refused.err.split())
    dry = run("enhance", "-p", "a fox", *LUNA, "--dry-run")
    assert dry.code == 0
    assert "1 question, at most $0.00" in dry.err
    assert "are sent to OpenAI, which charges $0.1 in" in " ".join(dry.err.split())
    assert rented.purchases == 0
    bought = run("enhance", "-p", "a fox", *LUNA, "--yes")
    assert (bought.code, bought.out) == (0, "a fox In low light.\n")
    assert rented.purchases == 1
    assert "openai/gpt-6-luna" in run("costs").out


def test_a_lost_answer_can_be_bought_again_by_its_command(
    run: Run, rented: LanguageService
) -> None:
    rented.habits.drops_answers = 1
    lost = run("enhance", "-p", "a fox", *LUNA, "--yes")
    assert lost.code == 1
    assert "It may be billed, at most $0.00" in " ".join(lost.err.split())
    [job] = [event["id"] for event in run("jobs", "list", "--json").events]
    again = run("jobs", "buy-again", job)
    assert (again.code, again.out) == (0, "a fox In low light.\n"), again.err


def test_without_a_model_the_text_is_divided_and_what_a_model_adds_is_told(
    run: Run, song: str
) -> None:
    answer = run("storyboard", song, "-o", "Plain")
    assert answer.code == 0, answer.err
    assert "A language model would write a prompt of what is to be seen" in " ".join(
        answer.err.split()
    )
    assert [scene.prompt for scene in scenes(Path("Plain"))] == [
        "Rain on the window pane",
        "She waits alone again",
        "Run, run",
    ]


def test_a_storyboard_becomes_a_project_with_every_line(film: Path) -> None:
    project = read_project(film).project
    assert project.storyboard == SONG
    assert "".join(scene.text for scene in project.scenes) == SONG
    assert [scene.prompt for scene in project.scenes] == [
        f"What line {number} shows." for number in (1, 2, 3)
    ]
    first = project.scenes[0]
    assert {Control.DURATION, Control.CAMERA_MOTION} <= set(first.own_fields)
    assert first.own.frame.duration_s == 4


def test_a_project_with_scenes_is_renewed_only_when_that_is_said(
    run: Run, film: Path, own: LanguageService, song: str
) -> None:
    before = scenes(film)
    asked = own.purchases
    refused = run("storyboard", song, *LOCAL, "-o", "Film")
    assert refused.code == 2
    assert "has 3 scenes. Add --force" in refused.err
    assert own.purchases == asked
    own.habits.writes = _other_prompts
    assert run("storyboard", song, *LOCAL, "-o", "Film", "--force").code == 0
    after = scenes(film)
    assert [scene.id for scene in after] == [scene.id for scene in before]
    assert {scene.prompt for scene in after} == {"Another prompt."}


def _other_prompts(question: Question) -> object:
    found = write(question)
    assert isinstance(found, dict)
    return {"scenes": [{**scene, "prompt": "Another prompt."} for scene in found["scenes"]]}


def test_what_a_job_has_written_is_taken_without_asking_again(
    run: Run, own: LanguageService, song: str
) -> None:
    events = run("storyboard", song, *LOCAL, "--json").events
    [job] = {event["job"] for event in events if "job" in event}
    asked = own.purchases
    assert run("storyboard", "--job", job, "-o", "Later").code == 0
    assert len(scenes(Path("Later"))) == 3
    assert own.purchases == asked
    wrong = run("continuity", "Later", "--job", job)
    assert wrong.code == 2
    assert "has written a storyboard, and no prompts" in " ".join(wrong.err.split())


def test_everything_wrong_is_told_before_anybody_is_asked(
    run: Run, own: LanguageService, song: str
) -> None:
    Path("Full").mkdir()
    Path("Full", "other.txt").touch()
    answer = run("storyboard", song, *LOCAL, "-o", "Full", "--length", "-3", "--format", "docx")
    assert answer.code == 2
    for said in ("has files and is no project", "--length", "'docx'"):
        assert said in answer.err
    assert own.purchases == 0


def test_a_text_without_words_is_refused(run: Run, own: LanguageService) -> None:
    Path("empty.txt").write_text("[Verse]\n", encoding="utf-8")
    answer = run("storyboard", "empty.txt", *LOCAL)
    assert answer.code == 2
    assert "has no words to make scenes of" in answer.err
    assert own.purchases == 0


def test_lines_that_were_mended_are_told(run: Run, own: LanguageService, song: str) -> None:
    parts = {"prompt": "P.", "camera": "static", "duration_s": 3, "characters": []}
    own.habits.writes = lambda _: {
        "scenes": [{"lines": [1, 2], **parts}, {"lines": [2, 3], **parts}]
    }
    answer = run("storyboard", song, *LOCAL)
    assert answer.code == 0, answer.err
    assert "Line 2 was named twice; it stays where it came first." in " ".join(answer.err.split())


def test_lines_that_nobody_can_place_are_refused(run: Run, own: LanguageService, song: str) -> None:
    parts = {"prompt": "P.", "camera": "static", "duration_s": 3, "characters": []}
    own.habits.writes = lambda _: {"scenes": [{"lines": [1], **parts}]}
    answer = run("storyboard", song, *LOCAL, "-o", "Film")
    assert answer.code == 1
    assert "of 3 lines it lacks 2, 3" in " ".join(answer.err.split())
    assert not Path("Film").exists()


def test_prompts_of_a_project_are_applied_beside_its_own_and_taken_away_again(
    run: Run, film: Path
) -> None:
    shown = run("enhance", str(film), *LOCAL, "--scene", "2")
    assert shown.code == 0, shown.err
    assert (
        "Scene 2\n  before: What line 2 shows.\n  after:  What line 2 shows. In low light."
        in shown.out
    )
    assert not any(scene.enhanced_prompt for scene in scenes(film))
    assert run("enhance", str(film), *LOCAL, "--apply").code == 0
    assert [(scene.prompt, scene.enhanced_prompt) for scene in scenes(film)] == [
        (f"What line {number} shows.", f"What line {number} shows. In low light.")
        for number in (1, 2, 3)
    ]
    assert run("enhance", str(film), "--clear", "--scene", "1").code == 0
    assert [bool(scene.enhanced_prompt) for scene in scenes(film)] == [False, True, True]


def test_one_style_is_proposed_and_applied_later_by_its_job(
    run: Run, film: Path, own: LanguageService
) -> None:
    events = run("continuity", str(film), *LOCAL, "--json").events
    assert next(event for event in events if event["event"] == "style")["style"]
    [job] = {event["job"] for event in events if "job" in event}
    assert not any(scene.enhanced_prompt for scene in scenes(film))
    # What a person changes meanwhile stays theirs.
    project = read_project(film).project
    changed = with_prompt(project.scenes[0], "My own words.")
    write_project(project.with_scene(changed), film)
    asked = own.purchases
    applied = run("continuity", str(film), "--job", job, "--apply")
    assert applied.code == 0, applied.err
    assert "The prompt of scene 1 was changed meanwhile" in " ".join(applied.err.split())
    assert [bool(scene.enhanced_prompt) for scene in scenes(film)] == [False, True, True]
    assert own.purchases == asked


def test_a_project_that_is_open_elsewhere_is_not_changed(run: Run, film: Path) -> None:
    lock = ProjectLock(film)
    assert lock.acquire()
    try:
        answer = run("enhance", str(film), *LOCAL, "--apply")
    finally:
        lock.release()
    assert answer.code == 1
    assert "with --job" in " ".join(answer.err.split())
    assert not any(scene.enhanced_prompt for scene in scenes(film))


def test_a_paid_answer_that_cannot_be_used_says_how_to_go_on(
    run: Run, rented: LanguageService
) -> None:
    rented.habits.shapes = [Shape.HALF]
    answer = run("enhance", "-p", "a fox", *LUNA, "--yes")
    assert answer.code == 1
    said = " ".join(answer.err.split())
    assert "ends in the middle of its object" in said
    assert "It was billed, about $0.00" in said
    assert "jobs buy-again" in said


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("enhance", "-p", "x", "--with", "olama/x"), "Did you mean 'ollama'?"),
        (("enhance", "-p", "x", *LOCAL, "--seed", "3"), "--seed is for a model's own enhancer"),
        (("enhance", "-p", "x", *LOCAL, "--apply"), "--apply needs a project"),
        (("enhance", "-p", "x", "--apply"), "--apply needs a project"),
        (("enhance", "-p", " ", *LOCAL), "The prompt is empty"),
        (("continuity",), "Name one project"),
        (("storyboard",), "Name one text file"),
        (("enhance", "nowhere", *LOCAL), "nowhere"),
    ],
)
def test_mistakes_are_told_in_a_sentence(
    run: Run, own: LanguageService, words: tuple[str, ...], sentence: str
) -> None:
    answer = run(*words)
    assert answer.code in (1, 2)
    assert sentence in " ".join(answer.err.split())
    assert own.purchases == 0


def test_a_model_may_be_set_for_good(run: Run, film: Path) -> None:
    missing = run("continuity", str(film))
    assert missing.code == 2
    assert "config set language.model MODEL" in " ".join(missing.err.split())
    assert run("config", "set", "language.model", "ollama/qwen3.5:4b").code == 0
    assert "qwen3.5:4b" in run("continuity", str(film), "--dry-run").err


def test_the_key_of_words_is_one_of_the_keys(run: Run) -> None:
    listed = run("keys", "list").out
    assert "anthropic" in listed
    assert "writes prompts and storyboards with Claude" in " ".join(listed.split())


def test_a_project_tells_the_names_that_it_keeps_before_those_that_are_typed(
    run: Run, own: LanguageService, film: Path, song: str
) -> None:
    kept = (
        Character(id="a", name="Anna"),
        Character(id="m", name="the mill", kind=CharacterKind.PLACE),
        Character(id="i", name="ink", kind=CharacterKind.STYLE),
    )
    project = read_project(film).project
    write_project(project.model_copy(update={"characters": kept}), film)
    own.asked.clear()
    more = ("--character", "@Bo", "--character", "@Anna", "--force")
    answer = run("storyboard", song, *LOCAL, "-o", str(film), *more)
    assert answer.code == 0, answer.err
    assert "called by these names: @Anna, @the mill, @Bo." in own.asked[0].system
