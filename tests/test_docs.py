"""The documents say what is so: tables, options, commands, messages, links."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cli.commands.compare import OWN_OPTIONS as COMPARE_OPTIONS
from cli.film_options import OPTIONS as FILM_OPTIONS
from cli.render_options import OPTIONS
from core.film.model.transitions import TRANSITIONS
from core.video.spec import Task
from core.video.terms import OutputKind, Target
from providers import PROVIDERS
from providers.ltx_video.install.model_files import BUILTIN_FOLDER
from providers.ltx_video.mini.vocabulary import read
from providers.ltx_video.models.catalog import MODELS
from scripts import make_docs
from scripts.docs import place_tables
from scripts.docs.code_map import ROOMS, first_line, modules
from scripts.setup_ltx_video import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "Docs"
GUIDE = DOCS / "LTX-Video-Provider-Guide.md"
FILMS = DOCS / "Film-Export-Guide.md"
SETUP = DOCS / "LTX-Video-Local-Setup.md"
COMPARED = DOCS / "Video-Provider-Comparison.md"
CODE_MAP = DOCS / "CodeMap.md"
README = ROOT / "README.md"
CHANGELOG = ROOT / "CHANGELOG.md"
WORDS = {spelling for option in OPTIONS for spelling in option.spellings}
PAGES = [README, CHANGELOG, *sorted(DOCS.glob("*.md"))]


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def test_every_written_part_is_up_to_date() -> None:
    assert make_docs.outdated(ROOT) == [], "run: python3 scripts/make_docs.py"


def test_a_changed_table_is_noticed(tmp_path: Path) -> None:
    for name in make_docs.parts(ROOT):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text_of(ROOT / name), encoding="utf-8")
    for room in ROOMS:
        source = ROOT / room
        (tmp_path / room).symlink_to(source, target_is_directory=source.is_dir())
    assert make_docs.outdated(tmp_path) == []
    guide = tmp_path / GUIDE.relative_to(ROOT)
    guide.write_text(text_of(guide).replace("25.4 GB", "25.3 GB"), encoding="utf-8")
    assert make_docs.outdated(tmp_path) == [GUIDE.relative_to(ROOT).as_posix()]


def test_no_page_holds_both_sides_of_a_merge() -> None:
    marks = re.compile(r"^(<<<<<<<|=======$|>>>>>>>)", re.MULTILINE)
    assert marks.search("a\n<<<<<<< HEAD\nb")
    for page in [*PAGES, *DOCS.rglob("*.md"), BUILTIN_FOLDER / "README.md"]:
        assert not marks.search(text_of(page)), page


def test_no_page_names_a_place_of_the_machine_it_was_written_on() -> None:
    for page in [*PAGES, *DOCS.rglob("*.md"), BUILTIN_FOLDER / "README.md"]:
        assert re.findall(r"(?<![\w.])/(?:tmp|root|home|work|Users)/[^ `]*", text_of(page)) == [], (
            page
        )


def test_every_module_has_one_line_in_the_code_map() -> None:
    lines = text_of(CODE_MAP).splitlines()
    for room in ROOMS:
        for module in modules(ROOT / room):
            name = module.relative_to(ROOT).as_posix().removesuffix("__init__.py")
            listed = [line for line in lines if line.startswith(f"- `{name}` ")]
            assert listed == [f"- `{name}` {first_line(module)}"]


def test_the_guide_names_every_option() -> None:
    guide = text_of(GUIDE)
    missing = [word for word in WORDS if f"`{word}" not in guide]
    assert missing == []


def test_the_guide_names_no_option_that_does_not_exist() -> None:
    rows = re.findall(r"^\| (`-.*?) +\|", text_of(GUIDE), re.MULTILINE)
    assert len(rows) > 15
    named = {word for row in rows for word in re.findall(r"(?<![\w-])--?[a-z][a-z-]*", row)}
    assert named - WORDS == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_can_be_typed_as_it_stands(page: Path) -> None:
    blocks = re.findall(r"^(?: {4}|\$ ?)(\S*main\.py.*)$", text_of(page), re.MULTILINE)
    assert [line for line in blocks if line.startswith("main.py")] == []


def test_the_film_guide_names_every_option_and_no_other() -> None:
    rows = re.findall(r"^\| `(-.*?)` +\|", text_of(FILMS), re.MULTILINE)
    named = {word for row in rows for word in re.findall(r"(?<![\w-])--[a-z][a-z-]*", row)}
    bare = {name for name in named if not name.startswith("--no-")}
    assert bare == {option.name for option in FILM_OPTIONS}


OF_CLIPS = tuple(entry for entry in PROVIDERS if OutputKind.VIDEO in entry.info.makes)


@pytest.mark.parametrize("entry", OF_CLIPS, ids=lambda entry: entry.info.label)
def test_the_comparison_has_every_place_with_its_chapter_and_every_model(entry) -> None:
    page, info = text_of(COMPARED), entry.info
    assert f"| `{info.id}/{info.deployment}`" in page
    chapter = place_tables.chapter_of(info, ROOT)
    assert chapter is not None, f"no guide has a chapter on {info.label}"
    assert chapter.link in page
    for spec in place_tables.models_of(entry):
        target = Target(provider=info.id, deployment=info.deployment, model=spec.id)
        assert Task.TEXT_TO_VIDEO not in spec.tasks or f"| `{target}`" in page


def test_the_comparison_names_every_option_of_its_command() -> None:
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", text_of(COMPARED)))
    usual = {"--json", "--quiet", "--duration"}
    assert {option.name for option in COMPARE_OPTIONS} - usual <= named
    assert named - usual <= {option.name for option in COMPARE_OPTIONS}


def test_the_changelog_counts_the_transitions() -> None:
    assert f"{len(TRANSITIONS) - 1}\n  transitions" in text_of(CHANGELOG)


def test_every_model_makes_what_the_guide_says_of_all_of_them() -> None:
    for model in MODELS:
        made = {Task.TEXT_TO_VIDEO, Task.IMAGE_TO_VIDEO, Task.TEXT_TO_IMAGE}
        given = {Task.VIDEO_TO_VIDEO, Task.EXTEND_VIDEO, Task.RETAKE}
        heard = {Task.AUDIO_TO_VIDEO} if model.spec.audio else set()
        assert set(model.spec.tasks) == made | given | heard
        assert str(model.spec.price) == "free"
        assert all(size.width % 32 == size.height % 32 == 0 for size in model.spec.sizes)


def test_mini_understands_the_words_that_the_guide_gives_as_examples() -> None:
    for words in ("sphere", "cube", "dusk", "ocean", "drifting left"):
        assert f'"{words}"' in text_of(GUIDE)
        assert read(words).values
        assert not read(words).unknown_words


def test_what_is_said_of_the_large_models_is_so() -> None:
    large = [model.spec for model in MODELS if not model.spec.is_builtin]
    sizes = [round(spec.size_bytes / 1e9) for spec in large if spec.size_bytes]
    vram = [spec.needs.vram_gb for spec in large if spec.needs.vram_gb]
    assert (len(large), min(sizes), max(sizes)) == (29, 20, 97)
    comfortable = [s.needs.comfortable_vram_gb for s in large if s.needs.comfortable_vram_gb]
    assert set(vram) == {8}
    assert (min(comfortable), max(comfortable)) == (10, 32)
    assert "20 to\n97 GB" in text_of(README)
    assert "with 8 GB of memory at least, the larger ones 10 to 32 GB" in text_of(README)
    assert "20 to 97 GB" in text_of(SETUP)
    assert "Twenty-nine" in text_of(CHANGELOG)


def test_the_readme_begins_with_an_image_and_the_two_commands() -> None:
    lines = [line.strip() for line in text_of(README).splitlines() if line.strip()]
    assert re.fullmatch(r"!\[.+\]\(Docs/images/ltx-mini\.png\)", lines[0])
    assert lines[1:3] == [
        'python3 main.py --provider ltx-video -p "a red ball moving right at sunset" -o ball.mp4',
        "python3 scripts/test.py",
    ]
    assert text_of(README).count("![") == 2, "what a clip looks like, and the window"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#][^)]*|#[^)]*)\)", text_of(page)):
        if target.startswith("http"):
            continue
        name, _, heading = target.partition("#")
        linked = page.parent / name if name else page
        assert linked.exists(), f"{page.name} links to {target}"
        if heading:
            assert heading in anchors(linked), f"{page.name} links to {target}"


def anchors(page: Path) -> set[str]:
    """The names under which a page's headings are linked to."""
    headings = re.findall(r"^#+ (.+)$", text_of(page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", [README, SETUP, GUIDE], ids=lambda page: page.name)
def test_every_script_and_requirement_file_that_is_named_exists(page: Path) -> None:
    named = set(re.findall(r"(?:scripts/|requirements)[\w-]*\.(?:py|txt)", text_of(page)))
    assert named
    assert [name for name in sorted(named) if not (ROOT / name).is_file()] == []


@pytest.mark.parametrize("page", [README, SETUP], ids=lambda page: page.name)
def test_every_setup_command_can_be_typed(page: Path) -> None:
    commands = re.findall(
        r"scripts/setup_ltx_video\.py(.*?)(?:  .*)?$", text_of(page), re.MULTILINE
    )
    typed = [command.split() for command in commands if not set(command) & set("`()")]
    assert typed
    for words in typed:
        parse(words)


def test_the_messages_in_the_troubleshooting_table_are_those_of_the_program() -> None:
    rows = re.findall(r"^\| `(.+?)` +\|", text_of(SETUP), re.MULTILINE)
    said = list(literals())
    assert len(rows) > 15
    missing = [
        piece.strip()
        for row in rows
        for piece in row.split("…")
        if piece.strip() and not any(piece.strip() in literal for literal in said)
    ]
    assert missing == []


def literals() -> Iterator[str]:
    """Every text in the program's source, the pieces of one message joined by an ellipsis."""
    for room in ROOMS:
        for module in modules(ROOT / room):
            for node in ast.walk(ast.parse(text_of(module))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value
