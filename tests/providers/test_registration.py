"""The registration list: what main.py hands to the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.config.api_keys import ApiKeys
from core.config.settings import Settings
from core.platform.machine import Machine
from core.platform.network import NetworkSwitch
from core.platform.paths import Paths
from core.video.provider import ProviderContext
from core.video.registry import ProviderRegistry
from core.video.render import KIND as RENDER
from core.video.terms import Target
from providers import PROVIDERS
from providers.ltx_video.install.weights import Installable, InstallModelJob
from providers.ltx_video.models.catalog import MODELS
from providers.ltx_video.models.info import LTXModel

if TYPE_CHECKING:
    from core.video.provider import ProviderEntry

every_entry = pytest.mark.parametrize(
    "entry", PROVIDERS, ids=[f"{entry.info.id}-{entry.info.deployment}" for entry in PROVIDERS]
)


def context(home: Path) -> ProviderContext:
    machine = Machine("Linux", "x86_64", 2, 16.0, 12.0)
    return ProviderContext(Paths.below(home), Settings, ApiKeys(), lambda: machine)


def test_no_two_entries_answer_to_one_name() -> None:
    names = [(entry.info.id, entry.info.deployment) for entry in PROVIDERS]
    assert len(set(names)) == len(names)


def test_no_two_kinds_of_job_have_one_name() -> None:
    names = [kind.name for entry in PROVIDERS for kind in entry.job_kinds]
    assert len({RENDER, *names}) == len(names) + 1


def test_a_job_of_every_kind_is_built_again_from_its_payload(tmp_path: Path) -> None:
    model = Installable.find(LTXModel.LTX_VIDEO_2B_095)
    job = InstallModelJob(model, tmp_path, ApiKeys(), network=NetworkSwitch())
    factories = ProviderRegistry(PROVIDERS, context(tmp_path)).job_factories
    assert set(factories) == {job.kind}
    again = factories[job.kind](job.payload())
    assert (again.title, again.payload()) == (job.title, job.payload())


@every_entry
def test_an_opened_provider_is_what_its_entry_says(entry: ProviderEntry, tmp_path: Path) -> None:
    provider = entry.open(context(tmp_path))
    try:
        assert provider.info == entry.info
        names = [spec.id for spec in provider.models()]
        assert names
        for other in entry.info.other_names:
            assert other.name not in names
            assert other.model is None or other.model in names
        for name in names:
            target = Target(provider=entry.info.id, deployment=entry.info.deployment, model=name)
            assert provider.check(target) is not None
    finally:
        provider.close()
    left = [path.name for path in tmp_path.rglob("*") if path.is_file()]
    assert [name for name in left if not name.endswith("-proven.json")] == []


def test_ltx_on_this_machine_offers_the_whole_table(tmp_path: Path) -> None:
    provider = PROVIDERS[0].open(context(tmp_path))
    try:
        assert provider.models() == tuple(model.spec for model in MODELS)
    finally:
        provider.close()


def test_every_model_is_planned_or_refused_with_reasons_without_torch(tmp_path: Path) -> None:
    code = """
import json, sys
from pathlib import Path
from core.errors import UnsupportedRequest
from core.platform.paths import Paths
from core.studio import Studio
from core.video.request import RenderRequest
from core.video.terms import Target
from providers import PROVIDERS
from providers.ltx_video.models.catalog import MODELS
studio = Studio(PROVIDERS, paths=Paths.below(Path(sys.argv[1]) / "home"))
found = {}
for model in MODELS:
    target = Target(provider="ltx-video", deployment="local", model=model.id)
    request = RenderRequest(target=target, prompt="a red ball at sunset")
    try:
        planned = studio.plan(request, out=Path(sys.argv[1]) / "ball.mp4")
        memory = planned.plan.memory_plan
        found[model.id] = [planned.plan.num_frames, memory.fits, list(memory.reasons)]
    except UnsupportedRequest as error:
        found[model.id] = [0, False, [problem.message for problem in error.problems]]
studio.close()
heavy = {"torch", "diffusers", "transformers", "numpy", "huggingface_hub"}
print(json.dumps({"models": found, "heavy": sorted(heavy & set(sys.modules))}))
"""
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["heavy"] == []
    assert set(said["models"]) == {model.id for model in MODELS}
    for num_frames, fits, reasons in said["models"].values():
        assert num_frames % 8 == 1
        assert reasons
        assert fits or any("missing" in reason or "GPU" in reason for reason in reasons)
