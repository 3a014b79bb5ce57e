from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from core.errors import ProjectError, UnreadableClip
from core.jobs.job import CancelToken
from core.media.ffmpeg import run_ffmpeg
from core.project.files.collect_media import collect_media
from core.project.files.footage import FileUse, read_footage, read_still, use_of
from core.project.files.media import missing_media
from core.project.files.project_json import LoadedProject, parse_project, project_text
from core.project.model.project import Scene, SceneCut, SceneTakes, VideoProject, new_project
from core.project.model.status import OwnFootage, project_statuses
from core.project.render.film_from_takes import film_of
from core.project.render.planning import all_to_render, missing_or_stale
from tests.project.projects import NOW

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PATTERN = "testsrc=s=64x48:r=10:d=1.5"
TONE = "sine=d=1"


def make(path: Path, *arguments: str) -> Path:
    run_ffmpeg([*arguments, str(path)], CancelToken())
    return path


def clip(path: Path) -> Path:
    return make(path, "-f", "lavfi", "-i", PATTERN)


def clip_with_sound(path: Path) -> Path:
    return make(path, "-f", "lavfi", "-i", PATTERN, "-f", "lavfi", "-i", TONE)


def sound(path: Path) -> Path:
    return make(path, "-f", "lavfi", "-i", TONE)


def sound_with_cover(path: Path) -> Path:
    cover = picture(path.with_suffix(".png"))
    inputs = ("-f", "lavfi", "-i", TONE, "-i", str(cover), "-map", "0", "-map", "1")
    return make(path, *inputs, "-c:v", "png", "-disposition:v", "attached_pic")


def picture(path: Path) -> Path:
    Image.new("RGB", (40, 30), "red").save(path)
    return path


def moving_gif(path: Path) -> Path:
    frames = [Image.new("RGB", (40, 30), colour) for colour in ("red", "lime", "blue")]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=200)
    return path


def text(path: Path) -> Path:
    path.write_text("words", encoding="utf-8")
    return path


def package(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("A film/project.json", "{}")
    return path


def project_folder(path: Path) -> Path:
    path.mkdir()
    (path / "project.json").write_text("{}", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "write", "expected"),
    [
        ("a.mp4", clip, FileUse.CLIP),
        ("a.MKV", clip, FileUse.CLIP),
        ("a.mov", clip_with_sound, FileUse.CLIP),
        ("no-suffix.webm", clip, FileUse.CLIP),
        ("a.gif", moving_gif, FileUse.CLIP),
        ("a.png", picture, FileUse.IMAGE),
        ("a.tiff", picture, FileUse.IMAGE),
        ("still.gif", picture, FileUse.IMAGE),
        ("a.wav", sound, FileUse.MUSIC),
        ("a.flac", sound, FileUse.MUSIC),
        ("cover.mp3", sound_with_cover, FileUse.MUSIC),
        ("a.SRT", text, FileUse.SUBTITLES),
        ("a.vtt", text, FileUse.SUBTITLES),
        ("a.cube", text, FileUse.COLOUR_TABLE),
        ("a.fountain", text, FileUse.STORYBOARD),
        ("a.md", text, FileUse.STORYBOARD),
        ("project.json", text, FileUse.PROJECT),
        ("old.iaproj.json", text, FileUse.IMAGEAI_PROJECT),
        ("film.zip", package, FileUse.PACKAGE),
        ("film", project_folder, FileUse.PROJECT),
    ],
)
def test_a_file_is_known_for_what_it_is(
    name: str, write: Callable[[Path], Path], expected: FileUse, tmp_path: Path
) -> None:
    assert use_of(write(tmp_path / name), CancelToken()) is expected


def test_what_lies_in_a_file_counts_and_not_its_name(tmp_path: Path) -> None:
    disguised = clip(tmp_path / "a.mp4").rename(tmp_path / "a.png")
    assert use_of(disguised, CancelToken()) is FileUse.CLIP
    bare = sound(tmp_path / "b.wav").rename(tmp_path / "b")
    assert use_of(bare, CancelToken()) is FileUse.MUSIC


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.pdf", b"%PDF-1.4 nothing", "it is nothing that can be shown or heard"),
        ("a.mp4", b"", "it is empty"),
        ("a.mp4", b"no clip at all " * 40, "it is nothing that can be shown or heard"),
        ("a.docx", None, "it is an archive without a project"),
    ],
)
def test_what_is_of_no_use_is_refused_in_a_sentence(
    name: str, content: bytes | None, said: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    if content is None:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("word/document.xml", "<a/>")
    else:
        path.write_bytes(content)
    with pytest.raises(ProjectError, match=said) as refused:
        use_of(path, CancelToken())
    assert f"{name!r} cannot be used here" in str(refused.value)
    assert "A project takes clips, pictures, music" in str(refused.value)


def test_missing_files_and_bare_folders_are_told(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="There is no file"):
        use_of(tmp_path / "gone.mp4", CancelToken())
    with pytest.raises(ProjectError, match=r"a folder without a project\.json"):
        use_of(tmp_path, CancelToken())


def test_a_clip_from_outside_is_measured(tmp_path: Path) -> None:
    footage = read_footage(clip_with_sound(tmp_path / "a.mov"), CancelToken())
    take = footage.take
    assert (take.width, take.height, take.num_frames, take.fps) == (64, 48, 15, 10)
    assert take.duration_s == 1.5
    assert take.has_audio
    assert take.is_footage
    assert (take.fingerprint, footage.record) == ("", None)
    with pytest.raises(UnreadableClip):
        read_footage(sound(tmp_path / "a.wav"), CancelToken())


@pytest.fixture
def project(tmp_path: Path) -> VideoProject:
    """One scene that shows footage, with no prompt, and one to be rendered."""
    take = read_footage(clip(tmp_path / "beach.mp4"), CancelToken()).take
    scenes = (Scene(id="own", title="beach"), Scene(id="other", prompt="a fox"))
    made = new_project("Film", NOW).model_copy(update={"scenes": scenes})
    return made.with_takes("own", SceneTakes().with_take(take))


def test_footage_is_used_like_any_clip_and_rendered_only_when_asked(project: VideoProject) -> None:
    assert project_statuses(project, {"own": "changed"}, {})[0] == OwnFootage()
    found = missing_or_stale(project, {"own": "changed"}, project.scenes)
    assert [scene.id for scene in found] == ["other"]
    assert [scene.id for scene in all_to_render(project)] == ["other"]
    film = film_of(project)
    assert [(item.path.name, item.title) for item in film.film.clips] == [("beach.mp4", "beach")]
    assert missing_media(project) == ()


def test_footage_stays_in_its_place_until_the_project_is_packed(
    project: VideoProject, tmp_path: Path
) -> None:
    folder, packed = tmp_path / "project", tmp_path / "packed"
    (tmp_path / "beach.json").write_text("{}", encoding="utf-8")
    stored = project_text(project, folder)
    assert json.loads(stored)["project"]["takes"]["own"]["takes"][0]["is_footage"] is True
    loaded = parse_project(stored.encode(), folder)
    assert getattr(loaded, "project", None) == project
    collection = collect_media(project, folder, packed)
    assert [(str(file.place), file.source) for file in collection.files] == [
        ("clips/beach.mp4", tmp_path / "beach.mp4")
    ]
    take = collection.project.chosen_take("own")
    assert take is not None
    assert take.path == packed / "clips/beach.mp4"


def test_the_tracks_of_a_file_are_known_and_the_chosen_ones_reach_the_film(tmp_path: Path) -> None:
    path = make(
        tmp_path / "two.mkv",
        *("-f", "lavfi", "-i", PATTERN, "-f", "lavfi", "-i", TONE, "-f", "lavfi", "-i", TONE),
        *("-map", "0", "-map", "0", "-map", "1", "-map", "2"),
        *("-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "title=Comments"),
    )
    take = read_footage(path, CancelToken()).take
    assert [track.label for track in take.video_tracks] == ["Track 1, 64×48", "Track 2, 64×48"]
    labels = [track.label for track in take.audio_tracks]
    assert labels == ["Track 1, eng, mono", "Track 2, Comments, mono"]

    cut = SceneCut(video_track=2, audio_track=2, still_s=3)
    project = new_project("A film", NOW).model_copy(update={"scenes": (Scene(id="s", cut=cut),)})
    (used,) = film_of(project.with_takes("s", SceneTakes().with_take(take))).film.clips
    assert (used.video_track, used.audio_track) == (2, 2)
    # What was chosen for one take means nothing to another one without these tracks.
    other = read_footage(clip(tmp_path / "one.mp4"), CancelToken()).take
    assert (other.video_tracks, other.audio_tracks) == ((), ())
    (used,) = film_of(project.with_takes("s", SceneTakes().with_take(other))).film.clips
    assert (used.video_track, used.audio_track) == (None, None)


def test_a_still_is_a_take_that_is_held_and_never_trimmed(tmp_path: Path) -> None:
    take = read_still(picture(tmp_path / "red.png"))
    assert (take.width, take.height, take.is_still, take.is_footage) == (40, 30, True, True)
    cut = SceneCut(start_s=1, end_s=2, speed=2, still_s=3)
    project = new_project("A film", NOW).model_copy(update={"scenes": (Scene(id="s", cut=cut),)})
    project = project.with_takes("s", SceneTakes().with_take(take))
    (used,) = film_of(project).film.clips
    assert (used.still_s, used.start_s, used.end_s, used.speed) == (3, 0, None, 1)
    again = parse_project(project_text(project, tmp_path).encode(), tmp_path)
    assert isinstance(again, LoadedProject)
    assert again.project.chosen_take("s") == take


def test_a_damaged_picture_is_no_still(tmp_path: Path) -> None:
    path = tmp_path / "broken.png"
    path.write_bytes(picture(tmp_path / "red.png").read_bytes()[:60])
    with pytest.raises(UnreadableClip, match=r"broken\.png"):
        read_still(path)
