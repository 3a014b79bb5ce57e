"""Projects and packages of somebody else: nothing in them decides where this program writes."""

from __future__ import annotations

import os
import random
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from core.errors import ProjectError
from core.jobs.job import CancelToken
from core.media.frames import write_last_frame
from core.project.files.lock import NAME as LOCK
from core.project.files.lock import ProjectLock
from core.project.files.media import bring_in
from core.project.files.package import unpack
from core.project.files.project_file import INPUTS, NAME, read_project, write_project
from core.project.files.project_json import LoadedProject, Unusable, parse_project
from core.project.model.project import Take
from core.project.render.planning import link_image
from tests.film.exporting import make_clip
from tests.project.projects import NOW, made_project

if TYPE_CHECKING:
    from pathlib import Path

DEEP = 100_000


def test_a_picture_is_not_brought_into_a_folder_that_leads_elsewhere(tmp_path: Path) -> None:
    folder, victim = tmp_path / "Storm", tmp_path / "victim"
    made_project(folder, "Storm")
    victim.mkdir()
    (folder / INPUTS).rmdir()
    (folder / INPUTS).symlink_to(victim, target_is_directory=True)
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    with pytest.raises(ProjectError, match="a link that leads out of it"):
        bring_in(tmp_path / "a.png", folder)
    assert list(victim.iterdir()) == []


def test_folders_may_be_links_within_the_project_and_the_project_itself_one(tmp_path: Path) -> None:
    folder = tmp_path / "Storm"
    made_project(folder, "Storm")
    (folder / INPUTS).rename(folder / "pictures")
    (folder / INPUTS).symlink_to("pictures", target_is_directory=True)
    other_name = tmp_path / "link"
    other_name.symlink_to(folder, target_is_directory=True)
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    assert bring_in(tmp_path / "a.png", other_name).is_file()


@pytest.mark.parametrize("name", ["../../evil", "/tmp/evil", "a/../../../evil", "..", "x\0y"])
def test_what_a_take_is_called_leads_nowhere(tmp_path: Path, name: str) -> None:
    take = Take(id=name, path=tmp_path / "a.mp4", created_at=NOW)
    assert link_image(tmp_path, take).parent == tmp_path / INPUTS


def test_a_last_frame_is_written_over_nothing_that_a_link_leads_to(
    tmp_path: Path,
) -> None:
    clip = make_clip(tmp_path / "a.mp4", 0.4)
    victim = tmp_path / "victim"
    victim.write_text("precious")
    place = tmp_path / "last.png"
    for name in (place.name, f".{place.name}.part"):
        (tmp_path / name).symlink_to(victim)
    write_last_frame(clip, place, CancelToken())
    assert victim.read_text() == "precious"
    with Image.open(place) as image:
        assert image.width > 0


def test_saving_and_locking_leave_alone_what_links_in_the_folder_lead_to(tmp_path: Path) -> None:
    folder = tmp_path / "Storm"
    project = made_project(folder, "Storm")
    victim = tmp_path / "victim"
    victim.write_text("precious")
    text = (folder / NAME).read_text(encoding="utf-8")
    (folder / NAME).unlink()
    for name in (NAME, f"{NAME}.1", f"{NAME}.2", LOCK):
        (folder / name).symlink_to(victim)
    lock = ProjectLock(folder)
    lock.acquire()
    write_project(project, folder)
    lock.release()
    assert victim.read_text() == "precious"
    assert read_project(folder).project == parsed(text, folder)


def parsed(text: str, folder: Path) -> object:
    read = parse_project(text.encode(), folder)
    assert isinstance(read, LoadedProject)
    return read.project


@pytest.mark.parametrize("depth", [70, 230, 600, DEEP])
@pytest.mark.parametrize("around", ["%s", '{"schema_version": 2, "project": %s}'])
def test_deep_nesting_is_a_sentence(tmp_path: Path, depth: int, around: str) -> None:
    for deep in ("[" * depth + "]" * depth, '{"a":' * depth + "1" + "}" * depth):
        read = parse_project((around % deep).encode(), tmp_path)
        assert isinstance(read, Unusable)
        assert len(read.reason) < 200


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pipes in folders")
def test_a_project_file_or_a_package_that_is_a_pipe_is_told_at_once(tmp_path: Path) -> None:
    for name in (NAME, "a.zip"):
        os.mkfifo(tmp_path / name)
    with pytest.raises(ProjectError, match="it is a pipe"):
        read_project(tmp_path)
    with pytest.raises(ProjectError, match="it is a pipe"):
        unpack(tmp_path / "a.zip", tmp_path / "out", CancelToken())


@pytest.mark.parametrize("packing", [0, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_damaged_package_is_a_sentence_however_it_was_packed(
    tmp_path: Path, packing: int
) -> None:
    folder = tmp_path / "Storm"
    made_project(folder, "Storm")
    chance = random.Random(packing)
    with zipfile.ZipFile(tmp_path / "whole.zip", "w", packing) as archive:
        archive.write(folder / NAME, f"S/{NAME}")
        archive.writestr("S/inputs/ü.png", chance.randbytes(300) * 3)
    whole = (tmp_path / "whole.zip").read_bytes()
    said: list[str] = []
    for number in range(150):
        content = bytearray(whole)
        for _ in range(1 + number % 4):
            content[chance.randrange(len(content))] = chance.randrange(256)
        (tmp_path / "a.zip").write_bytes(content)
        out = tmp_path / f"out{number}"
        try:
            unpack(tmp_path / "a.zip", out, CancelToken())
        except ProjectError as error:
            said.append(str(error))
            assert not out.exists()
    assert len(said) > 50
    assert [sentence for sentence in said if "None" in sentence] == []


def test_a_name_in_a_package_that_is_no_text_is_a_sentence(tmp_path: Path) -> None:
    place = tmp_path / "a.zip"
    with zipfile.ZipFile(place, "w") as archive:
        archive.writestr("ü.png", b"x")
    place.write_bytes(place.read_bytes().replace("ü".encode(), b"\xff\xfe"))
    with pytest.raises(ProjectError, match="damaged"):
        unpack(place, tmp_path / "out", CancelToken())
