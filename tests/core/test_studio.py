from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from core.errors import NotConfigured, UnsupportedRequest
from core.jobs.job import CancelToken, JobCancelled
from core.studio import Studio
from core.video.listing import read_listing
from core.video.provider import NotReady, OtherName, ProviderEntry
from core.video.request import FrameRequest, Input, RenderRequest
from core.video.terms import AUTO, Role, Target
from tests.fakes.inputs import inputs_of, lora
from tests.fakes.loras import smallest_lora
from tests.fakes.provider import BIG, ENTRY, FULL, SMALL, FakeProvider

if TYPE_CHECKING:
    from core.platform.paths import Paths
    from core.video.plan import RenderPlan
    from core.video.provider import ProviderContext
    from core.video.spec import ModelSpec


def ask(model: str = "fake-small", **parts: object) -> RenderRequest:
    target = Target(provider="fake", deployment="local", model=model)
    return RenderRequest.model_validate({"target": target, "prompt": "a ball", **parts})


def problems(studio: Studio, request: RenderRequest, out: Path | None = None) -> dict[str, str]:
    with pytest.raises(UnsupportedRequest) as caught:
        studio.plan(request, out=out)
    return {problem.field: problem.message for problem in caught.value.problems}


def test_auto_is_resolved_and_told(studio: Studio) -> None:
    planned = studio.plan(ask(AUTO))
    assert planned.plan.target.model == "fake-small"
    assert any("auto → fake-small" in note for note in planned.plan.notes)
    assert planned.plan.memory_plan is not None


def test_another_name_of_a_model_is_followed_and_told(paths: Paths) -> None:
    other = OtherName("fake-tiny", "fake-tiny stands for fake-small.", "fake-small")
    info = replace(ENTRY.info, other_names=(other,))
    studio = Studio([replace(ENTRY, info=info)], paths=paths)
    planned = studio.plan(ask("Fake_Tiny"))
    assert planned.plan.target.model == "fake-small"
    assert "fake-tiny stands for fake-small." in planned.plan.notes


def test_a_name_that_is_no_model_is_refused_with_what_it_means(paths: Paths) -> None:
    info = replace(ENTRY.info, other_names=(OtherName("fake-pro", "fake-pro is a price tier."),))
    studio = Studio([replace(ENTRY, info=info)], paths=paths)
    assert problems(studio, ask("fake-pro")) == {"target.model": "fake-pro is a price tier."}


def test_problems_of_request_image_and_place_come_together(studio: Studio, tmp_path: Path) -> None:
    request = ask(
        prompt=" ", frame=FrameRequest(fps=7), inputs=inputs_of(start_image=tmp_path / "none.png")
    )
    found = problems(studio, request, tmp_path / "none" / "ball.mp4")
    assert set(found) == {"prompt", "frame.fps", "inputs.start", "out"}


@pytest.mark.parametrize(
    ("target", "field", "nearest"),
    [
        (Target(provider="fakes", deployment="local"), "target.provider", "'fake'"),
        (Target(provider="fake", deployment="locl"), "target.deployment", "'local'"),
        (Target(provider="fake", deployment="local", model="fake-smal"), "target.model", "fake-s"),
    ],
)
def test_unknown_target_names_the_nearest_beside_the_other_problems(
    studio: Studio, tmp_path: Path, target: Target, field: str, nearest: str
) -> None:
    request = RenderRequest(target=target, prompt="")
    found = problems(studio, request, tmp_path / "ball.avi")
    assert set(found) == {field, "prompt", "out"}
    assert f"Did you mean {nearest}" in found[field] or nearest in found[field]


def test_model_not_installed_is_planned_but_not_rendered(studio: Studio) -> None:
    planned = studio.plan(ask("fake-big"))
    assert isinstance(planned.readiness, NotReady)
    assert planned.plan.num_frames == 9
    with pytest.raises(NotConfigured, match=r"Fake Big is not installed\. Install it\."):
        studio.submit_render(planned)
    assert studio.queue.jobs() == ()


def test_model_not_installed_joins_the_other_problems(studio: Studio) -> None:
    found = problems(studio, ask("fake-big", frame=FrameRequest(fps=7)))
    assert set(found) == {"frame.fps", "target"}


@pytest.mark.parametrize(
    ("model", "parts", "field", "way"),
    [
        ("fake-small", {"inputs": ("end",)}, "inputs.end", "or choose Fake Full (fake-full)."),
        # Fake Full would refuse the rate, and is still the only one that takes an end image.
        (
            "fake-small",
            {"inputs": ("end",), "frame": FrameRequest(fps=8)},
            "inputs.end",
            "or choose Fake Full (fake-full).",
        ),
        ("fake-big", {"inputs": ("start",)}, "inputs.start", "or choose Fake Small (fake-small)."),
        ("fake-big", {"audio": True}, "audio", "or choose Fake Small (fake-small)."),
        ("fake-full", {"inputs": ("mask",)}, "inputs.mask", "Leave it out."),
    ],
)
def test_a_refusal_names_a_model_that_takes_what_was_asked(
    studio: Studio, tmp_path: Path, model: str, parts: dict[str, object], field: str, way: str
) -> None:
    image = tmp_path / "one.png"
    Image.new("RGB", (96, 64)).save(image)
    roles = parts.get("inputs", ())
    assert isinstance(roles, tuple)
    inputs = [Input(role=Role(role), path=image) for role in roles]
    found = problems(studio, ask(model, **{**parts, "inputs": inputs}))
    assert found[field].endswith(way), found[field]


def test_a_refusal_without_another_model_ends_as_a_sentence_does(studio: Studio) -> None:
    said = problems(studio, ask(prompt="a ball | a box"))["prompt"]
    assert said.endswith("takes one prompt. Leave bars out.")


def test_a_refusal_says_of_a_model_that_it_is_to_be_installed_first(paths: Paths) -> None:
    def open_provider(_: ProviderContext) -> FakeProvider:
        provider = FakeProvider()
        louder = BIG.model_copy(update={"takes_audio_prompt": True, "audio": FULL.audio})
        provider.models = lambda: (louder, SMALL.model_copy(update={"audio": None}))
        return provider

    studio = Studio([ProviderEntry(ENTRY.info, open_provider)], paths=paths)
    said = problems(studio, ask(audio=True))["audio"]
    assert said.endswith("or choose Fake Big (fake-big), which is to be installed first.")
    studio.close()


def test_a_refusal_says_of_a_model_that_it_needs_a_larger_machine(paths: Paths) -> None:
    class Tight(FakeProvider):
        """A machine on which one model fits and the other does not."""

        def models(self) -> tuple[ModelSpec, ...]:
            return FULL, SMALL.model_copy(update={"audio": None})

        def fit(self, plan: RenderPlan) -> RenderPlan:
            fitted = super().fit(plan)
            memory = fitted.memory_plan
            if memory is None or plan.spec.id == SMALL.id:
                return fitted
            tight = memory.model_copy(update={"fits": False})
            return fitted.model_copy(update={"memory_plan": tight})

    studio = Studio([ProviderEntry(ENTRY.info, lambda _: Tight())], paths=paths)
    for more in ({}, {"frame": FrameRequest(fps=7)}):
        said = problems(studio, ask("fake-small", audio=True, **more))["audio"]
        assert said.endswith("or choose Fake Full (fake-full), which needs a larger machine.")
    studio.close()


def test_a_model_of_another_place_is_told_to_be_there(paths: Paths) -> None:
    class Far(FakeProvider):
        """Another place, with one of the models."""

        def models(self) -> tuple[ModelSpec, ...]:
            return (SMALL,)

    elsewhere = ProviderEntry(replace(ENTRY.info, deployment="far"), lambda _: Far())
    studio = Studio([ENTRY, elsewhere], paths=paths)
    asked = RenderRequest(
        target=Target(provider="fake", deployment="far", model="fake-full"), prompt="a ball"
    )
    said = problems(studio, asked)["target.model"]
    assert "The model 'fake-full' runs at fake/local, not at fake/far." in said
    studio.close()


def test_plan_that_does_not_fit_the_memory_is_not_rendered(studio: Studio) -> None:
    planned = studio.plan(ask())
    memory = planned.plan.memory_plan
    assert memory is not None
    tight = memory.model_copy(update={"fits": False, "reasons": ("It needs 99 GB.",)})
    plan = planned.plan.model_copy(update={"memory_plan": tight})
    with pytest.raises(NotConfigured, match="It needs 99 GB"):
        studio.submit_render(type(planned)(plan, planned.output, planned.readiness))


def test_provider_can_refuse_what_only_it_can_see(studio: Studio) -> None:
    assert "does not like" in problems(studio, ask(prompt="unfit"))["prompt"]


def test_full_disk_is_refused_before_anything_starts(paths: Paths) -> None:
    studio = Studio([ENTRY], paths=paths, free_bytes=lambda _: 1000)
    assert "MB free" in problems(studio, ask())["out"]


def test_no_ffmpeg_is_refused_before_anything_starts(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMAGEAI_FFMPEG", str(tmp_path / "none"))
    assert "IMAGEAI_FFMPEG" in problems(studio, ask())["ffmpeg"]


@pytest.mark.parametrize("is_link", [False, True])
def test_a_clip_takes_the_place_of_no_file_that_it_is_made_from(
    studio: Studio, tmp_path: Path, is_link: bool
) -> None:
    image, link = tmp_path / "picture.mp4", tmp_path / "link.mp4"
    Image.new("RGB", (640, 480)).save(image, "PNG")
    link.symlink_to(image)
    place = link if is_link else image
    request = ask(inputs=(Input(role=Role.START, path=image),))
    with pytest.raises(UnsupportedRequest, match="is the start image that this is made from"):
        studio.plan(request, out=place, overwrite=True)
    assert studio.plan(ask(), out=place, overwrite=True).output.path == place


def test_start_image_becomes_absolute_and_its_notes_are_told(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.new("CMYK", (96, 64)).save(tmp_path / "a.tif")
    monkeypatch.chdir(tmp_path)
    plan = studio.plan(ask(inputs=inputs_of(start_image=Path("a.tif")))).plan
    assert plan.request.path_of(Role.START) == tmp_path / "a.tif"
    assert any("CMYK" in note for note in plan.notes)


def test_every_file_of_a_request_is_checked_and_all_problems_come_together(
    studio: Studio, tmp_path: Path
) -> None:
    (tmp_path / "text.png").write_text("no picture", encoding="utf-8")
    (tmp_path / "cut.safetensors").write_bytes(b"x")
    (tmp_path / "folder.safetensors").mkdir()
    (tmp_path / "weights.bin").write_bytes(b"x" * 20)
    request = ask(
        "fake-full",
        inputs=inputs_of(
            start_image=tmp_path / "none.png",
            end_image=tmp_path / "text.png",
            reference_images=(tmp_path, tmp_path / "text.png"),
        ),
    )
    names = ("cut.safetensors", "folder.safetensors", "weights.bin", "none.safetensors")
    found: list[str] = []
    for pair in (names[:2], names[2:]):
        loras = tuple(lora(path=tmp_path / name) for name in pair)
        with pytest.raises(UnsupportedRequest) as caught:
            studio.plan(request.model_copy(update={"inputs": (*request.inputs, *loras)}))
        assert [problem.field for problem in caught.value.problems] == [
            "inputs.start",
            "inputs.end",
            "inputs.reference",
            "inputs.reference",
            "inputs.lora",
            "inputs.lora",
        ]
        found += [problem.message for problem in caught.value.problems]
    assert "The end image" in found[1]
    assert "The reference image" in found[2]
    said = " ".join(found)
    for words in (
        "ends after 1 of the 10 bytes",
        "is a folder",
        "is no .safetensors file",
        "There is no LoRA",
    ):
        assert words in said


def test_files_of_a_request_become_absolute_and_their_notes_are_told(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.new("CMYK", (96, 64)).save(tmp_path / "end.tif")
    Image.new("RGB", (9, 9)).save(tmp_path / "ref.png")
    smallest_lora(tmp_path / "a.safetensors")
    monkeypatch.chdir(tmp_path)
    inputs = inputs_of(None, Path("end.tif"), (Path("ref.png"),), (lora(Path("a.safetensors")),))
    request = ask("fake-full", inputs=inputs)
    plan = studio.plan(request).plan
    assert plan.request.inputs == inputs_of(
        None, tmp_path / "end.tif", (tmp_path / "ref.png",), (lora(tmp_path / "a.safetensors"),)
    )
    assert any("The end image is for print" in note for note in plan.notes)


def test_clip_goes_to_the_chosen_folder(paths: Paths, tmp_path: Path) -> None:
    paths.settings_file.parent.mkdir(parents=True)
    paths.settings_file.write_text(
        f'{{"folders": {{"output": "{(tmp_path / "mine").as_posix()}"}}}}', encoding="utf-8"
    )
    studio = Studio([ENTRY], paths=paths)
    planned = studio.plan(ask())
    assert planned.output.path.parent == tmp_path / "mine"
    assert "a-ball" in planned.output.path.name
    assert str(planned.plan.seed) in planned.output.path.name


def test_damaged_settings_are_told(paths: Paths) -> None:
    paths.settings_file.parent.mkdir(parents=True)
    paths.settings_file.write_text("{", encoding="utf-8")
    assert "damaged" in Studio([ENTRY], paths=paths).notes[0]


def test_planning_writes_nothing(studio: Studio, paths: Paths) -> None:
    studio.plan(ask())
    assert not paths.settings_file.parent.exists()


def test_provider_is_opened_late_once_and_closed(paths: Paths) -> None:
    opened: list[FakeProvider] = []

    def open_counted(_: object) -> FakeProvider:
        opened.append(FakeProvider())
        return opened[-1]

    studio = Studio([ProviderEntry(ENTRY.info, open_counted)], paths=paths)
    assert studio.registry.infos == (ENTRY.info,)
    assert opened == []
    studio.plan(ask())
    studio.plan(ask())
    studio.close()
    studio.close()
    assert len(opened) == 1
    assert opened[0].is_closed


def test_importing_the_studio_loads_no_heavy_package() -> None:
    heavy = "torch diffusers transformers numpy PIL av keyring imageio_ffmpeg huggingface_hub"
    script = f"import sys, core.studio; print([m for m in '{heavy}'.split() if m in sys.modules])"
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


@pytest.mark.parametrize("weighs", [True, False])
def test_one_listing_holds_every_provider_and_model(studio: Studio, weighs: bool) -> None:
    listing = read_listing(studio.registry, weighs=weighs)
    (provider,) = listing.providers
    assert [item.spec.id for item in listing.models] == ["fake-big", "fake-small", "fake-full"]
    assert (provider.name, provider.place, provider.automatic) == ("fake", "local", "fake-small")
    automatic = Target(provider="fake", deployment="local")
    found = listing.model(automatic)
    assert found is not None
    assert found.target == automatic.with_model("fake-small")
    assert listing.model(automatic.with_model("gone")) is None
    assert listing.provider(Target(provider="gone", deployment="local")) is None
    stopped = CancelToken()
    stopped.cancel()
    with pytest.raises(JobCancelled):
        read_listing(studio.registry, stopped)
