"""The first start on a fresh machine: real environments, tiny wheels, no network."""

from __future__ import annotations

import ast
import base64
import hashlib
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from main import extra_files
from scripts.bootstrap import APP, LTX, TESTS, Environment
from scripts.installing import explain, read_stage
from scripts.requirement_files import read_requirements
from scripts.torch_build import (
    Gpu,
    TorchChoice,
    TorchOffer,
    choose_torch,
    is_wanted,
    read_gpus,
    refusal,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

# Each makes or fills real environments, which takes its time on a busy machine.
pytestmark = pytest.mark.timeout(300)

ROOT = Path(__file__).resolve().parents[1]
MACHINERY = ("__init__", "bootstrap", "installing", "requirement_files", "torch_build")

# Stands where the real command line stands: says which Python runs it, refuses what it is told to.
COMMAND_LINE = """\
import importlib.metadata, sys

import tiny_app

def main(arguments, providers):
    packages = sorted(d.name for d in importlib.metadata.distributions())
    print(sys.prefix, *arguments)
    print(*packages)
    return 2 if "refused" in arguments else 7 if "seven" in arguments else 0
"""


def make_wheel(folder: Path, name: str, version: str, requires: tuple[str, ...] = ()) -> Path:
    """A wheel with one empty module."""
    module, tag = name.replace("-", "_"), "py3-none-any"
    info = f"{module}-{version}.dist-info"
    metadata = [f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}"]
    metadata += [f"Requires-Dist: {requirement}" for requirement in requires]
    contents = {
        f"{module}.py": "",
        f"{info}/METADATA": "\n".join(metadata) + "\n",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    record = []
    for path, text in contents.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=")
        record.append(f"{path},sha256={digest.decode()},{len(text)}")
    contents[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,"]) + "\n"
    file = folder / f"{module}-{version}-{tag}.whl"
    with zipfile.ZipFile(file, "w") as wheel:
        for path, text in contents.items():
            wheel.writestr(path, text)
    return file


class Checkout:
    """A clone with small requirements, a folder of wheels, an empty home and no network."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "clone"
        self.wheels = folder / "wheels"
        self.bin = folder / "bin"
        self.environment = {
            "PATH": f"{self.bin}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(folder / "home"),
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_FIND_LINKS": str(self.wheels),
            "PIP_NO_INDEX": "1",
            "UV_FIND_LINKS": str(self.wheels),
            "UV_OFFLINE": "1",
            "UV_NO_CONFIG": "1",
        }

    def lay_out(self) -> None:
        for folder in (self.wheels, self.bin, self.root / "cli", self.root / "providers"):
            folder.mkdir(parents=True)
        (self.root / "scripts").mkdir()
        for name in MACHINERY:
            shutil.copy(ROOT / "scripts" / f"{name}.py", self.root / "scripts")
        shutil.copy(ROOT / "main.py", self.root)
        (self.root / "cli" / "__init__.py").write_text(COMMAND_LINE)
        (self.root / "providers" / "__init__.py").write_text("PROVIDERS = ()\n")
        (self.root / APP).write_text("tiny-app==1.0\n")
        (self.root / LTX).write_text("torch==2.13.0  # the build is chosen\n")
        make_wheel(self.wheels, "tiny-app", "1.0")
        self.set_gpu("exit 9")

    def set_gpu(self, script: str) -> None:
        driver = self.bin / "nvidia-smi"
        driver.write_text(f"#!/bin/sh\n{script}\n")
        driver.chmod(0o755)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "main.py", *arguments],
            cwd=self.root,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        self.environment.update(variables)
        process = self.start(*arguments)
        out, err = process.communicate(timeout=100)
        assert "Traceback" not in err, err
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def packages(self) -> set[str]:
        """Names and versions in `.venv`, without what every environment starts with."""
        found = self.root.glob(".venv/lib/*/site-packages/*.dist-info")
        names = {path.name.removesuffix(".dist-info") for path in found}
        return {name for name in names if not name.startswith(("pip-", "setuptools-"))}


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


def test_no_arguments_show_the_help(checkout: Checkout) -> None:
    assert checkout.run().stdout.splitlines()[0].endswith(" --help")


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


class SlowIndex(ThreadingHTTPServer):
    """A package index on loopback that holds a wheel back until it is told to let go."""

    def __init__(self, wheel: Path) -> None:
        super().__init__(("127.0.0.1", 0), SlowIndexHandler)
        self.wheel = wheel
        self.asked = threading.Event()
        self.let_go = threading.Event()
        self.served = 0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/simple/"


class SlowIndexHandler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        index = self.server
        assert isinstance(index, SlowIndex)
        name = index.wheel.name
        if not self.path.endswith(".whl"):
            page = f'<a href="/files/{name}">{name}</a>' if "tiny-late" in self.path else ""
            self.answer("text/html", page.encode())
            return
        index.asked.set()
        index.let_go.wait(60)
        self.answer("application/zip", index.wheel.read_bytes())
        index.served += 1

    def answer(self, kind: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - overridden
        """Keeps the test's output clean."""


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


def render(checkout: Checkout, **variables: str) -> subprocess.CompletedProcess[str]:
    return checkout.run("--provider", "ltx-video", "-p", "a red ball", **variables)


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
    assert refused.returncode == 1
    assert "about 3 GB" in refused.stderr
    assert "IMAGEAI_TORCH=cuda" in refused.stderr
    assert checkout.packages() == {"tiny_app-1.0"}
    assert checkout.run("models").stderr == ""
    assert render(checkout, IMAGEAI_TORCH="cuda").returncode == 0
    assert "nvidia_tiny-1.0" in checkout.packages()


def test_machine_with_gpu_gets_the_cuda_build(checkout: Checkout) -> None:
    offer_torch(checkout, "2.13.0")
    checkout.set_gpu("echo 580.65.06, 9.0")
    assert render(checkout).returncode == 0
    assert "nvidia_tiny-1.0" in checkout.packages()


def test_unknown_torch_wish_is_refused(checkout: Checkout) -> None:
    done = render(checkout, IMAGEAI_TORCH="rocm")
    assert done.returncode == 1
    assert "IMAGEAI_TORCH is 'rocm'" in done.stderr


def test_mistake_in_the_arguments_is_told_before_torch_is_fetched(checkout: Checkout) -> None:
    offer_torch(checkout, "2.13.0+cpu")
    done = checkout.run("-p", "refused")
    assert done.returncode == 2
    assert done.stdout.splitlines()[0].endswith("-p refused --dry-run")
    assert checkout.packages() == {"tiny_app-1.0"}


@pytest.mark.parametrize(
    ("system", "gpu", "wish", "build"),
    [
        ("Linux", None, "", "cpu"),
        ("Linux", None, "cuda", "cuda"),
        ("Linux", Gpu(580, 9.0), "", "cuda"),
        ("Linux", Gpu(580, None), "", "cuda"),
        ("Linux", Gpu(580, 9.0), "cpu", "cpu"),
        ("Linux", Gpu(560, 8.6), "", "cu126"),
        ("Linux", Gpu(580, 6.1), "", "cu126"),
        ("Linux", Gpu(470, 8.6), "", "cpu"),
        ("Windows", None, "", "any"),
        ("Windows", Gpu(581, 8.9), "", "cu130"),
        ("Windows", Gpu(560, 8.9), "", "cu126"),
        ("Darwin", None, "", "any"),
        ("Darwin", None, "cuda", "any"),
    ],
)
def test_torch_build_fits_the_machine(system: str, gpu: Gpu | None, wish: str, build: str) -> None:
    choice = choose_torch(system, gpu, wish)
    assert choice.build == build
    tag = build if build != "cuda" else "nothing"
    assert choice.index_url is None or choice.index_url.endswith("/" + tag)


@pytest.mark.parametrize(
    ("version", "requires", "fitting"),
    [
        ("2.13.0", ("nvidia-cudnn-cu13==9.20; platform_system == 'Linux'",), {"any", "cuda"}),
        ("2.13.0", ("cuda-toolkit[cublas]==13.0.3",), {"any", "cuda"}),
        ("2.13.0+cu126", ("nvidia-cudnn-cu12==9.10",), {"any", "cuda", "cu126"}),
        ("2.13.0+cu126", (), {"any", "cuda", "cu126"}),
        ("2.13.0+cpu", ("filelock", "sympy>=1.13"), {"any", "cpu"}),
        ("2.13.0", ("filelock",), {"any", "cpu"}),
    ],
)
def test_offered_wheel_is_told_apart(
    version: str, requires: tuple[str, ...], fitting: set[str]
) -> None:
    offer = TorchOffer(version, requires)
    builds = ("any", "cpu", "cuda", "cu126", "cu130")
    assert {b for b in builds if is_wanted(offer, TorchChoice(b, None, ""))} == fitting


def test_refusal_on_a_gpu_machine_says_how_to_go_on_without() -> None:
    said = refusal(choose_torch("Windows", Gpu(581, 8.9), ""), [TorchOffer("2.13.0", ())])
    assert "only 2.13.0 can be had" in said
    assert "IMAGEAI_TORCH=cpu" in said


@pytest.mark.parametrize(
    ("listing", "gpu"),
    [
        ("580.65.06, 9.0\n", Gpu(580, 9.0)),
        ("560.35, 8.9\n560.35, 6.1\n", Gpu(560, 6.1)),
        ("535.54, [N/A]\n", Gpu(535, None)),
        ("No devices were found\n", None),
        ("", None),
    ],
)
def test_weakest_gpu_is_read_from_the_driver(listing: str, gpu: Gpu | None) -> None:
    assert read_gpus(listing) == gpu


@pytest.mark.parametrize(
    ("arguments", "files"),
    [
        (["-p", "a ball"], [LTX]),
        (["--provider", "ltx-video", "-p", "a ball"], [LTX]),
        (["--provider=ltx-video", "--prompt=a ball"], [LTX]),
        (["--deployment", "fal", "-p", "a ball"], []),
        (["--provider", "google-veo", "-p", "a ball"], []),
        (["-p", "a ball", "--dry-run"], []),
        (["-p", "a ball", "--help"], []),
        (["--provider", "ltx-video"], []),
        (["models"], []),
        (["jobs", "resume"], [LTX]),
        (["jobs", "list"], []),
        ([], []),
    ],
)
def test_only_a_local_render_needs_the_large_packages(
    arguments: list[str], files: list[str]
) -> None:
    assert extra_files(arguments) == files


def test_pip_output_becomes_one_line_for_people() -> None:
    stage = read_stage("Collecting torch==2.13.0 (from -r requirements-ltx.txt (line 4))", "")
    assert stage == "getting torch"
    stage = read_stage("  Downloading torch-2.13.0-cp311-cp311-linux.whl (530.0 MB)", stage)
    assert stage == "getting torch 2.13.0"
    stage = read_stage("Progress 100000000 of 530000000", stage)
    assert read_stage("Progress 265000000 of 530000000", stage) == (
        "getting torch 2.13.0, 265 of 530 MB"
    )
    assert read_stage("Installing collected packages: a, b, c", stage) == "unpacking 3 packages"


@pytest.mark.parametrize(
    ("line", "advice"),
    [
        ("ERROR: Could not install: [Errno 28] No space left on device", "Free some space"),
        ("WARNING: Retrying after connection broken by 'NameResolutionError'", "network"),
        ("ERROR: SSLError(SSLCertVerificationError)", "PIP_CERT"),
        ("ERROR: No matching distribution found for torch==2.13.0", "no release"),
        ("ERROR: something else", "run this by hand: python -m pip"),
    ],
)
def test_failure_of_pip_says_what_to_do(line: str, advice: str) -> None:
    said = explain([line], ["python", "-m", "pip"])
    assert advice in said
    assert line in said


def test_requirement_bounds_compare_by_number() -> None:
    (line,) = read_requirements("torch>=2.9,<3  # why\n\n# a comment\n")
    assert line.allows("2.13.0+cpu")
    assert line.allows("2.9")
    assert not line.allows("2.8.10")
    assert not line.allows("3.0.0")


@pytest.mark.parametrize("file", [APP, LTX, TESTS])
def test_own_requirement_files_can_be_read(file: str) -> None:
    assert read_requirements((ROOT / file).read_text(encoding="utf-8"))


@pytest.mark.parametrize("line", ["-r other.txt", "a @ file:///a.whl", "a~=1.0", "a==1; b"])
def test_requirement_that_cannot_be_checked_is_an_error(line: str) -> None:
    with pytest.raises(ValueError, match="plain version bounds"):
        read_requirements(line)


@pytest.mark.parametrize(
    "file", ["main.py", "scripts/test.py", *(f"scripts/{name}.py" for name in MACHINERY)]
)
def test_old_python_can_read_what_tells_it_that_it_is_old(file: str) -> None:
    ast.parse((ROOT / file).read_text(encoding="utf-8"), feature_version=(3, 8))
