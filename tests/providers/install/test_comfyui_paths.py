"""ComfyUI's list of extra paths: read as ComfyUI reads it, and never trusted."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from providers.ltx_video.install.comfyui_paths import COMFYUI_LIST, folders_of_list
from providers.weights.installed import check_installed
from tests.fakes.installation import MODEL, SHARD, Run, content, job

if TYPE_CHECKING:
    from tests.fakes.services.stub_hub import StubHub


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "user"
    (folder / "ComfyUI").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("WEIGHTS", str(tmp_path / "weights"))
    return folder


def listing(home: Path, text: str | bytes) -> Path:
    file = home / "ComfyUI" / COMFYUI_LIST
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


def made(*folders: Path) -> tuple[Path, ...]:
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
    return folders


def test_paths_are_read_as_comfyui_reads_them(home: Path, tmp_path: Path) -> None:
    expected = made(
        tmp_path / "disk" / "models" / "unet",
        tmp_path / "disk" / "models" / "diffusion_models",
        tmp_path / "elsewhere",
        home / "ComfyUI" / "beside" / "vae",
        tmp_path / "weights" / "text",
        home / "mine" / "clip",
        home / "mine" / "listed",
    )
    made(tmp_path / "disk" / "models" / "loras", tmp_path / "disk" / "nodes")
    file = listing(
        home,
        f"""
# as it comes
central:
    base_path: {tmp_path}/disk
    is_default: true
    diffusion_models: |
        models/unet/

        models/diffusion_models
    checkpoints: {tmp_path}/elsewhere
    loras: models/loras
    custom_nodes: nodes
    text_encoders: models/not-there
relative:
    base_path: beside
    vae: vae
bare:
    text_encoders: $WEIGHTS/text
homely:
    base_path: ~/mine
    clip: clip
    unet: [listed]
empty:
""",
    )
    found = folders_of_list(file)
    assert found.folders == expected
    assert found.problems == ()


def test_no_list_and_one_of_comments_name_nothing(home: Path) -> None:
    assert folders_of_list(home / COMFYUI_LIST).problems == ()
    found = folders_of_list(listing(home, "# comfyui:\n#   base_path: /\n"))
    assert (found.folders, found.problems) == ((), ())


BOMB = "a: &a [x, x]\n" + "\n".join(
    f"{name}: &{name} {{<<: [{', '.join([f'*{before}'] * 9)}]}}"
    for before, name in zip("abcdefghij", "bcdefghijk", strict=True)
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", "cannot be understood in line 1"),
        ("a:\n\tb: c", "cannot be understood in line 2"),
        ("---\na: {}\n---\nb: {}", "cannot be understood"),
        (b"a: \xff\xfe\xfd", "cannot be understood"),
        (b"a: \x00", "cannot be understood"),
        ("- a\n- b", "it has no sections"),
        ("words", "it has no sections"),
        ("x: " + "[" * 5000, "nested too deeply"),
        ("x: " + "y" * 70_000, "it has more than the 0.064 MB"),
        ("a: words", "its section 'a' is none"),
        ("a: {base_path: [x], vae: y}", "base_path of its section 'a' is no path"),
        ("a: {vae: {x: y}}", "'vae' in its section 'a' is no path"),
        ("a: {base_path: /, vae: .}", "holds far more than models"),
        ("a: {base_path: '~', vae: ./}", "holds far more than models"),
        ("a: {vae: ../..}", "holds far more than models"),
        ("a: {vae: " + "y" * 300 + "}", "cannot be reached"),
    ],
)
def test_what_is_broken_or_hostile_is_told_and_passed_over(
    home: Path, text: str | bytes, said: str
) -> None:
    found = folders_of_list(listing(home, text))
    assert found.folders == ()
    (problem,) = found.problems
    assert said in problem
    assert str(home / "ComfyUI" / COMFYUI_LIST) in problem


@pytest.mark.timeout(10)
@pytest.mark.parametrize("text", [BOMB, "a: !!python/object/apply:os.system ['touch owned']"])
def test_nothing_in_it_is_carried_out_or_multiplied(home: Path, text: str) -> None:
    found = folders_of_list(listing(home, text))
    assert found.folders == ()
    assert not (home / "owned").exists()
    assert not Path("owned").exists()


def test_a_part_that_is_wrong_leaves_the_others(home: Path, tmp_path: Path) -> None:
    (good,) = made(tmp_path / "good")
    found = folders_of_list(listing(home, f"a: words\nb: {{vae: {good}, unet: {{}}}}\n"))
    assert found.folders == (good,)
    assert len(found.problems) == 2


def test_so_many_folders_are_no_list_of_models(home: Path, tmp_path: Path) -> None:
    folders = made(*(tmp_path / f"{number:03}" for number in range(102)))
    lines = "\n".join(f"    {folder}" for folder in folders)
    found = folders_of_list(listing(home, f"a:\n  vae: |\n{lines}\n"))
    assert found.folders == folders[:100]
    (problem,) = found.problems
    assert "names more than 100 folders" in problem


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes of POSIX systems")
@pytest.mark.timeout(10)
def test_a_pipe_in_its_place_is_not_waited_for(home: Path) -> None:
    os.mkfifo(home / "ComfyUI" / COMFYUI_LIST)
    (problem,) = folders_of_list(home / "ComfyUI" / COMFYUI_LIST).problems
    assert "it is a pipe" in problem


@pytest.mark.parametrize("is_named", [False, True])
def test_weights_in_a_listed_folder_are_linked_when_a_model_is_installed(
    hub: StubHub, models_dir: Path, folder: Path, run: Run, tmp_path: Path, *, is_named: bool
) -> None:
    comfyui = tmp_path / "portable" if is_named else Path.home() / "ComfyUI"
    made(comfyui)
    theirs = tmp_path / "big disk" / "unet" / "their-name.safetensors"
    theirs.parent.mkdir(parents=True)
    theirs.write_bytes(content("one"))
    base = tmp_path / "big disk"
    (comfyui / COMFYUI_LIST).write_text(f"mine:\n  base_path: {base}\n  unet: unet\n")
    reuse_from = [comfyui] if is_named else []
    (found,) = job(models_dir, reuse_from=reuse_from).survey(run.ctx).found
    assert (found.folder, found.size_bytes) == (theirs.parent, 300_000)
    job(models_dir, reuse_from=reuse_from).run(run.ctx)
    assert SHARD not in hub.fetched_paths()
    assert (folder / SHARD).samefile(theirs)


def test_a_broken_list_is_told_and_the_model_installed(
    hub: StubHub, models_dir: Path, run: Run
) -> None:
    made(Path.home() / "ComfyUI")
    (Path.home() / "ComfyUI" / COMFYUI_LIST).write_text("mine: [")
    (told,) = job(models_dir).survey(run.ctx).passed_over
    job(models_dir).run(run.ctx)
    assert told in run.notes
    assert "extra_model_paths.yaml' is passed over: it cannot be understood in line 1" in run.notes
    assert check_installed(models_dir, MODEL).on_disk.value == "whole"
    assert SHARD in hub.fetched_paths()
