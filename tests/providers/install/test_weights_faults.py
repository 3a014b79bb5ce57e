"""What a hub and its storage do wrong while files are on their way, each with its right end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.errors import AuthFailed, NotConfigured, OutputError, ProviderError, ProviderUnavailable
from core.video.model_store import OnDisk
from providers.weights.installed import check_installed
from providers.weights.weights_spec import FileSet
from tests.fakes.installation import (
    CONFIG,
    MODEL,
    REPO,
    SHARD,
    TOKEN,
    WAITS_S,
    Run,
    content,
    installable,
    job,
)
from tests.fakes.services.stub_hub import (
    Break,
    Corrupt,
    OtherLength,
    OtherRange,
    Refuse,
    StubFile,
    StubHub,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

SIZE = 300_000
TRIES = len(WAITS_S) + 1


def is_whole(models_dir: Path) -> bool:
    return check_installed(models_dir, MODEL).on_disk is OnDisk.WHOLE


# Statuses.


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_refusal_of_the_hub_ends_at_once_and_is_mended_by_the_same_command(
    hub: StubHub, models_dir: Path, run: Run, status: int
) -> None:
    hub.faults[CONFIG].append(Refuse(status))
    with pytest.raises(ProviderError, match=rf"'{CONFIG}'.*\({status}") as caught:
        job(models_dir).run(run.ctx)
    assert f"{hub.url}/{REPO}" in caught.value.hint
    assert len([heard for heard in hub.requests if heard.status == status]) == 1
    job(models_dir).run(run.ctx)
    assert is_whole(models_dir)


@pytest.mark.parametrize(("status", "error"), [(401, AuthFailed), (403, NotConfigured)])
def test_a_refusal_of_the_hub_to_a_token_names_what_is_wrong_with_it(
    hub: StubHub, models_dir: Path, run: Run, status: int, error: type[ProviderError]
) -> None:
    hub.known_tokens.add(TOKEN)
    hub.faults[CONFIG].append(Refuse(status))
    with pytest.raises(error) as caught:
        job(models_dir, token=TOKEN).run(run.ctx)
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("name", [CONFIG, SHARD], ids=["hub", "storage"])
@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
def test_a_failure_that_may_pass_is_tried_again(
    hub: StubHub, models_dir: Path, run: Run, name: str, status: int
) -> None:
    hub.faults[name].extend([Refuse(status)] * 2)
    job(models_dir).run(run.ctx)
    assert is_whole(models_dir)


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_refusal_of_the_storage_asks_the_hub_for_a_fresh_link(
    hub: StubHub, models_dir: Path, run: Run, status: int
) -> None:
    hub.faults[SHARD].append(Refuse(status))
    job(models_dir).run(run.ctx)
    links = [heard for heard in hub.requests if heard.status == 302 and SHARD in heard.path]
    assert len(links) == 2
    assert is_whole(models_dir)


def test_a_failure_that_stays_is_given_up_after_its_tries(
    hub: StubHub, models_dir: Path, run: Run
) -> None:
    hub.faults[SHARD].extend([Refuse(500)] * 9)
    with pytest.raises(ProviderUnavailable, match=f"answered 500 for '{SHARD}'"):
        job(models_dir).run(run.ctx)
    assert len([heard for heard in hub.requests if heard.status == 500]) == TRIES


# Ranges.


def test_a_range_that_is_past_the_end_begins_the_file_anew(
    hub: StubHub, models_dir: Path, folder: Path, run: Run
) -> None:
    """What was received is more than the storage says it has: it is no beginning of the file."""
    hub.faults[SHARD].extend([Break(100_000), Refuse(416)])
    job(models_dir).run(run.ctx)
    assert (folder / SHARD).read_bytes() == content("one")
    assert hub.sent_bytes(SHARD) == 100_000 + SIZE


def test_a_range_that_begins_elsewhere_is_not_joined_to_what_is_there(
    hub: StubHub, models_dir: Path, folder: Path, run: Run
) -> None:
    hub.faults[SHARD].extend([Break(100_000), OtherRange(50)])
    job(models_dir).run(run.ctx)
    assert (folder / SHARD).read_bytes() == content("one")


def test_a_file_that_changed_between_two_ranges_is_fetched_whole(
    hub: StubHub, models_dir: Path, folder: Path, run: Run
) -> None:
    """Another ETag, other bytes: the halves do not fit, and the hash tells."""
    hub.faults[SHARD].extend([Break(100_000), Corrupt()])
    job(models_dir).run(run.ctx)
    assert (folder / SHARD).read_bytes() == content("one")
    assert hub.sent_bytes(SHARD) == 100_000 + 200_000 + SIZE


# Lengths.


@pytest.mark.parametrize("more_bytes", [5000, -5000])
def test_a_lie_about_the_length_is_seen_and_mended(
    hub: StubHub, models_dir: Path, folder: Path, run: Run, more_bytes: int
) -> None:
    hub.faults[SHARD].append(OtherLength(more_bytes))
    job(models_dir).run(run.ctx)
    assert (folder / SHARD).read_bytes() == content("one")
    assert is_whole(models_dir)


# Redirects.


def test_a_redirect_to_another_origin_carries_no_credentials_of_any_kind(
    hub: StubHub, models_dir: Path, run: Run
) -> None:
    hub.repos[REPO].is_gated = True
    hub.known_tokens.add(TOKEN)
    hub.repos[REPO].accepted_tokens.add(TOKEN)
    hub.faults[SHARD].append(Break(100_000))
    job(models_dir, token=TOKEN).run(run.ctx)
    elsewhere = [heard for heard in hub.requests if heard.server == "cdn"]
    assert len(elsewhere) >= 3
    for heard in elsewhere:
        assert TOKEN not in f"{heard.path} {dict(heard.headers)}"
        assert not {"authorization", "cookie"} & {name.lower() for name in heard.headers}


# Disks.


def test_a_disk_that_fills_on_the_way_is_told_and_the_rest_fetched_once_there_is_room(
    hub: StubHub,
    models_dir: Path,
    run: Run,
    full_disk: Callable[[int], AbstractContextManager[None]],
) -> None:
    with full_disk(150_000), pytest.raises(OutputError, match="cannot be written") as caught:
        job(models_dir).run(run.ctx)
    assert "Make room" in caught.value.hint
    assert check_installed(models_dir, MODEL).on_disk is OnDisk.PARTLY
    (part,) = models_dir.rglob("weights-00001*.part")
    had_bytes = part.stat().st_size
    assert 0 < had_bytes <= 150_000
    hub.requests.clear()
    job(models_dir).run(run.ctx)
    assert hub.sent_bytes(SHARD) == SIZE - had_bytes
    assert is_whole(models_dir)


# Shards.


def test_a_shard_that_the_repository_lacks_is_told_before_any_byte(
    hub: StubHub, models_dir: Path, run: Run
) -> None:
    files = hub.repos[REPO].files
    for number in (1, 3):
        files[f"vae/model-0000{number}-of-00003.safetensors"] = StubFile(b"x", is_lfs=True)
    wanted = FileSet(repo_id=REPO, allow_patterns=("transformer/*", "vae/*"))
    with pytest.raises(ProviderError, match=r"no file 'vae/model-00002-of-00003\.saf"):
        job(models_dir, installable(wanted)).run(run.ctx)
    assert hub.fetched_paths() == set()


def test_shards_that_are_not_wanted_may_be_missing(
    hub: StubHub, models_dir: Path, run: Run
) -> None:
    hub.repos[REPO].files["other/model-00001-of-00009.safetensors"] = StubFile(b"x", is_lfs=True)
    job(models_dir).run(run.ctx)
    assert is_whole(models_dir)
