"""What cannot be installed is told in a sentence, before anything is fetched where it can be."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from core.errors import (
    AuthFailed,
    BadResponse,
    NotConfigured,
    OutputError,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
)
from core.jobs.job import Progressed
from core.platform.network import NetworkSwitch
from core.video.model_store import OnDisk
from core.video.provider import NotReady, Ready
from providers.weights.hub import check_token
from providers.weights.installed import (
    check_installed,
)
from providers.weights.weights_spec import FileSet
from tests.fakes.installation import (
    MODEL,
    REPO,
    SHARD,
    TOKEN,
    Keys,
    Run,
    installable,
    job,
    snapshot,
)
from tests.fakes.services.stub_hub import (
    Refuse,
    StubFile,
    StubHub,
    StubRepo,
    running_hub,
)

if TYPE_CHECKING:
    from pathlib import Path


def test_too_small_a_disk_is_told_before_any_file_is_fetched(
    hub: StubHub, models_dir: Path, run: Run
) -> None:
    hub.repos[REPO].files[SHARD] = StubFile(b"x", is_lfs=True, claimed_bytes=10**17)
    with pytest.raises(OutputError, match=r"100000000\.\d GB more .* GB are free") as caught:
        job(models_dir).run(run.ctx)
    assert "folders.models" in caught.value.hint
    assert hub.fetched_paths() == set()


def test_gated_model_without_token_names_page_and_token(
    hub: StubHub, models_dir: Path, run: Run
) -> None:
    hub.repos[REPO].is_gated = True
    with pytest.raises(NotConfigured) as caught:
        job(models_dir).run(run.ctx)
    said = str(caught.value)
    assert f"{hub.url}/{REPO}" in said
    assert "accept the licence" in said
    assert "HF_TOKEN" in said
    assert "keys set huggingface" in said
    assert hub.fetched_paths() == set()


def test_gated_model_not_yet_accepted_says_so(hub: StubHub, models_dir: Path, run: Run) -> None:
    hub.repos[REPO].is_gated = True
    hub.known_tokens.add(TOKEN)
    with pytest.raises(NotConfigured, match="not accepted yet") as caught:
        job(models_dir, token=TOKEN).run(run.ctx)
    assert f"{hub.url}/{REPO}" in caught.value.hint


def test_rejected_token_is_told_without_showing_it(
    hub: StubHub, models_dir: Path, run: Run
) -> None:
    with pytest.raises(AuthFailed, match="rejected") as caught:
        job(models_dir, token=TOKEN).run(run.ctx)
    error: BaseException | None = caught.value
    while error is not None:
        assert TOKEN not in f"{error} {error!r}"
        error = error.__cause__ or error.__context__


def test_token_opens_the_gate_and_never_reaches_the_storage(
    hub: StubHub, models_dir: Path, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    hub.repos[REPO].is_gated = True
    hub.known_tokens.add(TOKEN)
    hub.repos[REPO].accepted_tokens.add(TOKEN)
    install = job(models_dir, token=TOKEN)
    install.run(run.ctx)
    by_server = {
        server: [
            heard.headers.get("Authorization") or heard.headers.get("authorization")
            for heard in hub.requests
            if heard.server == server
        ]
        for server in ("hub", "cdn")
    }
    assert set(by_server["hub"]) == {f"Bearer {TOKEN}"}
    assert by_server["cdn"]
    assert set(by_server["cdn"]) == {None}
    messages = f"{caplog.text} {run.events} {install.payload()} {install!r} {snapshot(models_dir)}"
    assert TOKEN not in messages


def test_unknown_repository_is_named(hub: StubHub, models_dir: Path, run: Run) -> None:
    files = FileSet(repo_id="maker/nothing", allow_patterns=("*",))
    with pytest.raises(ProviderError, match="'maker/nothing'") as caught:
        job(models_dir, installable(files)).run(run.ctx)
    assert f"{hub.url}/maker/nothing" in caught.value.hint


BASE = FileSet(repo_id=REPO, allow_patterns=("model_index.json", "transformer/*"))
EXTRA = FileSet(
    repo_id="maker/enhancer",
    allow_patterns=("enhancer/*",),
    part="prompt enhancer",
    is_extra=True,
)


@pytest.mark.parametrize(
    ("repo", "why"),
    [
        (None, "does not show it to this account"),
        (StubRepo({"enhancer/a.json": StubFile(b"{}")}, is_gated=True), "accept the licence"),
        (StubRepo({"other/a.json": StubFile(b"{}")}), "has none of its files"),
    ],
    ids=["closed or gone", "gated", "empty"],
)
def test_what_the_hub_keeps_closed_is_left_out_and_told_with_its_page(
    hub: StubHub, models_dir: Path, run: Run, tmp_path: Path, repo: StubRepo | None, why: str
) -> None:
    if repo is not None:
        hub.repos["maker/enhancer"] = repo
    model = installable(BASE, EXTRA)
    (left_out,) = job(models_dir, model).survey(run.ctx).left_out
    assert left_out.startswith("The prompt enhancer is left out: ")
    assert why in left_out
    assert f"{hub.url}/maker/enhancer" in left_out
    folder = job(models_dir, model).run(run.ctx)
    assert left_out in run.notes
    assert check_installed(models_dir, MODEL).on_disk is OnDisk.WHOLE
    # Whoever installs from that copy gets no more, and is told so too.
    again = Run(tmp_path)
    job(tmp_path / "other", model, reuse_from=[folder]).run(again.ctx)
    assert f"The prompt enhancer is left out: {str(folder)!r} has none" in again.notes


def test_a_part_that_is_no_extra_is_never_left_out(
    hub: StubHub, models_dir: Path, run: Run
) -> None:
    needed = EXTRA.model_copy(update={"is_extra": False})
    with pytest.raises(ProviderError, match="does not show it to this account"):
        job(models_dir, installable(BASE, needed)).run(run.ctx)


def test_unknown_revision_is_told(hub: StubHub, models_dir: Path, run: Run) -> None:
    files = FileSet(repo_id=REPO, revision="gone", allow_patterns=("transformer/*",))
    with pytest.raises(ProviderError, match="RevisionNotFound"):
        job(models_dir, installable(files)).run(run.ctx)


def test_missing_folder_in_the_repository_is_told(hub: StubHub, models_dir: Path, run: Run) -> None:
    files = FileSet(repo_id=REPO, allow_patterns=("transformer/*", "vocoder/*"))
    with pytest.raises(ProviderError, match=r"no file 'vocoder/\*'"):
        job(models_dir, installable(files)).run(run.ctx)
    assert hub.fetched_paths() == set()


@pytest.mark.parametrize("name", ["transformer/../../evil", "transformer/C:evil", "transformer//x"])
def test_listed_name_that_leads_out_of_the_folder_is_refused(
    hub: StubHub, models_dir: Path, run: Run, name: str
) -> None:
    hub.repos[REPO].files[name] = StubFile(b"evil")
    with pytest.raises(BadResponse, match="no safe file name"):
        job(models_dir).run(run.ctx)
    assert hub.fetched_paths() == set()


def test_no_connection_is_told_in_a_sentence(
    models_dir: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_hub() as gone:
        monkeypatch.setenv("HF_ENDPOINT", gone.url)
    with pytest.raises(ProviderUnavailable, match="cannot be reached") as caught:
        job(models_dir).run(run.ctx)
    assert "--adopt" in caught.value.hint
    assert check_installed(models_dir, MODEL).on_disk is OnDisk.NOTHING


def test_wish_to_wait_is_granted(hub: StubHub, models_dir: Path, run: Run) -> None:
    hub.faults[SHARD].append(Refuse(429, {"Retry-After": "1"}))
    started_s = time.monotonic()
    job(models_dir).run(run.ctx)
    assert time.monotonic() - started_s >= 1.0
    messages = [event.message for event in run.events if isinstance(event, Progressed)]
    assert any("fewer requests" in message for message in messages)


def test_wish_to_wait_for_hours_ends_the_job(hub: StubHub, models_dir: Path, run: Run) -> None:
    hub.faults[REPO].append(Refuse(429, {"Retry-After": "7200"}))
    with pytest.raises(RateLimited) as caught:
        job(models_dir).run(run.ctx)
    assert caught.value.retry_after_s == 7200


def test_set_token_is_tested_by_asking_the_hub(hub: StubHub) -> None:
    unset = check_token(Keys(), NetworkSwitch())
    assert isinstance(unset, NotReady)
    assert "HF_TOKEN" in unset.fix
    rejected = check_token(Keys(TOKEN), NetworkSwitch())
    assert isinstance(rejected, NotReady)
    assert "rejected" in rejected.reason
    hub.known_tokens.add(TOKEN)
    accepted = check_token(Keys(TOKEN), NetworkSwitch())
    assert isinstance(accepted, Ready)
    assert "'mary'" in accepted.note
