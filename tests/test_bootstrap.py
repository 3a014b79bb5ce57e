"""The first start on a fresh machine: real environments, tiny wheels, no network."""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import shutil
import signal
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scripts.bootstrap import APP, LTX, Environment
from tests.fakes.fresh_checkout import MACHINERY, ROOT, Checkout, SlowIndex, make_wheel

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

# Each makes or fills real environments, which takes its time on a busy machine.
pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout whose first start is done; what that start said lies in `said.json`."""
    folder = tmp_path_factory.mktemp("prepared")
    checkout = Checkout(folder)
    checkout.lay_out()
    done = checkout.run("models", "seven")
    said = {"code": done.returncode, "out": done.stdout, "err": done.stderr}
    (folder / "said.json").write_text(json.dumps(said))
    return folder


@pytest.fixture
def checkout(prepared: Path, tmp_path: Path) -> Checkout:
    """A copy of the prepared checkout that the test may do anything to."""
    shutil.copytree(prepared, tmp_path, symlinks=True, dirs_exist_ok=True)
    return Checkout(tmp_path)


@pytest.fixture
def fresh(tmp_path: Path) -> Checkout:
    """A checkout that nothing was ever started in."""
    checkout = Checkout(tmp_path)
    checkout.lay_out()
    return checkout


def test_first_start_makes_the_environment_and_runs_the_program_in_it(prepared: Path) -> None:
    said = json.loads((prepared / "said.json").read_text())
    assert said["code"] == 7, said["err"]
    assert said["out"].splitlines()[0] == f"{prepared / 'clone' / '.venv'} models seven"
    assert "tiny-app" in said["out"]
    assert "Making a Python environment" in said["err"]
    assert "The environment is ready." in said["err"]


def test_second_start_says_and_installs_nothing(checkout: Checkout) -> None:
    done = checkout.run("models")
    assert (done.returncode, done.stderr) == (0, "")


def test_no_arguments_open_the_window(checkout: Checkout) -> None:
    assert checkout.run().stdout.splitlines()[-1] == "window"
    assert checkout.run("window", "a project").stdout.splitlines()[-1] == "window a project"


def test_changed_requirements_are_installed_at_the_next_start(checkout: Checkout) -> None:
    make_wheel(checkout.wheels, "tiny-more", "2.0")
    (checkout.root / APP).write_text("tiny-app==1.0\ntiny-more>=2,<3\n")
    assert "tiny-more" in checkout.run("models").stdout
    assert checkout.run("models").stderr == ""


def test_switched_off_bootstrap_makes_nothing_and_names_the_missing_package(
    fresh: Checkout,
) -> None:
    done = fresh.run("models", IMAGEAI_NO_BOOTSTRAP="1")
    assert done.returncode == 1
    assert "'tiny_app' is missing" in done.stderr
    assert "pip install -r" in done.stderr
    assert not (fresh.root / ".venv").exists()


def test_suitable_environment_is_used_as_it_is(fresh: Checkout, tmp_path: Path) -> None:
    with zipfile.ZipFile(next(fresh.wheels.glob("tiny_app*"))) as wheel:
        wheel.extractall(tmp_path / "library")
    done = fresh.run("models", PYTHONPATH=str(tmp_path / "library"))
    assert (done.returncode, done.stderr) == (0, "")
    assert not (fresh.root / ".venv").exists()


def test_failed_installation_tells_why_and_leaves_what_was_whole(checkout: Checkout) -> None:
    whole = (checkout.root / APP).read_text()
    (checkout.root / APP).write_text(whole + "not-to-be-had==1.0\n")
    done = checkout.run("models")
    assert done.returncode == 1
    assert "not-to-be-had" in done.stderr
    assert "pip's last lines" in done.stderr
    (checkout.root / APP).write_text(whole)
    assert checkout.run("models").stderr == ""


def test_unusable_venv_of_somebody_else_is_refused_and_left_alone(fresh: Checkout) -> None:
    kept = fresh.root / ".venv" / "mine.txt"
    kept.parent.mkdir()
    kept.write_text("mine")
    done = fresh.run("models")
    assert done.returncode == 1
    assert "was not made by ImageAI" in done.stderr
    assert kept.read_text() == "mine"


def test_environment_of_a_python_that_is_gone_is_not_taken_for_complete(
    checkout: Checkout,
) -> None:
    assert Environment(checkout.root).has([APP])
    settings = checkout.root / ".venv" / "pyvenv.cfg"
    settings.write_text("home = /gone/bin\n")
    assert not Environment(checkout.root).has([APP])


def test_python_without_ensurepip_still_gets_an_environment(
    fresh: Checkout, tmp_path: Path
) -> None:
    bundled = [
        wheel
        for place in (*bundled_folders(), Path("/usr/share/python-wheels"))
        for wheel in place.glob("pip-*.whl")
    ]
    shutil.copy(bundled[0], fresh.wheels)
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['ensurepip'] = None\n")
    done = fresh.run("models", PYTHONPATH=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "tiny-app" in done.stdout


def bundled_folders() -> Iterator[Path]:
    spec = importlib.util.find_spec("ensurepip")
    if spec is not None and spec.origin is not None:
        yield Path(spec.origin).parent / "_bundled"


@pytest.fixture
def index(checkout: Checkout, tmp_path: Path) -> Iterator[SlowIndex]:
    """The checkout wants one more package, which only the slow index has."""
    (tmp_path / "remote").mkdir()
    server = SlowIndex(make_wheel(tmp_path / "remote", "tiny-late", "1.0"))
    (checkout.root / APP).write_text("tiny-app==1.0\ntiny-late==1.0\n")
    del checkout.environment["PIP_NO_INDEX"]
    checkout.environment["PIP_INDEX_URL"] = server.url
    checkout.environment["PIP_NO_CACHE_DIR"] = "1"
    yield server
    server.let_go.set()
    server.shutdown()
    server.server_close()


def test_second_start_waits_for_the_first_and_says_so(checkout: Checkout, index: SlowIndex) -> None:
    first = checkout.start("models")
    assert index.asked.wait(60)
    second = checkout.start("models")
    assert second.stderr is not None
    assert "waiting for it" in second.stderr.readline()
    index.let_go.set()
    assert "tiny-late" in first.communicate(timeout=60)[0]
    assert "tiny-late" in second.communicate(timeout=60)[0]
    assert index.served == 1


def test_start_after_a_kill_in_mid_installation_starts_over(
    checkout: Checkout, index: SlowIndex
) -> None:
    killed = checkout.start("models")
    assert index.asked.wait(60)
    killed.kill()
    killed.communicate(timeout=60)
    following = checkout.start("models")
    assert following.stderr is not None
    # The orphaned pip is still at work and holds the lock.
    assert "waiting for it" in following.stderr.readline()
    index.let_go.set()
    out, err = following.communicate(timeout=100)
    assert "interrupted; starting it over" in err
    assert following.returncode == 0
    assert "tiny-late" in out


def test_ctrl_c_in_mid_installation_ends_it_without_a_traceback(
    checkout: Checkout, index: SlowIndex
) -> None:
    process = checkout.start("models")
    assert index.asked.wait(60)
    os.killpg(process.pid, signal.SIGINT)
    err = process.communicate(timeout=20)[1]
    assert process.returncode == 130
    assert "Traceback" not in err
    assert not Environment(checkout.root).has([APP])


def render(checkout: Checkout, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return checkout.run("-p", "a red ball", *words, **variables)


def offer_torch(checkout: Checkout, *versions: str) -> None:
    for version in versions:
        cuda = () if "+cpu" in version else ('nvidia-tiny==1.0; platform_system == "Linux"',)
        make_wheel(checkout.wheels, "torch", version, cuda)
    make_wheel(checkout.wheels, "nvidia-tiny", "1.0")


def test_machine_without_gpu_gets_the_cpu_build(checkout: Checkout) -> None:
    offer_torch(checkout, "2.13.0", "2.13.0+cpu")
    assert render(checkout).returncode == 0
    assert checkout.packages() == {"tiny_app-1.0", "torch-2.13.0+cpu"}
    assert render(checkout).stderr == ""


def test_machine_without_gpu_never_gets_cuda_by_accident(checkout: Checkout) -> None:
    offer_torch(checkout, "2.13.0")
    refused = render(checkout)
    assert refused.returncode == 3
    assert "about 3 GB" in refused.stderr
    assert "IMAGEAI_TORCH=cuda" in refused.stderr
    assert checkout.packages() == {"tiny_app-1.0"}
    assert checkout.run("models").stderr == ""
    assert render(checkout, IMAGEAI_TORCH="cuda").returncode == 0
    assert "nvidia_tiny-1.0" in checkout.packages()


def test_unknown_torch_wish_is_refused(checkout: Checkout) -> None:
    done = render(checkout, IMAGEAI_TORCH="rocm")
    assert done.returncode == 3
    assert "IMAGEAI_TORCH is 'rocm'" in done.stderr


@pytest.mark.parametrize(
    "arguments", [(), ("window", "a project"), ("models",), ("jobs", "resume", "--all")]
)
def test_only_a_render_that_needs_them_brings_the_large_packages(
    checkout: Checkout, arguments: tuple[str, ...]
) -> None:
    offer_torch(checkout, "2.13.0+cpu")
    assert checkout.run(*arguments).returncode == 0
    assert checkout.packages() == {"tiny_app-1.0"}


def test_installation_is_told_step_by_step_to_whoever_asked_for_it(checkout: Checkout) -> None:
    offer_torch(checkout, "2.13.0+cpu")
    done = render(checkout)
    assert done.returncode == 0
    for step in ("PyTorch: no NVIDIA GPU here", "looking PyTorch up", "The environment is ready."):
        assert step in done.stderr


def test_installation_stops_when_it_is_cancelled_and_leaves_what_was_whole(
    checkout: Checkout,
) -> None:
    offer_torch(checkout, "2.13.0+cpu")
    stopped = render(checkout, "--stop-at", "looking PyTorch up")
    assert (stopped.returncode, stopped.stderr.splitlines()[-1]) == (130, "cancelled")
    assert checkout.packages() == {"tiny_app-1.0"}
    assert checkout.run("models").stderr == ""
    assert render(checkout).returncode == 0


def test_changed_requirements_of_a_provider_are_installed_with_its_next_render(
    checkout: Checkout,
) -> None:
    offer_torch(checkout, "2.13.0+cpu", "2.14.0+cpu")
    assert render(checkout).returncode == 0
    (checkout.root / LTX).write_text("torch==2.14.0\n")
    assert checkout.run("models").stderr == ""
    assert render(checkout).returncode == 0
    assert "torch-2.14.0+cpu" in checkout.packages()


def test_nobody_installs_into_an_environment_of_ones_own(fresh: Checkout, tmp_path: Path) -> None:
    with zipfile.ZipFile(next(fresh.wheels.glob("tiny_app*"))) as wheel:
        wheel.extractall(tmp_path / "library")
    done = render(fresh, PYTHONPATH=str(tmp_path / "library"))
    assert "nobody installs" in done.stdout
    assert not (fresh.root / ".venv").exists()


@pytest.mark.parametrize(
    "file", ["main.py", "scripts/test.py", *(f"scripts/{name}.py" for name in MACHINERY)]
)
def test_old_python_can_read_what_tells_it_that_it_is_old(file: str) -> None:
    ast.parse((ROOT / file).read_text(encoding="utf-8"), feature_version=(3, 8))
