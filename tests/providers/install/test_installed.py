"""Files that lie on disk: taken over, found damaged, repaired, removed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from core.errors import ProviderUnavailable, UnsupportedRequest
from core.jobs.job import Progressed
from core.jobs.lanes import Stage
from core.video.model_store import OnDisk
from providers.weights.installed import (
    MANIFEST_NAME,
    check_installed,
    remove_model,
    verify_model,
)
from tests.fakes.installation import (
    CONFIG,
    INDEX,
    MODEL,
    OTHER_SHARD,
    REPO,
    SHARD,
    Run,
    content,
    everything,
    job,
    plain_copy,
)
from tests.fakes.services.stub_hub import (
    StubHub,
    running_hub,
)

if TYPE_CHECKING:
    from pathlib import Path


def test_files_of_an_existing_folder_are_linked_not_fetched(
    hub: StubHub, models_dir: Path, folder: Path, run: Run, tmp_path: Path
) -> None:
    copy = plain_copy(hub, tmp_path / "other program", {INDEX, CONFIG, SHARD})
    job(models_dir, reuse_from=[copy]).run(run.ctx)
    assert hub.fetched_paths() == {OTHER_SHARD}
    assert (folder / SHARD).samefile(copy / SHARD)
    assert check_installed(models_dir, MODEL).on_disk is OnDisk.WHOLE
    assert "on this machine already" in run.notes


def test_files_of_a_hub_cache_are_found_by_content(
    hub: StubHub, models_dir: Path, folder: Path, run: Run, tmp_path: Path
) -> None:
    cache = tmp_path / "models--maker--model"
    commit = hub.repos[REPO].commit
    for name in (SHARD, OTHER_SHARD):
        file = hub.repos[REPO].files[name]
        blob, link = cache / "blobs" / file.sha256, cache / "snapshots" / commit / name
        for path in (blob, link):
            path.parent.mkdir(parents=True, exist_ok=True)
        blob.write_bytes(file.content)
        link.symlink_to(blob)
    job(models_dir, reuse_from=[tmp_path]).run(run.ctx)
    assert hub.fetched_paths() == {INDEX, CONFIG}
    assert not (folder / SHARD).is_symlink()


def test_files_of_another_installed_model_are_linked_not_fetched(
    hub: StubHub, models_dir: Path, folder: Path, run: Run
) -> None:
    other = plain_copy(hub, models_dir / "another-model", {SHARD})
    plain_copy(hub, models_dir / ".gone-0123456789ab", {CONFIG})
    job(models_dir).run(run.ctx)
    assert hub.fetched_paths() == {INDEX, CONFIG, OTHER_SHARD}
    assert (folder / SHARD).samefile(other / SHARD)
    assert check_installed(models_dir, MODEL).on_disk is OnDisk.WHOLE


def test_file_of_the_right_size_with_other_content_is_not_adopted(
    hub: StubHub, models_dir: Path, folder: Path, run: Run, tmp_path: Path
) -> None:
    copy = plain_copy(hub, tmp_path / "copy", {SHARD})
    (copy / SHARD).write_bytes(b"?" * 300_000)
    job(models_dir, reuse_from=[copy]).run(run.ctx)
    assert SHARD in hub.fetched_paths()
    assert (folder / SHARD).read_bytes() == content("one")


def test_another_installation_of_ours_is_taken_over_without_any_hub(
    hub: StubHub, models_dir: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job(models_dir).run(run.ctx)
    with running_hub() as gone:
        monkeypatch.setenv("HF_ENDPOINT", gone.url)
    target = tmp_path / "offline machine"
    job(target, reuse_from=[models_dir / MODEL]).run(run.ctx)
    assert check_installed(target, MODEL).on_disk is OnDisk.WHOLE


def test_a_folder_without_a_list_offline_is_told_and_not_advised_to_be_given(
    hub: StubHub, models_dir: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job(models_dir).run(run.ctx)
    copy = plain_copy(hub, tmp_path / "copy", everything(hub))
    with running_hub() as gone:
        monkeypatch.setenv("HF_ENDPOINT", gone.url)
    with pytest.raises(ProviderUnavailable) as told:
        job(tmp_path / "other", reuse_from=[copy]).run(run.ctx)
    assert f"{str(copy)!r} either: neither {MANIFEST_NAME}" in str(told.value)
    assert "Go online once" in told.value.hint


def test_missing_source_folder_is_told(
    hub: StubHub, models_dir: Path, run: Run, tmp_path: Path
) -> None:
    with pytest.raises(UnsupportedRequest, match="no folder"):
        job(models_dir, reuse_from=[tmp_path / "nowhere"]).run(run.ctx)


def test_files_put_in_place_by_hand_are_verified_and_kept(
    hub: StubHub, models_dir: Path, folder: Path, run: Run
) -> None:
    plain_copy(hub, folder, everything(hub))
    assert check_installed(models_dir, MODEL).on_disk is OnDisk.PARTLY
    job(models_dir).run(run.ctx)
    assert hub.fetched_paths() == set()
    assert check_installed(models_dir, MODEL).on_disk is OnDisk.WHOLE


def test_survey_tells_the_sizes_and_changes_nothing(
    hub: StubHub, models_dir: Path, run: Run, tmp_path: Path
) -> None:
    copy = plain_copy(hub, tmp_path / "copy", {SHARD})
    survey = job(models_dir, reuse_from=[copy]).survey(run.ctx)
    assert survey.total_bytes == sum(
        len(hub.repos[REPO].files[name].content) for name in everything(hub)
    )
    assert survey.fetch_bytes == survey.total_bytes - 300_000
    assert not models_dir.exists()


def spoil_gone(path: Path) -> None:
    path.unlink()


def spoil_shorter(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def spoil_other(path: Path) -> None:
    path.write_bytes(b"?" * path.stat().st_size)


@pytest.mark.parametrize("spoil", [spoil_gone, spoil_shorter, spoil_other])
def test_damage_is_seen_named_and_repaired(
    hub: StubHub, models_dir: Path, folder: Path, run: Run, spoil
) -> None:
    job(models_dir).run(run.ctx)
    spoil(folder / SHARD)
    state = check_installed(models_dir, MODEL)
    assert state.on_disk is OnDisk.DAMAGED
    assert SHARD in state.reason
    hub.requests.clear()
    job(models_dir).run(run.ctx)
    assert hub.fetched_paths() == {SHARD}
    assert check_installed(models_dir, MODEL).on_disk is OnDisk.WHOLE


def test_silent_damage_is_found_by_reading_and_then_repaired(
    hub: StubHub, models_dir: Path, folder: Path, run: Run
) -> None:
    job(models_dir).run(run.ctx)
    before = (folder / SHARD).stat()
    spoil_other(folder / SHARD)
    os.utime(folder / SHARD, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert check_installed(models_dir, MODEL).on_disk is OnDisk.WHOLE
    state = verify_model(models_dir, MODEL, run.ctx)
    assert state.on_disk is OnDisk.DAMAGED
    assert f"(changed: {SHARD})" in state.reason
    job(models_dir).run(run.ctx)
    assert (folder / SHARD).read_bytes() == content("one")


def test_verifying_heals_what_only_looks_changed(
    hub: StubHub, models_dir: Path, folder: Path, run: Run
) -> None:
    job(models_dir).run(run.ctx)
    for path in folder.rglob("*.safetensors"):
        os.utime(path)
    assert check_installed(models_dir, MODEL).on_disk is OnDisk.DAMAGED
    assert verify_model(models_dir, MODEL, run.ctx).on_disk is OnDisk.WHOLE
    assert any(isinstance(e, Progressed) and e.stage is Stage.VERIFY for e in run.events)


def test_unreadable_manifest_is_damage_and_repaired_without_fetching(
    hub: StubHub, models_dir: Path, folder: Path, run: Run
) -> None:
    job(models_dir).run(run.ctx)
    (folder / MANIFEST_NAME).write_text("{", encoding="utf-8")
    assert check_installed(models_dir, MODEL).on_disk is OnDisk.DAMAGED
    hub.requests.clear()
    job(models_dir).run(run.ctx)
    assert hub.fetched_paths() == set()
    assert check_installed(models_dir, MODEL).on_disk is OnDisk.WHOLE


def test_removed_model_leaves_nothing(
    hub: StubHub, models_dir: Path, folder: Path, run: Run
) -> None:
    job(models_dir).run(run.ctx)
    assert remove_model(models_dir, MODEL) > 500_000
    assert not folder.exists()
    assert check_installed(models_dir, MODEL).on_disk is OnDisk.NOTHING
    assert remove_model(models_dir, MODEL) == 0
