"""Installing a model from a hub on loopback: complete, resumed, verified, refused, removed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.errors import (
    BadResponse,
    JobCancelled,
    OutputError,
    ProviderUnavailable,
    StudioError,
)
from core.jobs.job import CancelToken, Progressed
from core.jobs.journal import Journal
from core.jobs.lanes import Stage
from core.jobs.queue import JobQueue
from core.platform.network import NetworkSwitch
from core.video.model_store import OnDisk
from providers.ltx_video.install.weights import InstallModelJob
from providers.ltx_video.models.info import INSTALL_MODEL
from providers.weights.installed import (
    MANIFEST_NAME,
    check_installed,
    check_parts,
    manifest_of,
    remove_model,
)
from providers.weights.weights_spec import FileSet
from tests.fakes.installation import (
    CONFIG,
    INDEX,
    MODEL,
    OTHER_SHARD,
    REPO,
    SHARD,
    WAITS_S,
    Keys,
    Run,
    content,
    everything,
    installable,
    job,
    snapshot,
    wait_until,
)
from tests.fakes.services.stub_hub import (
    Break,
    Corrupt,
    IgnoreRange,
    Refuse,
    StubFile,
    StubHub,
    StubRepo,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.jobs.job import Report


def test_exactly_the_needed_files_are_installed(
    hub: StubHub, models_dir: Path, folder: Path, run: Run
) -> None:
    assert job(models_dir).run(run.ctx) == folder
    found = snapshot(folder)
    assert set(found) == {*everything(hub), MANIFEST_NAME}
    assert hub.fetched_paths() == everything(hub)
    for name in everything(hub):
        assert found[name] == hub.repos[REPO].files[name].content
        assert hub.sent_bytes(name) == len(found[name])


def test_manifest_names_files_hashes_origin_and_licence(
    hub: StubHub, models_dir: Path, run: Run
) -> None:
    job(models_dir).run(run.ctx)
    state = check_installed(models_dir, MODEL)
    assert state.on_disk is OnDisk.WHOLE
    manifest = manifest_of(state.folder)
    assert manifest is not None
    assert (manifest.model, manifest.licence) == (MODEL, "Test Licence")
    assert {file.place: file.sha256 for file in manifest.files} == {
        name: hub.repos[REPO].files[name].sha256 for name in everything(hub)
    }
    assert {(file.repo_id, file.revision) for file in manifest.files} == {
        (REPO, hub.repos[REPO].commit)
    }


def test_progress_rises_to_one_and_names_the_amounts(
    hub: StubHub, models_dir: Path, run: Run
) -> None:
    hub.bytes_per_s = 400_000
    job(models_dir).run(run.ctx)
    reports = [event for event in run.events if isinstance(event, Progressed)]
    fractions = [event.fraction for event in reports if event.fraction is not None]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert any(0 < fraction < 1 for fraction in fractions)
    running = [event for event in reports if "/s" in event.message]
    assert running, "speed is shown"
    assert any("of 500 kB" in event.message and event.eta_s for event in running)


def test_files_of_two_repositories_are_joined_in_one_folder(
    hub: StubHub, models_dir: Path, folder: Path, run: Run
) -> None:
    whole = StubFile(content("whole"), is_lfs=True)
    hub.repos["other/parts"] = StubRepo({"full/model.safetensors": whole}, commit="b" * 40)
    model = installable(
        FileSet(
            repo_id=REPO,
            allow_patterns=(INDEX, "transformer/*"),
            ignore_patterns=("*.safetensors",),
        ),
        FileSet(
            repo_id="other/parts",
            allow_patterns=("full/*",),
            source_folder="full",
            target_folder="transformer",
        ),
    )
    job(models_dir, model).run(run.ctx)
    assert set(snapshot(folder)) == {
        INDEX,
        CONFIG,
        "transformer/model.safetensors",
        MANIFEST_NAME,
    }


def test_second_run_asks_the_hub_nothing(hub: StubHub, models_dir: Path, run: Run) -> None:
    job(models_dir).run(run.ctx)
    hub.requests.clear()
    job(models_dir).run(run.ctx)
    assert hub.requests == []
    assert "complete" in run.notes


def test_kill_in_mid_file_loses_no_finished_byte(
    hub: StubHub, models_dir: Path, folder: Path, run: Run
) -> None:
    hub.repos[REPO].files[SHARD] = StubFile(content("big", 3_000_000), is_lfs=True)
    hub.bytes_per_s = 600_000
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.fakes.installation", str(models_dir)],
        cwd=Path(__file__).parents[3],
        env={**os.environ, "HF_ENDPOINT": hub.url},
    )
    # The small shard is through, the big one is in its middle.
    wait_until(lambda: (folder / OTHER_SHARD).exists() and hub.sent_bytes(SHARD) > 400_000)
    process.send_signal(signal.SIGKILL)
    process.wait()
    (part,) = folder.rglob("weights-00001*.part")
    had_bytes = part.stat().st_size
    assert 0 < had_bytes < 3_000_000
    assert check_installed(models_dir, MODEL).on_disk is OnDisk.PARTLY

    hub.bytes_per_s = None
    hub.requests.clear()
    job(models_dir).run(run.ctx)
    assert hub.fetched_paths() == {SHARD}
    assert hub.sent_bytes(SHARD) == 3_000_000 - had_bytes
    assert (folder / SHARD).read_bytes() == content("big", 3_000_000)
    assert check_installed(models_dir, MODEL).on_disk is OnDisk.WHOLE
    assert not list(folder.rglob("*.part"))


def test_broken_connections_are_taken_up_where_they_broke(
    hub: StubHub, models_dir: Path, run: Run
) -> None:
    hub.faults[SHARD].extend([Break(100_000), Break(100_000), Refuse(503)])
    job(models_dir).run(run.ctx)
    assert hub.sent_bytes(SHARD) == 300_000
    assert check_installed(models_dir, MODEL).on_disk is OnDisk.WHOLE


def test_storage_that_ignores_ranges_still_gives_the_right_file(
    hub: StubHub, models_dir: Path, folder: Path, run: Run
) -> None:
    hub.faults[SHARD].extend([Break(100_000), IgnoreRange()])
    job(models_dir).run(run.ctx)
    assert (folder / SHARD).read_bytes() == content("one")


def test_expired_link_to_the_storage_is_asked_for_again(
    hub: StubHub, models_dir: Path, run: Run
) -> None:
    hub.faults[SHARD].append(Refuse(403))
    job(models_dir, token=None).run(run.ctx)
    assert check_installed(models_dir, MODEL).on_disk is OnDisk.WHOLE


def test_giving_up_keeps_what_has_arrived(hub: StubHub, models_dir: Path, run: Run) -> None:
    hub.faults[SHARD].append(Break(100_000))
    hub.faults[SHARD].extend([Refuse(502)] * 9)
    with pytest.raises(ProviderUnavailable, match="kept"):
        job(models_dir).run(run.ctx)
    hub.faults.clear()
    hub.requests.clear()
    job(models_dir).run(run.ctx)
    assert hub.sent_bytes(SHARD) == 200_000


def test_wrong_bytes_are_fetched_once_more(
    hub: StubHub, models_dir: Path, folder: Path, run: Run
) -> None:
    hub.faults[SHARD].append(Corrupt())
    hub.faults[CONFIG].append(Corrupt())
    job(models_dir).run(run.ctx)
    assert (folder / SHARD).read_bytes() == content("one")
    assert (folder / CONFIG).read_bytes() == b'{"layers": 2}'


@pytest.mark.parametrize("name", [SHARD, CONFIG])
def test_bytes_that_stay_wrong_are_not_installed(
    hub: StubHub, models_dir: Path, folder: Path, run: Run, name: str
) -> None:
    hub.faults[name].extend([Corrupt()] * 4)
    with pytest.raises(BadResponse, match=f"{name!r}.* not installed"):
        job(models_dir).run(run.ctx)
    assert not (folder / name).exists()
    assert check_installed(models_dir, MODEL).on_disk is OnDisk.PARTLY


@pytest.mark.parametrize("extra", [b"", b"more than announced"])
def test_file_of_another_length_is_not_installed(
    hub: StubHub, models_dir: Path, run: Run, extra: bytes
) -> None:
    sent = content("one")[:1000] + extra if not extra else content("one") + extra
    hub.repos[REPO].files[SHARD] = StubFile(content("one"), is_lfs=True, sent=sent)
    with pytest.raises(StudioError):
        job(models_dir).run(run.ctx)
    assert check_installed(models_dir, MODEL).on_disk is not OnDisk.WHOLE


@pytest.mark.parametrize("where", ["in mid-file", "while waiting", "while asking"])
def test_cancel_ends_at_once_and_keeps_what_has_arrived(
    hub: StubHub, models_dir: Path, run: Run, where: str
) -> None:
    waits_s: Sequence[float] = WAITS_S
    if where == "in mid-file":
        hub.bytes_per_s = 20_000
    elif where == "while waiting":
        waits_s = (60.0,)
        hub.faults[SHARD].append(Break(100_000))
    else:
        waits_s = (60.0,)
        hub.faults[REPO].append(Refuse(503))
    threading.Timer(0.8, run.cancel.cancel).start()
    started_s = time.monotonic()
    with pytest.raises(JobCancelled):
        job(models_dir, waits_s=waits_s).run(run.ctx)
    assert time.monotonic() - started_s < 0.8 + 1.0
    if where != "while asking":
        assert check_installed(models_dir, MODEL).on_disk is OnDisk.PARTLY


def test_a_part_that_came_to_a_model_later_is_added_alone(
    hub: StubHub, models_dir: Path, folder: Path, run: Run
) -> None:
    job(models_dir).run(run.ctx)
    before = snapshot(folder)
    hub.repos["tests/upsampler"] = StubRepo(
        {
            "latent_upsampler/config.json": StubFile(b"{}"),
            "latent_upsampler/weights.safetensors": StubFile(content("large"), is_lfs=True),
            "vae/weights.safetensors": StubFile(content("never"), is_lfs=True),
        }
    )
    fetched = hub.fetched_paths()
    more = FileSet(repo_id="tests/upsampler", allow_patterns=("latent_upsampler/*",))
    model = installable(FileSet(repo_id=REPO, allow_patterns=(INDEX, "transformer/*")), more)
    assert check_installed(models_dir, MODEL).on_disk is OnDisk.WHOLE
    meanwhile: list[OnDisk] = []
    stop = CancelToken()

    def look(event: Report) -> None:
        meanwhile.append(check_installed(models_dir, MODEL).on_disk)
        if isinstance(event, Progressed) and event.stage is Stage.DOWNLOAD and event.fraction:
            stop.cancel()

    hub.bytes_per_s = 300_000
    with pytest.raises(JobCancelled):
        job(models_dir, model).run(replace(run.ctx, cancel=stop, report=look))
    assert check_parts(models_dir, MODEL, model.weights).missing_parts == ("tests/upsampler",)
    hub.bytes_per_s = None
    job(models_dir, model).run(replace(run.ctx, report=look))
    # It makes clips as before until the part is there, also where that is stopped.
    assert set(meanwhile) == {OnDisk.WHOLE}
    added = {"latent_upsampler/config.json", "latent_upsampler/weights.safetensors"}
    assert hub.fetched_paths() - fetched == added
    after = snapshot(folder)
    assert set(after) - set(before) == added
    assert check_installed(models_dir, MODEL).on_disk is OnDisk.WHOLE
    # And then there is nothing more to do.
    asked = len(hub.requests)
    job(models_dir, model).run(run.ctx)
    assert len(hub.requests) == asked


def test_second_installation_of_the_same_model_is_refused(
    hub: StubHub, models_dir: Path, run: Run, tmp_path: Path
) -> None:
    hub.bytes_per_s = 20_000

    def install() -> None:
        with suppress(JobCancelled):
            job(models_dir).run(run.ctx)

    first = threading.Thread(target=install)
    first.start()
    wait_until(lambda: hub.sent_bytes(SHARD) > 0)
    with pytest.raises(OutputError, match=rf"'{MODEL}' is being installed .*{os.getpid()}"):
        job(models_dir).run(Run(tmp_path).ctx)
    with pytest.raises(OutputError, match="being installed"):
        remove_model(models_dir, MODEL)
    run.cancel.cancel()
    first.join()


def test_queue_runs_the_job_and_builds_it_again_from_the_journal(
    hub: StubHub, models_dir: Path, tmp_path: Path
) -> None:
    factory = partial(
        InstallModelJob.from_payload,
        find=lambda model: installable(),
        models_dir=models_dir,
        keys=Keys(),
        network=NetworkSwitch(),
    )
    journal = Journal(tmp_path / "jobs.sqlite")
    queue = JobQueue(journal, tmp_path / "work", tmp_path / "inputs", {INSTALL_MODEL: factory})
    job_id = queue.submit(job(models_dir))
    ended = queue.run_job(job_id)
    assert ended.event == "succeeded", ended
    assert check_installed(models_dir, MODEL).on_disk is OnDisk.WHOLE
    queue.close()
