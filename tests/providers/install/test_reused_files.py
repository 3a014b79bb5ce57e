"""Weights of other programs on the same machine: found, proved, linked, and left to them."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.errors import OutputError, ProviderUnavailable
from core.video.model_store import OnDisk
from providers.weights.installed import (
    MANIFEST_NAME,
    check_installed,
    manifest_of,
    remove_model,
    verify_model,
)
from providers.weights.weights_spec import FileSet
from tests.fakes.installation import (
    INDEX,
    MODEL,
    OTHER_SHARD,
    REPO,
    SHARD,
    Run,
    content,
    everything,
    installable,
    job,
    plain_copy,
    snapshot,
)
from tests.fakes.services.stub_hub import StubHub, running_hub

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def other_disk() -> Iterator[Path]:
    """A folder on another disk than the models."""
    shared_memory = Path("/dev/shm")
    if not shared_memory.is_dir() or shared_memory.stat().st_dev == Path("/tmp").stat().st_dev:
        pytest.skip("this machine has one disk")
    folder = Path(tempfile.mkdtemp(dir=shared_memory))
    yield folder
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    "place",
    [
        "ComfyUI/models/diffusion_models",
        "Documents/ComfyUI/models/checkpoints",
        ".local/share/LTXDesktop/models",
        "Wan2GP/ckpts",
    ],
)
def test_files_in_the_usual_folders_of_other_programs_are_found_unasked(
    hub: StubHub, models_dir: Path, folder: Path, run: Run, place: str
) -> None:
    theirs = Path.home() / place / "their-name.safetensors"
    theirs.parent.mkdir(parents=True)
    theirs.write_bytes(content("one"))
    survey = job(models_dir).survey(run.ctx)
    (found,) = survey.found
    assert theirs.is_relative_to(found.folder)
    assert (found.file_count, found.size_bytes) == (1, 300_000)
    job(models_dir).run(run.ctx)
    assert SHARD not in hub.fetched_paths()
    assert (folder / SHARD).samefile(theirs)


def test_linking_writes_no_byte_and_the_manifest_names_the_file(
    hub: StubHub, models_dir: Path, folder: Path, run: Run, tmp_path: Path
) -> None:
    theirs = plain_copy(hub, tmp_path / "theirs", everything(hub))
    inodes = {name: (theirs / name).stat().st_ino for name in everything(hub)}
    job(models_dir, reuse_from=[theirs]).run(run.ctx)
    assert {name: (folder / name).stat().st_ino for name in inodes} == inodes
    manifest = manifest_of(folder)
    assert manifest is not None
    assert {file.place: file.linked_to for file in manifest.files} == {
        name: str(theirs / name) for name in everything(hub)
    }
    state = check_installed(models_dir, MODEL)
    assert (state.on_disk, state.freed_bytes) == (OnDisk.WHOLE, 0)
    assert "linked" in run.notes


def test_on_another_disk_the_link_is_symbolic(
    hub: StubHub, models_dir: Path, folder: Path, run: Run, other_disk: Path
) -> None:
    theirs = plain_copy(hub, other_disk, {SHARD})
    job(models_dir, reuse_from=[theirs]).run(run.ctx)
    assert (folder / SHARD).is_symlink()
    assert (folder / SHARD).samefile(theirs / SHARD)
    assert verify_model(models_dir, MODEL, run.ctx).on_disk is OnDisk.WHOLE

    (theirs / SHARD).unlink()
    gone = check_installed(models_dir, MODEL)
    assert gone.on_disk is OnDisk.DAMAGED
    assert f"missing: {SHARD}" in gone.reason
    assert str(theirs / SHARD) in gone.reason
    hub.requests.clear()
    job(models_dir).run(run.ctx)
    assert hub.fetched_paths() == {SHARD}
    assert not (folder / SHARD).is_symlink()
    assert not (theirs / SHARD).exists()


def test_files_are_copied_only_on_demand(
    hub: StubHub, models_dir: Path, folder: Path, run: Run, tmp_path: Path
) -> None:
    theirs = plain_copy(hub, tmp_path / "theirs", {SHARD})
    job(models_dir, reuse_from=[theirs], may_copy=True).run(run.ctx)
    assert not (folder / SHARD).samefile(theirs / SHARD)
    assert (folder / SHARD).read_bytes() == content("one")
    (theirs / SHARD).write_bytes(b"another")
    assert verify_model(models_dir, MODEL, run.ctx).on_disk is OnDisk.WHOLE


def test_what_their_program_changes_is_told_mended_and_left_to_it(
    hub: StubHub, models_dir: Path, folder: Path, run: Run, tmp_path: Path
) -> None:
    theirs = plain_copy(hub, tmp_path / "theirs", {SHARD, OTHER_SHARD})
    job(models_dir, reuse_from=[theirs]).run(run.ctx)
    os.truncate(theirs / SHARD, 1000)
    state = verify_model(models_dir, MODEL, run.ctx)
    assert state.on_disk is OnDisk.DAMAGED
    assert f"changed: {SHARD}" in state.reason
    assert f"Another program changed or deleted {theirs / SHARD}" in state.reason
    hub.requests.clear()
    job(models_dir, reuse_from=[theirs]).run(run.ctx)
    assert hub.fetched_paths() == {SHARD}
    assert (folder / SHARD).read_bytes() == content("one")
    assert (theirs / SHARD).stat().st_size == 1000


def test_what_their_program_deletes_stays_with_a_hard_link(
    hub: StubHub, models_dir: Path, run: Run, tmp_path: Path
) -> None:
    theirs = plain_copy(hub, tmp_path / "theirs", {SHARD})
    job(models_dir, reuse_from=[theirs]).run(run.ctx)
    shutil.rmtree(theirs)
    assert verify_model(models_dir, MODEL, run.ctx).on_disk is OnDisk.WHOLE
    assert check_installed(models_dir, MODEL).shared_bytes == 0


def test_removal_leaves_the_files_of_others_and_counts_only_what_it_frees(
    hub: StubHub, models_dir: Path, run: Run, tmp_path: Path, other_disk: Path
) -> None:
    theirs = plain_copy(hub, tmp_path / "theirs", {SHARD})
    far = plain_copy(hub, other_disk, {OTHER_SHARD})
    job(models_dir, reuse_from=[theirs, far]).run(run.ctx)
    state = check_installed(models_dir, MODEL)
    assert state.shared_bytes == 500_000
    assert remove_model(models_dir, MODEL) < 5000
    assert (theirs / SHARD).read_bytes() == content("one")
    assert (far / OTHER_SHARD).read_bytes() == content("two", 200_000)


def test_an_interrupted_link_is_never_appended_to(
    hub: StubHub, models_dir: Path, folder: Path, run: Run, tmp_path: Path
) -> None:
    """A run that was killed between the link and its renaming leaves their file under our roof."""
    theirs = plain_copy(hub, tmp_path / "theirs", {SHARD})
    aside = folder / f"{SHARD}.link.part"
    aside.parent.mkdir(parents=True)
    aside.hardlink_to(theirs / SHARD)
    os.truncate(theirs / SHARD, 1000)
    job(models_dir).run(run.ctx)
    assert (folder / SHARD).read_bytes() == content("one")
    assert (theirs / SHARD).stat().st_size == 1000
    assert not aside.exists()


def test_a_folder_that_cannot_be_written_is_not_told_as_disks_that_cannot_be_linked(
    hub: StubHub, models_dir: Path, folder: Path, run: Run, tmp_path: Path
) -> None:
    theirs = plain_copy(hub, tmp_path / "theirs", {SHARD})
    folder.mkdir(parents=True)
    (folder / "transformer").write_text("a file where a folder must be")
    with pytest.raises(OutputError, match="cannot be written"):
        job(models_dir, reuse_from=[theirs]).run(run.ctx)


MODEL_FILES = FileSet(
    repo_id=REPO, revision="c0ffee" + "0" * 34, allow_patterns=(INDEX, "transformer/*")
)


def hub_cache(hub: StubHub, top: Path, names: set[str]) -> Path:
    """What the hub's own tools leave in their cache: named by hash, shown by links."""
    repository = top / f"models--{REPO.replace('/', '--')}"
    snapshot_of = repository / "snapshots" / hub.repos[REPO].commit
    for name in names:
        file = hub.repos[REPO].files[name]
        blob = repository / "blobs" / (file.sha256 if file.is_lfs else file.git_hash)
        link = snapshot_of / name
        for path in (blob, link):
            path.parent.mkdir(parents=True, exist_ok=True)
        blob.write_bytes(file.content)
        link.symlink_to(blob)
    refs = repository / "refs" / "main"
    refs.parent.mkdir()
    refs.write_text(hub.repos[REPO].commit)
    return top


def downloaded(hub: StubHub, top: Path, names: set[str]) -> Path:
    """What 'hf download --local-dir' leaves: the files, and a note beside each."""
    plain_copy(hub, top, names)
    for name in names:
        file = hub.repos[REPO].files[name]
        note = top / ".cache/huggingface/download" / f"{name}.metadata"
        note.parent.mkdir(parents=True, exist_ok=True)
        identity = file.sha256 if file.is_lfs else file.git_hash
        note.write_text(f"{hub.repos[REPO].commit}\n{identity}\n1769000000.5\n")
    return top


@pytest.fixture
def no_hub(hub: StubHub, monkeypatch: pytest.MonkeyPatch) -> None:
    with running_hub() as gone:
        monkeypatch.setenv("HF_ENDPOINT", gone.url)


@pytest.mark.parametrize("made_by", [hub_cache, downloaded])
@pytest.mark.parametrize("revision", ["main", MODEL_FILES.revision])
@pytest.mark.usefixtures("no_hub")
def test_what_the_hubs_own_tools_fetched_is_installed_offline_and_proved(
    hub: StubHub, models_dir: Path, folder: Path, run: Run, tmp_path: Path, made_by, revision: str
) -> None:
    source = made_by(hub, tmp_path / "source", everything(hub))
    model = installable(MODEL_FILES.model_copy(update={"revision": revision}))
    job(models_dir, model, reuse_from=[source]).run(run.ctx)
    assert check_installed(models_dir, MODEL).on_disk is OnDisk.WHOLE
    assert set(snapshot(folder)) == {*everything(hub), MANIFEST_NAME}
    assert f"that of {str(source)!r}" in run.notes


@pytest.mark.parametrize("made_by", [hub_cache, downloaded])
@pytest.mark.usefixtures("no_hub")
def test_offline_a_folder_with_damaged_bytes_is_not_believed(
    hub: StubHub, models_dir: Path, run: Run, tmp_path: Path, made_by
) -> None:
    source = made_by(hub, tmp_path / "source", everything(hub))
    (damaged,) = [path for path in source.rglob("*weights-00001.safetensors") if path.is_file()]
    damaged.resolve().write_bytes(b"?" * 300_000)
    with pytest.raises(ProviderUnavailable, match="cannot be reached"):
        job(models_dir, installable(MODEL_FILES), reuse_from=[source]).run(run.ctx)
    assert check_installed(models_dir, MODEL).on_disk is OnDisk.PARTLY


@pytest.mark.usefixtures("no_hub")
def test_offline_a_download_of_another_version_is_no_list(
    hub: StubHub, models_dir: Path, run: Run, tmp_path: Path
) -> None:
    hub.repos[REPO].commit = "d" * 40
    source = downloaded(hub, tmp_path / "source", everything(hub))
    with pytest.raises(ProviderUnavailable, match="nor the whole list"):
        job(models_dir, installable(MODEL_FILES), reuse_from=[source]).run(run.ctx)
