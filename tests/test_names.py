"""What things are called, and where they lie: one word for one thing, and no place too small."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

from tests.test_architecture import ROOT, Module, modules

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PRODUCT = ("core", "providers", "cli", "gui")
MOST_IN_A_FOLDER = 25
LEAST_LINES = 60

# Words of our own for which the field has others; see the glossary in the conventions.
FORBIDDEN_WORDS = set(
    re.findall(
        r"\w+",
        """
        adopt adopted adoption cinema desk dressed dressing filming gathered gathering heard heed
        keeper lack lacks leftover leftovers lens letterer lettering noted objection office outlook
        patience patiently picture pictures plate plates pour remedy seal seals shelf sieve sift
        sifting situation sound sounds speech tally told wiring wish wishes
        """,
    )
)
# English uses these words for more than one thing; so only the thing that they once named is held.
FORBIDDEN_NAMES = set(
    re.findall(
        r"\w+",
        """
        EngineStudio ImageOrder Join Offer Offers OwnedKey Part PieceStore Room Rooms Score Shares
        StallWatch StopSignals Way _Inbox doubtful keep_calm made_files place_of
        """,
    )
)
# Names that stand in files of people, or that the owner of the project gave.
KEPT_NAMES = {"has_clip_sound"}

# Small and alone for a reason.
JUSTIFIED_SLIVERS = {
    "core/film/handoff/srt.py": "a format of its own beside the other formats",
    "gui/text/process.py": "a process of its own begins there",
    "providers/ltx_video/replicate/client.py": "only who orders something loads what speaks",
}


def words_of(name: str) -> set[str]:
    """The words of a name, split at underscores and capitals."""
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)}


def names_given(module: Module) -> Iterator[str]:
    """Every name that a module gives to something; the module's own name is a place, not a name."""
    for node in ast.walk(module.tree):
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.arg(arg=name):
                yield name
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield name
            case ast.alias(asname=str(name)) | ast.keyword(arg=str(name)):
                yield name
            case _:
                pass


def own_words(module: Module) -> Iterator[str]:
    for name in sorted(set(names_given(module)) - KEPT_NAMES):
        if name in FORBIDDEN_NAMES or words_of(name) & FORBIDDEN_WORDS:
            yield f"{module.name}: {name}"


def twice_named(found: Iterable[Module]) -> Iterator[str]:
    places: dict[str, list[str]] = defaultdict(list)
    for module in found:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(module.name)
    yield from (f"{name}: {', '.join(at)}" for name, at in places.items() if len(at) > 1)


def full_folders(found: Iterable[Module]) -> Iterator[str]:
    counts: dict[str, int] = defaultdict(int)
    for module in found:
        folder, _, name = module.name.rpartition("/")
        counts[folder] += name != "__init__.py"
    yield from (name for name, count in counts.items() if count > MOST_IN_A_FOLDER)


def slivers(found: Iterable[Module]) -> Iterator[str]:
    found = list(found)
    dotted = {module.name.removesuffix(".py").replace("/", "."): module for module in found}
    users: dict[str, set[str]] = defaultdict(set)
    for module in found:
        for name in module.imports():
            for target in (name, name.rpartition(".")[0]):
                if target in dotted and dotted[target] is not module:
                    users[dotted[target].name].add(module.name)
    for module in found:
        is_small = module.source.count("\n") < LEAST_LINES
        is_fixed = module.name.endswith(("__init__.py", "__main__.py"))
        if is_small and not is_fixed and len(users[module.name]) < 2:
            yield module.name


def of_the_product(found: Iterable[Module]) -> list[Module]:
    return [module for module in found if module.room in PRODUCT]


def test_names_are_those_of_the_field() -> None:
    found = {problem for module in of_the_product(modules(ROOT)) for problem in own_words(module)}
    assert sorted(found) == []


def test_no_class_has_the_name_of_another() -> None:
    assert list(twice_named(of_the_product(modules(ROOT)))) == []


def test_no_folder_is_a_heap() -> None:
    found = set(full_folders(modules(ROOT)))
    assert sorted(found) == []


def test_no_module_is_a_sliver_of_its_only_user() -> None:
    found = set(slivers(modules(ROOT)))
    found = {name for name in found if name.split("/", maxsplit=1)[0] in PRODUCT}
    assert sorted(found - set(JUSTIFIED_SLIVERS)) == []
    assert sorted(set(JUSTIFIED_SLIVERS) - found) == [], "no longer small or alone"


@pytest.mark.parametrize(
    "source",
    [
        "class Desk: ...",
        "def read_speech(): ...",
        "def f(wishes): ...",
        "for was_told in a: ...",
        "class ClipPicture: ...",
        "class A:\n    def f(self): self._shelf = 1",
        "f(plate=1)",
        "import a as heard",
        "class Rooms: ...",
        "Part = int",
    ],
)
def test_a_word_of_our_own_is_seen_wherever_a_name_is_given(source: str) -> None:
    assert list(own_words(Module("core/a.py", source)))


@pytest.mark.parametrize(
    "source",
    [
        "desktop = 1",
        "def most_rooms(room): ...",
        "partial = 1",
        "has_clip_sound = True",
        "a = 'the picture'  # told",
        "a = other.told",
    ],
)
def test_other_words_pass(source: str) -> None:
    assert list(own_words(Module("core/a.py", source))) == []


def test_a_second_class_a_full_folder_and_a_sliver_are_seen() -> None:
    one, two = Module("core/a.py", "class A: ...\n"), Module("gui/b.py", "class A: ...\n")
    assert list(twice_named([one, two])) == ["A: core/a.py, gui/b.py"]
    many = [Module(f"gui/a/{number}.py", "") for number in range(MOST_IN_A_FOLDER + 1)]
    assert list(full_folders(many)) == ["gui/a"]
    assert list(full_folders(many[1:])) == []
    long = "\n" * LEAST_LINES
    user = Module("core/c.py", f"from core.a import A\nimport core.b{long}")
    other = Module("core/d.py", f"from core import a{long}")
    assert list(slivers([one, user])) == ["core/a.py"]
    assert list(slivers([one, user, other])) == []
    assert list(slivers([Module("core/a.py", long), user])) == []
