"""Pictures brought in, files found again, and clips that a crash left without their scene."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from core.errors import JobCancelled, ProjectError, UnsupportedRequest
from core.film.model.film import Film, Lut, Music, Subtitles, Watermark
from core.jobs.job import CancelToken
from core.platform.paths import Paths
from core.project.files.media import (
    bring_in,
    missing_media,
    read_take,
    relink,
    take_of,
    take_over_clips,
)
from core.project.files.project_file import read_project, write_project
from core.project.model.project import (
    FilmChoices,
    ReferenceImage,
    Scene,
    SceneTakes,
    Take,
    VideoProject,
    new_project,
)
from core.studio import Studio
from core.video.record import Origin, read_embedded, read_settings_of
from core.video.request import RenderRequest, Sampling
from core.video.terms import Target
from tests.fakes.inputs import chosen, lora
from tests.fakes.provider import ENTRY
from tests.film.exporting import make_clip
from tests.project.projects import NOW, made_project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

FAKE_SMALL = Target(provider="fake", deployment="local", model="fake-small")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "film"
    made_project(folder, "Film")
    return folder


def image(path: Path, colour: str = "red") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 8), colour).save(path)
    return path


def inputs(folder: Path) -> list[Path]:
    return sorted((folder / "inputs").iterdir())


def test_an_image_is_copied_under_its_name_and_a_hash(folder: Path, tmp_path: Path) -> None:
    source = image(tmp_path / "My hero.PNG")
    place = bring_in(source, folder)
    assert place.parent == folder / "inputs"
    assert place.stem.startswith("My hero-")
    assert place.suffix == ".png"
    assert place.read_bytes() == source.read_bytes()
    assert inputs(folder) == [place]


def test_the_same_content_is_the_same_file_whatever_it_is_called(
    folder: Path, tmp_path: Path
) -> None:
    place = bring_in(image(tmp_path / "a.png"), folder)
    assert bring_in(tmp_path / "a.png", folder) == place
    assert bring_in(image(tmp_path / "b.png"), folder) == place
    assert bring_in(place, folder) == place
    assert inputs(folder) == [place]


def test_another_content_of_the_same_name_is_another_file(folder: Path, tmp_path: Path) -> None:
    first = bring_in(image(tmp_path / "a.png", "red"), folder)
    second = bring_in(image(tmp_path / "a.png", "blue"), folder)
    assert first != second
    assert len(inputs(folder)) == 2


def test_a_file_that_has_the_name_already_is_not_written_over(folder: Path, tmp_path: Path) -> None:
    source = image(tmp_path / "a.png")
    place = bring_in(source, folder)
    place.write_bytes(b"something else")
    other = bring_in(source, folder)
    assert place.read_bytes() == b"something else"
    assert other.read_bytes() == source.read_bytes()
    assert bring_in(source, folder) == other


def test_names_that_other_disks_refuse_are_made_plain(folder: Path, tmp_path: Path) -> None:
    place = bring_in(image(tmp_path / ('a:b?"' + "ü" * 80 + ".png")), folder)
    assert place.name.startswith("a_b_ü")
    assert len(place.stem) < 80


def test_what_is_no_image_is_refused_and_not_copied(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"no picture")
    for name in ("a.png", "gone.png"):
        with pytest.raises(UnsupportedRequest, match="picture"):
            bring_in(tmp_path / name, folder)
    assert inputs(folder) == []


def test_a_folder_that_cannot_take_an_image_says_so(
    closed_folder: Path,
    as_a_guest: Callable[[Path], AbstractContextManager[None]],
    full_disk: Callable[[int], AbstractContextManager[None]],
) -> None:
    source = image(closed_folder / "a.png")
    (closed_folder / "inputs").mkdir()
    with as_a_guest(closed_folder / "inputs"), pytest.raises(ProjectError, match="read-only"):
        bring_in(source, closed_folder)
    with full_disk(10), pytest.raises(ProjectError, match="Free some space"):
        bring_in(source, closed_folder)
    assert inputs(closed_folder) == []


def _everything(place: Path) -> VideoProject:
    """A project that names one file of every kind, each in `place`."""
    take = Take(id="t1", path=place / "chosen.mp4", created_at=NOW)
    other = Take(id="t2", path=place / "other.mp4", created_at=NOW)
    deleted = Take(id="t3", path=place / "deleted.mp4", created_at=NOW)
    scene = Scene(
        id="s2",
        start_image=place / "start.png",
        end_image=place / "end.png",
        references=(ReferenceImage(path=place / "mine.png"),),
        own=chosen(loras=(lora(path=place / "own.safetensors"),)),
    )
    film = Film(
        clips=(),
        music=(Music(path=place / "song.mp3"),),
        lut=Lut(path=place / "look.cube"),
        subtitles=Subtitles(path=place / "words.srt"),
        watermark=Watermark(path=place / "mark.png"),
    )
    return new_project("All", NOW).model_copy(
        update={
            "scenes": (Scene(id="s1"), scene),
            "references": (ReferenceImage(path=place / "ours.png"),),
            "render": chosen(loras=(lora(path=place / "all.safetensors"),)),
            "takes": {
                "s2": SceneTakes(takes=(other, take), chosen="t1"),
                "gone": SceneTakes(takes=(deleted,), chosen="t3"),
            },
            "film": FilmChoices(film=film),
        }
    )


def test_everything_that_is_missing_is_named_with_its_scene() -> None:
    place = Path("/nowhere")
    missing = {(use.what, use.scene, use.path) for use in missing_media(_everything(place))}
    assert missing == {
        ("start frame", 2, place / "start.png"),
        ("end frame", 2, place / "end.png"),
        ("reference image", 2, place / "mine.png"),
        ("LoRA", 2, place / "own.safetensors"),
        ("other take", 2, place / "other.mp4"),
        ("clip", 2, place / "chosen.mp4"),
        ("reference image", None, place / "ours.png"),
        ("LoRA", None, place / "all.safetensors"),
        ("music", None, place / "song.mp3"),
        ("colour table", None, place / "look.cube"),
        ("subtitles", None, place / "words.srt"),
        ("watermark", None, place / "mark.png"),
    }


def test_files_are_found_again_by_their_names_in_any_folder_below(tmp_path: Path) -> None:
    project = _everything(Path("/nowhere"))
    for item in missing_media(project):
        found = tmp_path / item.path.suffix[1:] / item.path.name
        found.parent.mkdir(exist_ok=True)
        found.write_bytes(b"x")
    relinked = relink(project, tmp_path, CancelToken())
    assert relinked.still_missing == ()
    assert relinked.found == missing_media(project)
    assert missing_media(relinked.project) == ()
    (_, scene) = relinked.project.scenes
    assert scene.start_image == tmp_path / "png" / "start.png"


def test_what_is_not_found_stays_missing_and_unchanged(tmp_path: Path) -> None:
    project = _everything(Path("/nowhere"))
    (tmp_path / "song.mp3").write_bytes(b"x")
    relinked = relink(project, tmp_path, CancelToken())
    assert [item.what for item in relinked.found] == ["music"]
    assert len(relinked.still_missing) == 11
    assert relinked.project.scenes == project.scenes
    whole = relink(relinked.project, tmp_path, CancelToken())
    assert whole.found == ()
    assert whole.project == relinked.project


def test_an_image_that_was_brought_in_is_known_by_its_content(folder: Path, tmp_path: Path) -> None:
    place = bring_in(image(tmp_path / "a.png"), folder)
    project = new_project("x", NOW).model_copy(
        update={"scenes": (Scene(id="s", start_image=place),)}
    )
    kept = tmp_path / "elsewhere"
    kept.mkdir()
    place.rename(kept / "renamed.png")
    image(kept / "b.png", "blue")
    # Of the right name, and another picture.
    image(kept / "wrong" / place.name, "green")
    relinked = relink(project, kept, CancelToken())
    assert relinked.project.scenes[0].start_image == kept / "renamed.png"


def test_of_several_of_one_name_the_one_in_the_same_folders_is_taken(tmp_path: Path) -> None:
    project = new_project("x", NOW).model_copy(
        update={"references": (ReferenceImage(path=Path("G:\\Films\\hero\\a.png")),)}
    )
    for name in ("x", "hero", "z"):
        image(tmp_path / name / "a.png")
    relinked = relink(project, tmp_path, CancelToken())
    assert relinked.project.references[0].path == tmp_path / "hero" / "a.png"


def test_a_search_can_be_stopped_and_needs_a_folder(tmp_path: Path) -> None:
    project = _everything(Path("/nowhere"))
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(JobCancelled):
        relink(project, tmp_path, cancel)
    with pytest.raises(ProjectError, match="no folder"):
        relink(project, tmp_path / "gone", CancelToken())


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    studio = Studio([ENTRY], paths=Paths.below(tmp_path / "home"))
    yield studio
    studio.close()


def rendered(studio: Studio, out: Path, origin: Origin | None) -> str:
    """Render a clip to that place and give its job."""
    request = RenderRequest(target=FAKE_SMALL, prompt="a ball", sampling=Sampling(seed=5))
    job_id = studio.submit_render(studio.plan(request, out=out), origin)
    outcome = studio.queue.run_job(job_id)
    assert outcome.event == "succeeded", outcome
    return job_id


def test_a_clip_says_where_it_belongs_beside_it_and_inside_it(
    studio: Studio, tmp_path: Path
) -> None:
    origin = Origin(project_id="p", scene_id="s", fingerprint="f")
    clip = tmp_path / "a.mp4"
    job_id = rendered(studio, clip, origin)
    record = read_settings_of(clip)
    assert record is not None
    assert record.origin == origin
    assert read_embedded(clip) == record
    clip.with_suffix(".json").unlink()
    assert read_settings_of(clip) == record
    take = take_of(record, clip)
    assert (take.id, take.path, take.fingerprint) == (job_id, clip, "f")
    assert read_take(clip, CancelToken()) == take
    assert (take.width, take.height, take.fps, take.seed) == (96, 64, 8, 5)
    assert take.num_frames == record.num_frames
    assert take.model == "Fake Small"
    rendered(studio, tmp_path / "b.mp4", None)
    other = read_settings_of(tmp_path / "b.mp4")
    assert other is not None
    assert other.origin is None
    assert take_of(other, tmp_path / "b.mp4").fingerprint == ""


def test_what_is_no_clip_of_ours_has_no_record(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"no clip")
    (tmp_path / "a.json").write_bytes(b"\xff")
    make_clip(tmp_path / "b.mp4", comment="theirs")
    for name in ("a.mp4", "b.mp4", "gone.mp4"):
        assert read_settings_of(tmp_path / name) is None
        with pytest.raises(ProjectError, match="no clip of this program"):
            read_take(tmp_path / name, CancelToken())


def test_a_clip_that_was_finished_before_a_crash_comes_to_its_scene(
    studio: Studio, folder: Path
) -> None:
    project = read_project(folder).project.model_copy(update={"scenes": (Scene(id="s"),)})
    write_project(project, folder)
    mine = Origin(project_id=project.id, scene_id="s", fingerprint="f")
    first = rendered(studio, folder / "clips" / "b.mp4", mine)
    second = rendered(studio, folder / "clips" / "a.mp4", mine)
    for name, origin in (
        ("other_scene", mine.model_copy(update={"scene_id": "t"})),
        ("other_project", mine.model_copy(update={"project_id": "q"})),
        ("nobodys", None),
    ):
        rendered(studio, folder / "clips" / f"{name}.mp4", origin)
    make_clip(folder / "clips" / "foreign.mp4")
    (folder / "clips" / "broken.mp4").write_bytes(b"x")

    reused = take_over_clips(project, folder, CancelToken())

    takes = reused.takes_of("s")
    assert [take.id for take in takes.takes] == [first, second]
    assert takes.chosen == second
    assert set(reused.takes) == {"s"}
    assert take_over_clips(reused, folder, CancelToken()) is reused
    write_project(reused, folder)
    assert read_project(folder).project == reused


def test_a_take_that_moved_is_known_by_its_job(studio: Studio, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    job_id = rendered(studio, kept / "renamed.mp4", None)
    rendered(studio, kept / "scene_001_take_01.mp4", None)
    take = Take(id=job_id, path=Path("/nowhere/scene_001_take_01.mp4"), created_at=NOW)
    project = new_project("x", NOW).model_copy(update={"scenes": (Scene(id="s"),)})
    project = project.with_takes("s", SceneTakes(takes=(take,), chosen=job_id))
    relinked = relink(project, kept, CancelToken())
    assert relinked.project.takes_of("s").takes[0].path == kept / "renamed.mp4"
