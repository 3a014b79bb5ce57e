"""`export` of a project: its chosen clips become its film, and what is lacking is told."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cli import main
from core.film.model.delivery import Container, ExportSettings
from core.film.model.film import Film
from core.project.files.project_file import NAME, read_project, write_project
from core.project.model.project import FilmChoices, Scene, SceneCut, SceneTakes, Take, VideoProject
from tests.fakes.app import ENTRY
from tests.film.exporting import look_at, make_clip
from tests.project.projects import NOW, made_project

if TYPE_CHECKING:
    from collections.abc import Callable

    Export = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clips") / "clip.mp4", 1.0)


@pytest.fixture
def folder(tmp_path: Path, clip: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of four scenes; the second and the fourth have clips."""
    monkeypatch.setenv("IMAGEAI_HOME", str(tmp_path / "home"))
    folder = tmp_path / "Storm"
    project = made_project(folder, "Storm")
    takes: dict[str, SceneTakes] = {}
    for name in ("b", "d"):
        path = folder / "clips" / f"{name}.mp4"
        path.write_bytes(clip.read_bytes())
        takes[name] = SceneTakes(takes=(Take(id=name, path=path, created_at=NOW),), chosen=name)
    scenes = tuple(Scene(id=name, cut=SceneCut(end_s=0.4)) for name in "abcd")
    _save(project, folder, scenes=scenes, takes=takes)
    return folder


def _save(project: VideoProject, folder: Path, **changes: object) -> VideoProject:
    project = project.model_copy(update=changes)
    write_project(project, folder)
    return project


@pytest.fixture
def export(capsys: pytest.CaptureFixture[str]) -> Export:
    def run(*words: str) -> tuple[int, str, str]:
        code = main(["export", *words], [ENTRY])
        said = capsys.readouterr()
        return code, said.out.strip(), " ".join(said.err.split())

    return run


def test_the_chosen_clips_become_the_film_in_the_projects_exports(
    folder: Path, export: Export
) -> None:
    code, path, messages = export(str(folder))
    assert code == 0, messages
    assert Path(path).parent == folder / "exports"
    assert Path(path).name.endswith("storm.mp4")
    assert "Scenes 1 and 3 have no clip yet and are left out." in messages
    look = look_at(Path(path))
    assert len(look.frames) == 20
    assert look.metadata["title"] == "Storm"


def test_the_projects_own_settings_and_place_count_and_its_file_is_as_good_as_its_folder(
    folder: Path, clip: Path, export: Export, tmp_path: Path
) -> None:
    takes = SceneTakes(takes=(Take(id="a", path=clip, created_at=NOW),), chosen="a")
    choices = FilmChoices(
        film=Film(clips=(), title="Mine"),
        settings=ExportSettings(container=Container.MKV),
        path=folder / "exports" / "mine.mkv",
    )
    _save(
        made_project(tmp_path / "other", "x"),
        folder,
        scenes=(Scene(id="a"),),
        takes={"a": takes},
        film=choices,
    )
    code, path, messages = export(str(folder / NAME))
    assert code == 0, messages
    assert Path(path) == folder / "exports" / "mine.mkv"
    assert look_at(Path(path)).metadata["title"] == "Mine"
    code, path, messages = export(str(folder), "--container", "mp4", "--dry-run")
    assert code == 0, messages
    assert "exports" in messages


@pytest.mark.parametrize("way", ["absolute", "upwards", "link"])
def test_a_project_sends_its_film_nowhere_else_but_a_person_may(
    folder: Path, export: Export, tmp_path: Path, way: str
) -> None:
    (folder / "linked").symlink_to(tmp_path, target_is_directory=True)
    ways = {"absolute": tmp_path, "upwards": folder / "..", "link": folder / "linked"}
    place = ways[way] / "elsewhere.mp4"
    _save(read_project(folder).project, folder, film=FilmChoices(path=place))
    code, path, messages = export(str(folder))
    assert (code, path) == (2, "")
    assert f"{str(tmp_path / 'elsewhere.mp4')!r}, outside of its folder" in messages
    assert "with -o" in messages
    assert not place.exists()
    code, path, messages = export(str(folder), "-o", str(place))
    assert code == 0, messages
    assert place.exists()


def test_an_exports_folder_that_leads_elsewhere_is_not_written_to(
    folder: Path, export: Export, tmp_path: Path
) -> None:
    victim = tmp_path / "victim"
    victim.mkdir()
    (folder / "exports").rmdir()
    (folder / "exports").symlink_to(victim, target_is_directory=True)
    code, _, messages = export(str(folder))
    assert code == 2
    assert (
        f"'exports' of the project is a link that leads out of it, to {str(victim)!r}" in messages
    )
    assert list(victim.iterdir()) == []


@pytest.mark.parametrize("option", ["--handoff", "--save"])
def test_the_folder_of_nobody_is_told_as_any_that_does_not_exist(
    folder: Path, export: Export, option: str
) -> None:
    code, _, messages = export(str(folder), "--dry-run", option, "~nobody-there/film.otio")
    assert code == 2
    where = Path.cwd() / "~nobody-there"
    assert f"{option}: The output folder {str(where)!r} does not exist." in messages


def test_a_project_without_any_clip_is_refused_with_what_to_do(
    tmp_path: Path, export: Export
) -> None:
    made_project(tmp_path / "empty", "Nothing yet")
    code, path, messages = export(str(tmp_path / "empty"))
    assert code == 2
    assert path == ""
    assert (
        "No scene of the project 'Nothing yet' has a clip yet. Render its scenes first." in messages
    )


def test_a_damaged_project_and_a_missing_clip_are_told(folder: Path, export: Export) -> None:
    (folder / "clips" / "b.mp4").unlink()
    code, _, messages = export(str(folder), "-o", str(folder / "film.mp4"))
    assert code == 2
    assert "b.mp4" in messages
    (folder / f"{NAME}.1").unlink()
    (folder / NAME).write_text("{", encoding="utf-8")
    code, _, messages = export(str(folder))
    assert code == 1
    assert "no good copy" in messages
