"""Projects of ImageAI, old and new, whole and battered, become ours with a report."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from core.errors import JobCancelled, ProjectError
from core.jobs.job import CancelToken
from core.project.files.media import missing_media, relink
from core.project.files.project_file import read_project
from core.project.imageai_import.importer import import_imageai
from tests.film.exporting import make_clip
from tests.project.projects import NOW

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from core.project.model.project import VideoProject

SCHEMA = "imageai.video_project.v1"
THEIR_FOLDER = "G:\\My Projects\\Storm_20251012_101010"


@dataclass(frozen=True)
class Imported:
    """The project as it was saved, and what was told."""

    project: VideoProject
    report: tuple[str, ...]

    def told(self, title: str) -> list[str]:
        """The sentences under one title."""
        return [
            line.removeprefix(f"{title}: ") for line in self.report if line.startswith(f"{title}: ")
        ]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wide clip of one second."""
    return make_clip(tmp_path_factory.mktemp("clips") / "clip.mp4", 1.0, size="160x90")


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    folder = tmp_path / "Storm_20251012_101010"
    folder.mkdir()
    return folder


def image(path: Path, colour: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (64, 36), colour).save(path)
    return path


def write(folder: Path, document: dict[str, Any]) -> Path:
    file = folder / "project.iaproj.json"
    file.write_text(json.dumps({"schema": SCHEMA, **document}), encoding="utf-8")
    return file


@pytest.fixture
def taken_over(theirs: Path, tmp_path: Path) -> Callable[..., Imported]:
    """Imports a document that lies in their folder."""

    def imported(**document: Any) -> Imported:
        write(theirs, document)
        report = import_imageai(theirs, tmp_path / "ours", NOW, CancelToken())
        return Imported(read_project(tmp_path / "ours").project, report)

    return imported


def test_everything_with_a_place_here_is_taken_over(
    theirs: Path, clip: Path, taken_over: Callable[..., Imported], tmp_path: Path
) -> None:
    image(theirs / "images" / "one.png", "red")
    image(theirs / "images" / "last.png", "blue")
    image(theirs / "references" / "hero.png", "green")
    (theirs / "clips").mkdir()
    (theirs / "clips" / "one.mp4").write_bytes(clip.read_bytes())
    sidecar = {"provider": "veo", "model": "veo-3.1-generate-001", "status": "done"}
    (theirs / "clips" / "one.json").write_text(json.dumps(sidecar), encoding="utf-8")
    (theirs / "song.mp3").write_bytes(b"la")

    result = taken_over(
        name="Storm",
        created="2025-10-12T10:10:10.5",
        provider={"video": {"provider": "Gemini Veo", "model": "veo-3.1"}, "llm": {"model": "g"}},
        style={"aspect_ratio": "1:1", "negative_prompt": "blur", "seed": 7, "quality": "high"},
        input={"raw": "[Verse]\nThunder rolls", "format": "lyrics"},
        timing={"target": "00:02:30", "preset": "fast"},
        generation={"video_muted": True, "ken_burns": True, "variants": 3},
        global_reference_images=[{"path": "references/hero.png", "name": "Hero", "ref_type": "c"}],
        audio={
            "tracks": [
                {"file_path": "song.mp3", "volume": 0.5, "fade_in": 1.5, "start_offset": 2.0}
            ]
        },
        scenes=[
            {
                "id": "scene-0000000b",
                "order": 1,
                "source": "Lightning",
                "prompt": "still",
                "use_last_frame_as_seed": True,
                "duration_sec": 4,
            },
            {
                "id": "scene-0000000a",
                "order": 0,
                "source": "Thunder rolls",
                "prompt": "a dark sky",
                "video_prompt": "clouds roll over a dark sky",
                "prompt_history": ["a sky"],
                "duration_sec": 8.0,
                "images": [{"path": "images/one.png", "cost": 0.04}],
                "approved_image": "images/one.png",
                "end_frame": "images/last.png",
                "video_clip": "clips/one.mp4",
                "use_global_references": False,
                "reference_images": [None, {"path": "references/hero.png", "label": "Hero too"}],
                "status": "completed",
                "metadata": {"section": "Verse", "intended_duration_sec": 0.6, "mood": "grim"},
            },
        ],
        whatever={"new": [1, 2]},
    )

    project, ours = result.project, tmp_path / "ours"
    assert project.name == "Storm"
    assert project.created_at.isoformat() == "2025-10-12T10:10:10.500000+00:00"
    assert project.storyboard == "[Verse]\nThunder rolls"
    assert project.target_length_s == 150
    assert project.render.negative_prompt == "blur"
    assert project.render.sampling.seed == 7
    assert project.render.frame.aspect == "16:9"
    (reference,) = project.references
    assert (reference.name, reference.path.parent) == ("Hero", ours / "inputs")

    first, second = project.scenes
    assert (first.id, first.title, first.text) == ("scene-0000000a", "Verse", "Thunder rolls")
    assert first.prompt == "clouds roll over a dark sky"
    assert first.start_image is not None
    assert first.start_image.read_bytes() == (theirs / "images" / "one.png").read_bytes()
    assert first.end_image is not None
    assert [item.name for item in first.references] == ["Hero too"]
    assert not first.uses_global_references
    assert first.choices(project.render).frame.duration_s == 0.6
    assert first.cut.end_s == 0.6
    assert second.prompt == "still"
    assert second.continues
    assert second.choices(project.render).frame.duration_s == 4
    assert second.cut.end_s is None

    take = project.chosen_take(first.id)
    assert take is not None
    assert take.path == ours / "clips" / "scene_001_take_01.mp4"
    assert take.path.read_bytes() == clip.read_bytes()
    assert (take.width, take.height, take.num_frames, take.fps) == (160, 90, 25, 25)
    assert take.has_audio
    assert take.model == "veo-3.1-generate-001"

    (music,) = project.film.film.music
    assert music.path == theirs / "song.mp3"
    assert (music.volume_db, music.fade_in_s, music.offset_s) == (-6.02, 1.5, 2.0)
    assert not project.film.film.has_clip_sound

    assert project.imported["whatever"] == {"new": [1, 2]}
    kept = project.imported["scenes"]
    assert isinstance(kept, dict)
    assert kept["1"]["prompt_history"] == ["a sky"]
    assert kept["1"]["metadata"] == {"mood": "grim"}
    assert kept["1"]["prompt"] == "a dark sky"
    assert missing_media(project) == ()
    assert result.told("Missing") == []
    messages = "\n".join(result.told("Left out"))
    assert result.report[0].startswith("Imported: 2 scenes, 1 clip, 3 pictures")
    for words in ("Google Veo", "Ken Burns", "Earlier versions of prompts", "word for word"):
        assert words in messages


def test_paths_of_another_machine_are_repaired_and_told(
    theirs: Path, clip: Path, taken_over: Callable[..., Imported]
) -> None:
    image(theirs / "images" / "a.png", "red")
    image(theirs / "moved" / "by hand" / "b.png", "blue")
    (theirs / "clips").mkdir()
    (theirs / "clips" / "a.mp4").write_bytes(clip.read_bytes())
    result = taken_over(
        scenes=[
            {
                "approved_image": f"{THEIR_FOLDER}\\images\\a.png",
                "end_frame": f"{THEIR_FOLDER}\\frames\\b.png",
                "video_clip": "/home/leland/projects/Storm/clips/a.mp4",
            }
        ]
    )
    (scene,) = result.project.scenes
    assert missing_media(result.project) == ()
    assert scene.start_image is not None
    assert scene.start_image.name.startswith("a-")
    assert scene.end_image is not None
    assert scene.end_image.name.startswith("b-")
    assert len(result.told("Found in another place")) == 3
    assert result.told("Missing") == []


def test_of_two_files_of_one_name_the_one_in_the_likelier_folder_is_taken(
    theirs: Path, taken_over: Callable[..., Imported]
) -> None:
    image(theirs / "old" / "frames" / "a.png", "red")
    wanted = image(theirs / "x" / "images" / "a.png", "blue")
    result = taken_over(scenes=[{"approved_image": f"{THEIR_FOLDER}\\images\\a.png"}])
    (scene,) = result.project.scenes
    assert scene.start_image is not None
    assert scene.start_image.read_bytes() == wanted.read_bytes()


def test_what_is_missing_is_listed_kept_and_can_be_found_later(
    theirs: Path, clip: Path, taken_over: Callable[..., Imported], tmp_path: Path
) -> None:
    result = taken_over(
        scenes=[
            {
                "approved_image": "G:\\a.png",
                "video_clip": "G:\\clips\\gone.mp4",
                "metadata": {"intended_duration_sec": 0.5},
            }
        ],
        audio={"tracks": [{"file_path": "G:\\song.mp3", "volume": 80, "track_type": "sfx"}]},
    )
    assert [line.split(":")[0] for line in result.told("Missing")] == [
        "Scene 1, clip", "Scene 1, start frame", "Audio track 1",
    ]  # fmt: skip
    project = result.project
    assert {item.what for item in missing_media(project)} == {"start frame", "clip", "music"}
    (scene,) = project.scenes
    assert scene.cut.end_s == 0.5
    (tmp_path / "found").mkdir()
    (tmp_path / "found" / "gone.mp4").write_bytes(clip.read_bytes())
    relinked = relink(project, tmp_path / "found", CancelToken())
    assert [item.what for item in relinked.found] == ["clip"]
    assert len(relinked.still_missing) == 2
    assert project.film.film.music[0].volume_db == -1.94


def test_broken_images_and_clips_are_left_out_and_told(
    theirs: Path, taken_over: Callable[..., Imported]
) -> None:
    for name in ("a.png", "a.mp4"):
        (theirs / name).write_bytes(b"no such thing")
    result = taken_over(scenes=[{"approved_image": "a.png", "video_clip": "a.mp4"}])
    (scene,) = result.project.scenes
    assert scene.start_image is None
    assert result.project.takes == {}
    assert len([line for line in result.told("Left out") if "Scene 1" in line]) == 2


def test_a_variant_stands_in_for_an_approved_image_that_is_gone(
    theirs: Path, taken_over: Callable[..., Imported]
) -> None:
    image(theirs / "b.png", "red")
    result = taken_over(
        scenes=[{"approved_image": "gone.png", "images": [None, "lost.png", {"path": "b.png"}]}]
    )
    (scene,) = result.project.scenes
    assert scene.start_image is not None
    assert scene.start_image.name.startswith("b-")
    assert result.told("Missing") == []


def test_an_old_and_empty_project_is_a_project(taken_over: Callable[..., Imported]) -> None:
    result = taken_over(
        name=None, created="yesterday", scenes=[None, {}, 7], audio=None, style=[], timing="x"
    )
    assert result.project.name == "Imported project"
    assert result.project.created_at == NOW
    assert len({scene.id for scene in result.project.scenes}) == 2
    assert result.project.imported["timing"] == "x"


def test_scenes_that_share_a_name_get_their_own(taken_over: Callable[..., Imported]) -> None:
    scenes = [{"id": "scene-00000001", "prompt": "a"}, {"id": "scene-00000001", "prompt": "b"}]
    first, second = taken_over(scenes=scenes).project.scenes
    assert (first.prompt, second.prompt) == ("a", "b")
    assert first.id != second.id


KEYS = (
    "name", "created", "scenes", "style", "audio", "generation", "timing", "input", "provider",
    "global_reference_images", "midi", "seed", "target", "raw", "tracks", "file_path", "volume",
    "video", "id", "order", "prompt", "video_prompt", "metadata", "intended_duration_sec",
    "duration_sec", "images", "approved_image", "video_clip", "reference_images", "path", "x",
)  # fmt: skip
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["a", "../../a", "C:\\a.png", "\0", "0:0:5", "\ud800", "1e999", "a" * 5000]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6)
    ),
    max_leaves=25,
)


@given(document=st.dictionaries(st.sampled_from(KEYS), ANYTHING))
@settings(
    deadline=None,
    max_examples=100,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_whatever_such_a_file_holds_it_is_imported(
    document: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("any")
    (folder / "theirs").mkdir()
    write(folder / "theirs", document)
    report = import_imageai(folder / "theirs", folder / "ours", NOW, CancelToken())
    scenes = read_project(folder / "ours").project.scenes
    assert (f"{len(scenes)} scene" in report[0]) == bool(scenes)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "damaged"),
        (b'{"schema": "imageai.video_project.v1", ', "damaged"),
        (b"\xff\xfe", "damaged"),
        (b"[" * 100_000, "damaged"),
        (b"[]", "no video project"),
        (b'{"pages": []}', "no video project"),
        (b'{"schema": "imageai.layout.v1"}', "imageai.layout.v1"),
        (b'{"schema": 7}', "7"),
    ],
)
def test_what_is_no_such_project_is_refused_and_nothing_is_made(
    content: bytes, words: str, theirs: Path, tmp_path: Path
) -> None:
    (theirs / "project.iaproj.json").write_bytes(content)
    with pytest.raises(ProjectError, match=words):
        import_imageai(theirs, tmp_path / "ours", NOW, CancelToken())
    assert [path.name for path in tmp_path.iterdir()] == [theirs.name]


def test_a_folder_without_or_with_several_projects_says_so(theirs: Path, tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="holds no file"):
        import_imageai(theirs, tmp_path / "ours", NOW, CancelToken())
    (theirs / "a.iaproj.json").touch()
    (theirs / "b.iaproj.json").touch()
    with pytest.raises(ProjectError, match="holds 2 files"):
        import_imageai(theirs, tmp_path / "ours", NOW, CancelToken())
    with pytest.raises(ProjectError, match="no file"):
        import_imageai(theirs / "gone.iaproj.json", tmp_path / "ours", NOW, CancelToken())


def test_cancelling_leaves_nothing(theirs: Path, tmp_path: Path) -> None:
    image(theirs / "a.png", "red")
    write(theirs, {"scenes": [{"approved_image": "a.png"}]})
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(JobCancelled):
        import_imageai(theirs, tmp_path / "ours", NOW, cancel)
    assert [path.name for path in tmp_path.iterdir()] == [theirs.name]


def test_nothing_is_imported_over_something(theirs: Path, tmp_path: Path) -> None:
    write(theirs, {})
    with pytest.raises(ProjectError, match="something at"):
        import_imageai(theirs, theirs, NOW, CancelToken())
