"""A fresh clone with tiny packages and no network, and a package index that stalls."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from scripts.bootstrap import APP, LTX

ROOT = Path(__file__).resolve().parents[2]
MACHINERY = (
    "__init__",
    "bootstrap",
    "environment",
    "environment_maker",
    "installing",
    "requirement_files",
    "torch_build",
)

# Stand where the real ones stand: they say which Python runs them and ask for what a render needs.
STAND_INS = {
    "core/__init__.py": "",
    "core/errors.py": "class NotConfigured(Exception):\n    pass\n",
    "core/jobs/__init__.py": "",
    "core/platform/__init__.py": "",
    "core/platform/standard_streams.py": "def open_missing_streams():\n    pass\n",
    "core/jobs/job.py": """
from types import SimpleNamespace as Notice, SimpleNamespace as Progressed
""",
    "core/jobs/lanes.py": 'class Stage:\n    DOWNLOAD = "download"\n',
    "gui/__init__.py": "",
    "gui/start.py": """
def run_window(arguments, entries, text_renderer, package_installer, language):
    print("window", *arguments)
    return 0
""",
    "gui/text/__init__.py": "",
    "gui/text/text_renderer.py": "QtTextRenderer = object\n",
    "providers/__init__.py": "PROVIDERS = ()\n",
    "providers/language/__init__.py": "LANGUAGE = ()\n",
    "cli/__init__.py": """\
import importlib.metadata, sys
from types import SimpleNamespace

import tiny_app
from core.errors import NotConfigured

class Cancel:
    stop_at = None

    def __init__(self, stop_at):
        self.stop_at, self.text = stop_at, ""

    def check(self):
        if self.stop_at and self.stop_at in self.text:
            raise RuntimeError("cancelled")

def main(arguments, providers, *, open_text_renderer, package_installer, language):
    print(sys.prefix, *arguments)
    if "-p" in arguments and package_installer is None:
        print("nobody installs")
    elif "-p" in arguments:
        cancel = Cancel(arguments[-1] if "--stop-at" in arguments else None)

        def report(event):
            cancel.text = event.message
            print(event.message, file=sys.stderr, flush=True)

        packages = SimpleNamespace(file="requirements-ltx.txt")
        try:
            if not package_installer.has(packages):
                package_installer.install(packages, report, cancel)
            assert package_installer.has(packages)
            import torch
        except NotConfigured as error:
            print(error, file=sys.stderr)
            return 3
        except RuntimeError as error:
            print(error, file=sys.stderr)
            return 130
    print(*sorted(d.name for d in importlib.metadata.distributions()))
    return 7 if "seven" in arguments else 0
""",
}


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
        for folder in (self.wheels, self.bin, self.root / "scripts"):
            folder.mkdir(parents=True)
        for name in (*MACHINERY, "package_installer"):
            shutil.copy(ROOT / "scripts" / f"{name}.py", self.root / "scripts")
        shutil.copy(ROOT / "main.py", self.root)
        for name, source in STAND_INS.items():
            file = self.root / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(source)
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
