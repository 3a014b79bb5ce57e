"""A project with all its media in another place: as a folder, as a package, and back."""

from __future__ import annotations

import os
import shutil
import stat
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.errors import JobCancelled, ProjectError
from core.film.model.film import Film, Lut, Music, Subtitles, Watermark
from core.jobs.job import CancelToken
from core.project.files.media import missing_media
from core.project.files.media_uses import media_of
from core.project.files.package import MAX_ENTRIES, package, save_copy, unpack
from core.project.files.project_file import NAME, read_project, write_project
from core.project.model.project import (
    FilmChoices,
    ReferenceImage,
    Scene,
    SceneTakes,
    Take,
    VideoProject,
)
from tests.fakes.inputs import chosen, lora
from tests.project.projects import NOW, made_project

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    FullDisk = Callable[[int], AbstractContextManager[None]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "Storm"


@pytest.fixture
def project(folder: Path, tmp_path: Path) -> VideoProject:
    """A project that uses files of every kind, inside its folder and outside of it."""
    outside = tmp_path / "outside"
    (outside / "b").mkdir(parents=True)

    def made(path: Path) -> Path:
        path.write_bytes(path.relative_to(tmp_path).as_posix().encode())
        return path

    project = made_project(folder, "Storm: one")
    inside_take = Take(id="t1", path=made(folder / "clips" / "a.mp4"), created_at=NOW)
    outside_take = Take(id="t2", path=made(outside / "a.mp4"), created_at=NOW)
    deleted = Take(id="t3", path=made(folder / "clips" / "old.mp4"), created_at=NOW)
    for take in (inside_take, outside_take):
        made(take.path.with_suffix(".json"))
    scene = Scene(
        id="s",
        start_image=made(folder / "inputs" / "start.png"),
        end_image=made(outside / "end.png"),
        references=(
            ReferenceImage(path=made(outside / "b" / "end.png")),
            ReferenceImage(path=outside / "end.png"),
        ),
    )
    film = Film(
        clips=(),
        music=(Music(path=made(outside / "song.mp3")),),
        lut=Lut(path=made(outside / "look.cube")),
        subtitles=Subtitles(path=made(outside / "words.srt")),
        watermark=Watermark(path=made(outside / "mark.png")),
    )
    made(folder / "exports" / "film.mp4")
    project = project.model_copy(
        update={
            "scenes": (scene,),
            "render": chosen(loras=(lora(path=made(outside / "l.safetensors")),)),
            "takes": {
                "s": SceneTakes(takes=(inside_take, outside_take), chosen="t1"),
                "deleted": SceneTakes(takes=(deleted,), chosen="t3"),
            },
            "film": FilmChoices(film=film, path=folder / "exports" / "film.mp4"),
            "last_export": folder / "exports" / "film.mp4",
        }
    )
    write_project(project, folder)
    return project


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


ALL = {
    NAME, "clips/a.mp4", "clips/a.json", "clips/a-2.mp4", "clips/a-2.json", "clips/old.mp4",
    "inputs/start.png", "inputs/end.png", "inputs/end-2.png", "inputs/song.mp3",
    "inputs/look.cube", "inputs/words.srt", "inputs/mark.png", "inputs/l.safetensors",
}  # fmt: skip


def assert_same_media(one: VideoProject, other: VideoProject, folder: Path) -> None:
    """The same uses with the same contents, all of them inside the folder."""
    for before, after in zip(media_of(one), media_of(other), strict=True):
        assert after.path.is_relative_to(folder)
        assert after.path.read_bytes() == before.path.read_bytes()
        assert (after.what, after.scene) == (before.what, before.scene)


def test_a_copy_has_everything_and_needs_nothing_of_the_old(
    project: VideoProject, folder: Path, tmp_path: Path
) -> None:
    save_copy(project, folder, tmp_path / "Copy", CancelToken())
    copy = read_project(tmp_path / "Copy").project
    assert files(tmp_path / "Copy") == ALL
    assert_same_media(project, copy, tmp_path / "Copy")
    assert copy.takes["s"].takes[1].path.with_suffix(".json").read_bytes().endswith(b"a.json")
    assert copy.scenes[0].end_image == copy.scenes[0].references[1].path
    assert copy.id != project.id
    assert copy.last_export is None
    assert copy.film.path == tmp_path / "Copy" / "exports" / "film.mp4"
    shutil.rmtree(folder)
    shutil.rmtree(tmp_path / "outside")
    assert missing_media(read_project(tmp_path / "Copy").project) == ()


def test_what_is_missing_is_missing_in_the_copy_too(
    project: VideoProject, folder: Path, tmp_path: Path
) -> None:
    (folder / "inputs" / "start.png").unlink()
    (tmp_path / "outside" / "song.mp3").unlink()
    save_copy(project, folder, tmp_path / "Copy", CancelToken())
    copy = read_project(tmp_path / "Copy").project
    assert [(item.what, item.path) for item in missing_media(copy)] == [
        ("start frame", tmp_path / "Copy" / "inputs" / "start.png"),
        ("music", tmp_path / "outside" / "song.mp3"),
    ]


def test_a_copy_takes_a_new_or_an_empty_place_outside_the_project(
    project: VideoProject, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    save_copy(project, folder, tmp_path / "empty", CancelToken())
    for place, words in (
        (tmp_path / "outside", "something at"),
        (folder / "copy", "inside the project"),
        (folder, "inside the project"),
    ):
        before = files(tmp_path)
        with pytest.raises(ProjectError, match=words):
            save_copy(project, folder, place, CancelToken())
        assert files(tmp_path) == before


class CancelledAfter(CancelToken):
    """Is cancelled at a certain check."""

    def __init__(self, checks: int) -> None:
        super().__init__()
        self._left = checks

    def check(self) -> None:
        self._left -= 1
        if self._left < 0:
            self.cancel()
        super().check()


@pytest.mark.parametrize("checks", [0, 5, 12])
def test_stopping_leaves_nothing_half(
    checks: int, project: VideoProject, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "old.zip").write_bytes(b"before")
    package(project, folder, tmp_path / "whole.zip", CancelToken())
    before = files(tmp_path)
    with pytest.raises(JobCancelled):
        save_copy(project, folder, tmp_path / "Copy", CancelledAfter(checks))
    with pytest.raises(JobCancelled):
        package(project, folder, tmp_path / "old.zip", CancelledAfter(checks))
    with pytest.raises(JobCancelled):
        unpack(tmp_path / "whole.zip", tmp_path / "Unpacked", CancelledAfter(checks))
    assert files(tmp_path) == before
    assert (tmp_path / "old.zip").read_bytes() == b"before"
    assert not (tmp_path / "Copy").exists()
    assert not (tmp_path / "Unpacked").exists()


def test_a_full_disk_leaves_nothing_half(
    project: VideoProject, folder: Path, tmp_path: Path, full_disk: FullDisk
) -> None:
    large = folder / "inputs" / "start.png"
    large.write_bytes(os.urandom(200_000))
    package(project, folder, tmp_path / "whole.zip", CancelToken())
    before = files(tmp_path)
    with full_disk(100_000):
        for work in (
            lambda: save_copy(project, folder, tmp_path / "Copy", CancelToken()),
            lambda: package(project, folder, tmp_path / "a.zip", CancelToken()),
            lambda: unpack(tmp_path / "whole.zip", tmp_path / "Unpacked", CancelToken()),
        ):
            with pytest.raises(ProjectError, match="Free some space"):
                work()
            assert files(tmp_path) == before


def test_a_package_comes_back_as_the_same_project_elsewhere(
    project: VideoProject, folder: Path, tmp_path: Path
) -> None:
    package(project, folder, tmp_path / "storm.zip", CancelToken())
    with zipfile.ZipFile(tmp_path / "storm.zip") as archive:
        names = archive.namelist()
        assert archive.testzip() is None
        assert str(tmp_path).encode() not in archive.read(f"Storm one/{NAME}")
    assert sorted(names) == sorted(f"Storm one/{name}" for name in ALL)
    unpack(tmp_path / "storm.zip", tmp_path / "far" / "Unpacked", CancelToken())
    read = read_project(tmp_path / "far" / "Unpacked")
    assert read.notes == ()
    assert read.project.id == project.id
    assert files(tmp_path / "far" / "Unpacked") == ALL
    assert_same_media(project, read.project, tmp_path / "far" / "Unpacked")


def test_a_package_replaces_an_older_one(
    project: VideoProject, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "storm.zip").write_bytes(b"old")
    package(project, folder, tmp_path / "storm.zip", CancelToken())
    assert zipfile.is_zipfile(tmp_path / "storm.zip")


def test_where_this_machine_keeps_the_film_is_not_packed(
    project: VideoProject, folder: Path, tmp_path: Path
) -> None:
    film = project.film.model_copy(update={"path": Path("/home/me/film.mp4")})
    project = project.model_copy(update={"film": film})
    package(project, folder, tmp_path / "storm.zip", CancelToken())
    unpack(tmp_path / "storm.zip", tmp_path / "Unpacked", CancelToken())
    assert read_project(tmp_path / "Unpacked").project.film.path is None


@pytest.fixture
def text(folder: Path, project: VideoProject) -> bytes:
    """A project file without media."""
    write_project(project.model_copy(update={"scenes": (), "takes": {}}), folder)
    return (folder / NAME).read_bytes()


def zipped(path: Path, entries: list[tuple[str | zipfile.ZipInfo, bytes]]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for entry, content in entries:
            archive.writestr(entry, content)
    return path


@pytest.mark.parametrize("top", ["", "Storm/", "a/b/"])
def test_packages_that_other_programs_made_are_taken_from_any_folder_in_them(
    top: str, text: bytes, tmp_path: Path
) -> None:
    entries: list[tuple[str | zipfile.ZipInfo, bytes]] = [
        (f"{top}inputs/", b""),
        (f"{top}inputs/ü.png", b"x"),
        (f"{top}{NAME}", text),
    ]
    unpack(zipped(tmp_path / "a.zip", entries), tmp_path / "out", CancelToken())
    assert files(tmp_path / "out") == {NAME, "inputs/ü.png"}


def _link(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


@pytest.mark.parametrize(
    "entry",
    [
        "../evil.txt",
        "inputs/../../evil.txt",
        "/evil.txt",
        "..\\evil.txt",
        "C:\\evil.txt",
        _link("inputs/link"),
    ],
)
def test_entries_that_would_land_elsewhere_are_refused(
    entry: str | zipfile.ZipInfo, text: bytes, tmp_path: Path
) -> None:
    place = tmp_path / "deep" / "er"
    place.mkdir(parents=True)
    path = zipped(place / "a.zip", [(NAME, text), (entry, b"/etc/passwd")])
    before = files(tmp_path)
    with pytest.raises(ProjectError, match="no plain file"):
        unpack(path, place / "out", CancelToken())
    assert files(tmp_path) == before
    assert not (place / "out").exists()


def test_more_than_the_disk_holds_is_refused_before_anything_is_written(
    text: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(NAME, text)
        archive.writestr("inputs/zeros.png", b"\0" * 50_000_000)
    assert path.stat().st_size < 100_000
    with pytest.raises(ProjectError, match="MB are needed"):
        unpack(path, tmp_path / "out", CancelToken(), free_bytes=lambda _: 60_000_000)
    assert not (tmp_path / "out").exists()


def test_an_entry_that_holds_more_than_it_says_is_damage(text: bytes, tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", [(NAME, text), ("inputs/a.png", b"x" * 1000)])
    content = path.read_bytes()
    size = (1000).to_bytes(4, "little")
    # Both sizes, packed and unpacked, in both places that tell them.
    path.write_bytes(content.replace(size * 2, (10).to_bytes(4, "little") * 2))
    with pytest.raises(ProjectError, match="damaged"):
        unpack(path, tmp_path / "out", CancelToken())
    assert not (tmp_path / "out").exists()


def test_more_files_than_any_project_has_are_refused(text: bytes, tmp_path: Path) -> None:
    path = tmp_path / "many.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(NAME, text)
        for number in range(MAX_ENTRIES):
            archive.writestr(str(number), b"")
    with pytest.raises(ProjectError, match="holds 30001 files"):
        unpack(path, tmp_path / "out", CancelToken())


def test_a_package_cut_off_or_changed_anywhere_is_refused_and_leaves_nothing(
    project: VideoProject, folder: Path, tmp_path: Path
) -> None:
    package(project, folder, tmp_path / "whole.zip", CancelToken())
    whole = (tmp_path / "whole.zip").read_bytes()
    path = tmp_path / "broken.zip"
    for at in range(0, len(whole), 97):
        for content in (whole[:at], whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :]):
            path.write_bytes(content)
            try:
                unpack(path, tmp_path / "out", CancelToken())
            except ProjectError:
                pass
            else:
                # Some bytes, such as dates, mean nothing to us.
                assert read_project(tmp_path / "out").project.name == project.name
                shutil.rmtree(tmp_path / "out")
            assert not (tmp_path / "out").exists()
    assert [item.name for item in tmp_path.iterdir() if item.name.startswith(".")] == []


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([("a.txt", b"x")], "there is no project.json"),
        ([(NAME, b"{")], "cannot be used"),
        ([(NAME, b'{"schema_version": 99, "project": {}}')], "newer version"),
    ],
)
def test_a_zip_without_a_project_for_us_says_so(
    entries: list[tuple[str | zipfile.ZipInfo, bytes]], words: str, tmp_path: Path
) -> None:
    with pytest.raises(ProjectError, match=words):
        unpack(zipped(tmp_path / "a.zip", entries), tmp_path / "out", CancelToken())
    assert not (tmp_path / "out").exists()


def test_a_package_that_is_gone_says_so(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="cannot be read"):
        unpack(tmp_path / "gone.zip", tmp_path / "out", CancelToken())
