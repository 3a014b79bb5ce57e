"""What a film's file says about itself: title, chapters, where its pictures come from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from core.film.model.delivery import CONTAINERS, AudioCodec, Container, ExportSettings
from core.film.model.film import Clip, Film
from tests.film.exporting import RECORD, export, film_of, look_at, make_clip, two_clips

if TYPE_CHECKING:
    from pathlib import Path

AI = "trainedAlgorithmicMedia"
TITLE = 'Red = "ball"; #1 \\ 50 %\nörtlich 🎈'
KEEPING = [Container.MP4, Container.MOV, Container.MKV, Container.WEBM]


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("said")
    two_clips(folder)
    return folder


def _settings(kind: Container, **changes: object) -> ExportSettings:
    pairing = CONTAINERS[kind]
    usual = ExportSettings(container=kind)
    if pairing.video:
        codecs = {"video_codec": pairing.video[0], "audio_codec": AudioCodec.NONE}
        usual = usual.model_copy(update=codecs)
    return usual.model_copy(update=changes)


def _out(tmp_path: Path, kind: Container) -> Path:
    return tmp_path / "out" / f"film{CONTAINERS[kind].suffix}"


@pytest.mark.parametrize("kind", KEEPING)
def test_title_chapters_and_the_clips_own_records_are_in_the_file(
    kind: Container, room: Path, tmp_path: Path
) -> None:
    film = film_of(room / "ball.mp4", room / "bars.mp4", title=TITLE, has_chapters=True)
    named = film.clips[1].model_copy(update={"title": "Bars = #2"})
    film = film.model_copy(update={"clips": (film.clips[0], named)})

    made = export(film, _settings(kind), _out(tmp_path, kind), store=room / "store")

    look = look_at(made.path)
    assert look.metadata["title"] == TITLE
    assert [name for name, _, _ in look.chapters] == ["ball", "Bars = #2"]
    assert [start for _, start, _ in look.chapters] == pytest.approx([0, 0.48], abs=0.021)
    assert look.chapters[-1][2] == pytest.approx(1, abs=0.002)
    said = json.loads(look.metadata["comment"])
    assert said["program"].startswith("ImageAI")
    assert AI in said["digital_source_type"]
    assert [clip["file"] for clip in said["clips"]] == ["ball.mp4", "bars.mp4"]
    assert said["clips"][0]["says"] == RECORD
    assert len(said["clips"][0]["sha256"]) == 64
    assert made.notes == []


@pytest.mark.parametrize("kind", [Container.AVI, Container.GIF, Container.WEBP, Container.PNG])
def test_what_a_container_cannot_say_is_noted(kind: Container, room: Path, tmp_path: Path) -> None:
    film = film_of(room / "ball.mp4", room / "bars.mp4", title="A film", has_chapters=True)

    made = export(film, _settings(kind), _out(tmp_path, kind), store=room / "store")

    messages = " ".join(made.notes)
    assert "chapters" in messages
    if kind is Container.AVI:
        look = look_at(made.path)
        assert look.metadata["title"] == "A film"
        assert json.loads(look.metadata["comment"])["clips"][0]["says"] == RECORD
    else:
        assert "title" in messages
        assert "AI" in messages


def test_a_film_of_other_clips_is_not_marked_unless_that_is_asked_for(
    room: Path, tmp_path: Path
) -> None:
    film = film_of(room / "bars.mp4")
    kind = Container.MP4

    plain = look_at(export(film, _settings(kind), _out(tmp_path / "a", kind)).path)
    asked = export(film, _settings(kind, is_marked_ai=True), _out(tmp_path / "b", kind))

    assert AI not in plain.metadata["comment"]
    assert "description" not in plain.metadata
    marked = look_at(asked.path)
    assert AI in marked.metadata["comment"]
    assert "AI" in marked.metadata["description"]


def test_a_film_of_marked_clips_is_not_marked_when_that_is_asked_for(
    room: Path, tmp_path: Path
) -> None:
    film = film_of(room / "ball.mp4")
    kind = Container.MP4

    made = export(film, _settings(kind, is_marked_ai=False), _out(tmp_path, kind))

    look = look_at(made.path)
    assert AI not in look.metadata["comment"]
    assert "description" not in look.metadata
    # The clip still speaks for itself.
    assert json.loads(look.metadata["comment"])["clips"][0]["says"] == RECORD


@pytest.mark.parametrize("kind", [*KEEPING, Container.AVI])
def test_long_records_of_many_clips_all_stay(kind: Container, tmp_path: Path) -> None:
    prompts = [f"{number} " + "as long as a prompt may be, " * 1000 for number in range(3)]
    clips = [
        make_clip(
            tmp_path / f"{number}.mp4",
            0.08 + number / 25,
            has_audio=False,
            comment=json.dumps({"program": "ImageAI 0.1", "prompt": prompt}),
        )
        for number, prompt in enumerate(prompts)
    ]
    film = Film(clips=tuple(Clip(path=clip) for clip in clips))

    made = export(film, _settings(kind), _out(tmp_path, kind))

    said = json.loads(look_at(made.path).metadata["comment"])
    assert [clip["says"]["prompt"] for clip in said["clips"]] == prompts


def test_what_another_program_wrote_into_a_clip_is_kept_word_for_word(tmp_path: Path) -> None:
    words = '{"note": "by \\"me\\""}; # = \\'
    clip = make_clip(tmp_path / "clip.mp4", has_audio=False, comment=words)

    made = export(film_of(clip), _settings(Container.MP4), _out(tmp_path, Container.MP4))

    said = json.loads(look_at(made.path).metadata["comment"])
    assert said["clips"][0]["says"] == words
    assert "digital_source_type" not in said


@pytest.mark.parametrize("title", ["A\rB", "A\r\nB", "A\x00B", "A\x0bB", "[CHAPTER]", " A "])
def test_no_title_breaks_the_metadata_of_the_film(title: str, room: Path, tmp_path: Path) -> None:
    film = film_of(room / "ball.mp4", title=title)

    made = export(film, _settings(Container.MKV), _out(tmp_path, Container.MKV))

    look = look_at(made.path)
    assert "B" not in title or "B" in look.metadata["title"]
    assert look.metadata["title"].strip()
    assert json.loads(look.metadata["comment"])["clips"][0]["says"] == RECORD
