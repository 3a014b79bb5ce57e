"""A small model on a hub on loopback, and the job that installs it; run alone, it does so."""

from __future__ import annotations

import sys
import time
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from core.config.api_keys import ApiKeys, FoundKey, KeySpec
from core.jobs.job import CancelToken, JobContext, Notice, Report
from core.platform.network import NetworkSwitch
from core.video.spec import Licence
from providers.ltx_video.install.weights import Installable, InstallModelJob
from providers.weights.weights_spec import FileSet, WeightsSpec
from tests.fakes.services.stub_hub import StubFile, StubHub, StubRepo

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

REPO = "maker/model"
MODEL = "test-model"
TOKEN = "hf_" + "secret" * 4
SHARD = "transformer/weights-00001.safetensors"
OTHER_SHARD = "transformer/weights-00002.safetensors"
CONFIG = "transformer/config.json"
INDEX = "model_index.json"
WAITS_S = (0.05, 0.05, 0.05)


class Keys(ApiKeys):
    def __init__(self, token: str | None = None) -> None:
        super().__init__()
        self.token = token

    def find(self, key: KeySpec) -> FoundKey | None:
        return FoundKey(self.token) if self.token else None


def content(name: str, size_bytes: int = 300_000) -> bytes:
    return (name.encode() * (size_bytes // len(name) + 1))[:size_bytes]


def small_model() -> StubRepo:
    return StubRepo(
        {
            INDEX: StubFile(b'{"_class_name": "Pipeline"}'),
            CONFIG: StubFile(b'{"layers": 2}'),
            SHARD: StubFile(content("one"), is_lfs=True),
            OTHER_SHARD: StubFile(content("two", 200_000), is_lfs=True),
            "README.md": StubFile(b"hello"),
            "all-in-one.safetensors": StubFile(content("never"), is_lfs=True),
        }
    )


def installable(*sets: FileSet) -> Installable:
    files = FileSet(repo_id=REPO, allow_patterns=(INDEX, "transformer/*"))
    weights = WeightsSpec(
        model=MODEL,
        sets=sets or (files,),
        download_bytes=500_000,
        page_url=f"https://huggingface.co/{REPO}",
        as_of=date(2026, 1, 1),
        source="test",
    )
    return Installable("Test Model", weights, Licence(name="Test Licence"))


class Run:
    """One run of the job, with everything it reported."""

    def __init__(self, tmp_path: Path) -> None:
        self.events: list[Report] = []
        self.cancel = CancelToken()
        self.ctx = JobContext(tmp_path, self.cancel, self.events.append)

    @property
    def notes(self) -> str:
        return "\n".join(event.message for event in self.events if isinstance(event, Notice))


def job(
    models_dir: Path,
    model: Installable | None = None,
    *,
    token: str | None = None,
    reuse_from: Sequence[Path] = (),
    waits_s: Sequence[float] = WAITS_S,
    may_copy: bool = False,
) -> InstallModelJob:
    return InstallModelJob(
        model or installable(),
        models_dir,
        Keys(token),
        reuse_from,
        waits_s,
        network=NetworkSwitch(),
        may_copy=may_copy,
    )


def snapshot(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def everything(hub: StubHub, *more: str) -> set[str]:
    names = {INDEX, CONFIG, SHARD, OTHER_SHARD, *more}
    assert names <= {name for repo in hub.repos.values() for name in repo.files}
    return names


def wait_until(condition: Callable[[], bool], timeout_s: float = 30.0) -> None:
    until_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < until_s, "it never happened"
        time.sleep(0.02)


def plain_copy(hub: StubHub, top: Path, names: set[str]) -> Path:
    for name in names:
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(hub.repos[REPO].files[name].content)
    return top


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    job(folder).run(JobContext(folder, CancelToken(), lambda event: None))
