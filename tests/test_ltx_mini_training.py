# pyright: standard, reportPrivateImportUsage=false
"""LTX Mini's world, words and sounds, and every stage of its training in small."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from diffusers import LTX2ConditionPipeline
from safetensors.torch import load_file

from providers.ltx_video.mini.vocabulary import Attribute, read, tokens
from scripts.ltx_mini import audio, diffusion, pools, sounds, text, video_vae
from scripts.ltx_mini.captions import CAMERAS, SETTINGS, describe
from scripts.ltx_mini.checkpoints import load_checkpoint, save_checkpoint
from scripts.ltx_mini.keyframe_latents import (
    CHANNELS,
    CHROMA,
    LUMA,
    keyframes,
    latents_of,
    spreads,
    to_tensor,
)
from scripts.ltx_mini.muon import optimizers, update
from scripts.ltx_mini.running_mean import RunningMean
from scripts.ltx_mini.world import PAN_UNITS, Scene, draw
from scripts.train_ltx_mini import STAGES, main, parse

if TYPE_CHECKING:
    from pathlib import Path

SCENE = Scene(
    kind="ball",
    colour="red",
    size="medium",
    setting="desert",
    place="place_centre",
    motion="still",
    camera="camera_still",
    sound="tone",
)
SYNONYMS = {
    "A CRIMSON sphere rolls slowly to the right at dawn": {
        "red",
        "ball",
        "move_right",
        "sunset",
    },
    "a huge golden star-shape sinking, under a starry sky, whistling": {
        "big",
        "yellow",
        "star",
        "move_down",
        "night",
        "high_tone",
    },
    "tiny azure doughnut by the seaside; pull back, mute": {
        "small",
        "blue",
        "ring",
        "sea",
        "zoom_out",
        "silence",
    },
    "ein Würfel? a violet cube, <red> or not": {"purple", "box", "red"},
    "the camera pans to the left over sand dunes": {"pan_left", "desert"},
    "": set(),
    "nothing of this is known": set(),
}


def heard(tokenizer, prompt: str) -> list[str]:
    """The values that the tokenizer hands on, in their order."""
    first, *rest = tokenizer.convert_ids_to_tokens(tokenizer(prompt).input_ids)
    assert first == "<bos>"
    return [token.strip("<>") for token in rest]


@pytest.fixture(scope="module")
def tokenizer():
    return text.build_tokenizer()


@pytest.mark.parametrize("prompt", SYNONYMS)
def test_the_tokenizer_hears_what_the_vocabulary_reads_in_synonyms(tokenizer, prompt: str) -> None:
    assert {value for values in read(prompt).values.values() for value in values} == SYNONYMS[
        prompt
    ]
    assert set(heard(tokenizer, prompt)) == SYNONYMS[prompt]


def test_captions_say_their_scene_in_words_that_tokenizer_and_vocabulary_know(tokenizer) -> None:
    rng = random.Random(4)
    for _ in range(300):
        described = describe(rng)
        reading = read(described.caption)
        assert reading.unknown_words == (), described.caption
        said = [value for values in reading.values.values() for value in values]
        assert sorted(heard(tokenizer, described.caption)) == sorted(said), described.caption
        assert len(said) + 2 <= text.MAX_TOKENS
        scene = described.scene
        assert reading.value(Attribute.KIND) == scene.kind
        assert reading.value(Attribute.COLOUR) == scene.colour
        # What is not said is what is drawn when nobody asks for anything else.
        assert reading.value(Attribute.CAMERA) in (scene.camera, None)
        assert reading.value(Attribute.AUDIO) in (scene.sound, None)
        if reading.value(Attribute.CAMERA) is None:
            assert scene.camera == "camera_still"
        if reading.value(Attribute.AUDIO) is None:
            assert scene.sound == "silence"


def test_every_value_is_a_token_of_its_own(tokenizer) -> None:
    numbers = tokenizer.convert_tokens_to_ids([f"<{value}>" for value in tokens()])
    assert len(set(numbers)) == len(tokens())
    assert tokenizer.unk_token_id not in numbers


def test_the_text_encoder_tells_a_word_from_another(tokenizer) -> None:
    states, mask = text.encode(tokenizer, text.build_text_encoder(), ["a red ball", "a blue ball"])
    assert states.shape == (2, text.MAX_TOKENS, text.HIDDEN * (text.LAYERS + 1))
    assert mask.sum(dim=1).tolist() == [3, 3]
    assert (states[0] - states[1]).abs().max() > 0.1


def test_descriptions_repeat_with_their_seed() -> None:
    first, again, other = (
        [describe(rng) for _ in range(5)] for rng in map(random.Random, (11, 11, 12))
    )
    assert first == again
    assert first != other


@pytest.mark.parametrize(("width", "height"), [(192, 128), (128, 192), (160, 160)])
def test_a_clip_is_drawn_in_the_size_that_is_asked_for(width: int, height: int) -> None:
    clip = draw(SCENE, width, height, 9)
    assert clip.shape == (9, height, width, 3)
    assert clip.dtype == np.uint8
    red, green, blue = clip[4, height // 2 + 4, width // 2 + 4].astype(int)
    assert red > 2 * max(green, blue)


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize(("camera", "pixels"), [("pan_right", PAN_UNITS), ("pan_left", -PAN_UNITS)])
def test_a_pan_shifts_the_setting_by_what_is_stated(
    setting: str, camera: str, pixels: float
) -> None:
    # At 192x128 a unit is a pixel; the rows lie below the subject, where hills and waves are.
    scene = replace(SCENE, setting=setting, camera=camera)
    clip = draw(scene, 192, 128, 17, [0, 16])[:, 92:].astype(int)
    first, last = clip if pixels > 0 else clip[::-1]
    shift = round(abs(pixels))
    moved = np.abs(first[:, shift:] - last[:, :-shift])
    assert moved.max() <= 2
    assert np.abs(first - last).max() > 20


@pytest.mark.parametrize("camera", CAMERAS)
def test_key_frames_alone_are_those_of_the_whole_clip(camera: str) -> None:
    scene = replace(SCENE, camera=camera, motion="move_left")
    only = draw(scene, 96, 64, 17, keyframes(17))
    assert np.array_equal(only, draw(scene, 96, 64, 17)[::8])


def test_latents_are_linear() -> None:
    torch.manual_seed(0)
    one, two = torch.randn(2, 1, 3, 2, 64, 96)
    together = latents_of(0.3 * one - 2 * two)
    assert together.shape == (1, CHANNELS, 2, 2, 3)
    torch.testing.assert_close(together, 0.3 * latents_of(one) - 2 * latents_of(two))


def test_latents_hold_enough_to_see_the_picture_again() -> None:
    block = torch.eye(3 * 32 * 32).reshape(-1, 3, 1, 32, 32)
    inverse = torch.linalg.pinv(latents_of(block).flatten(1).T)
    rng = random.Random(5)
    clips = np.stack([draw(describe(rng).scene, 192, 128, 1) for _ in range(8)])
    true = to_tensor(clips)
    seen = torch.einsum("pc,ncfab->npfab", inverse, latents_of(true))
    seen = seen.unflatten(1, (3, 32, 32)).permute(0, 1, 4, 5, 2, 6, 3).reshape(true.shape)
    psnr_db = 10 * torch.log10(4 / (seen - true).square().mean()).item()
    assert psnr_db > 24.0


def loudest_hz(wave: np.ndarray, rate_hz: int) -> float:
    spectrum = np.abs(np.fft.rfft(wave * np.hanning(len(wave))))
    return float(np.fft.rfftfreq(len(wave), 1 / rate_hz)[spectrum.argmax()])


@pytest.mark.parametrize("rate_hz", [sounds.MEL_RATE_HZ, sounds.WAVE_RATE_HZ])
@pytest.mark.parametrize(
    ("sound", "pitch_hz"),
    [("low_tone", 200), ("tone", 400), ("high_tone", 800), ("hum", 100), ("beeps", 1000)],
)
def test_a_sound_has_its_pitch(sound: str, pitch_hz: float, rate_hz: int) -> None:
    left, right = sounds.wave(sound, 2 * rate_hz, rate_hz)
    assert np.array_equal(left, right)
    assert loudest_hz(left, rate_hz) == pytest.approx(pitch_hz, abs=1)
    assert 0.1 < np.abs(left).max() < 0.5


def test_beeps_come_and_go_and_silence_is_silent() -> None:
    left, _ = sounds.wave("beeps", 16_000, 16_000)
    on, off, on_again, off_again = left.reshape(4, -1)
    assert min(on.std(), on_again.std()) > 0.1
    assert max(np.abs(off).max(), np.abs(off_again).max()) < 1e-6
    assert not sounds.wave("silence", 100, 16_000).any()


def test_a_higher_sound_is_higher_in_the_mel_picture() -> None:
    rows = []
    for sound in ("low_tone", "tone", "high_tone"):
        mel = sounds.log_mel(sounds.wave(sound, 16_000, 16_000), 90)
        assert mel.shape == (2, 90, sounds.MEL_BINS)
        rows.append(int(mel[0, 10:].mean(dim=0).argmax()))
    assert rows == sorted(set(rows))


def test_training_that_is_resumed_is_training_that_never_stopped(tmp_path: Path) -> None:
    torch.manual_seed(3)
    batches = torch.randn(2, 8, 6)
    start = torch.nn.Sequential(torch.nn.Linear(6, 12), torch.nn.Tanh(), torch.nn.Linear(12, 6))

    def learner() -> tuple[torch.nn.Module, list[torch.optim.Optimizer]]:
        model = torch.nn.Sequential(torch.nn.Linear(6, 12), torch.nn.Tanh(), torch.nn.Linear(12, 6))
        model.load_state_dict(start.state_dict())
        return model, optimizers(model, 0.02)

    def learn(model: torch.nn.Module, chosen: list[torch.optim.Optimizer], number: int) -> None:
        update(model, chosen, (model(batches[number]) - batches[number]).square().mean())

    straight = learner()
    for number in (0, 1):
        learn(*straight, number)
    stopped = learner()
    learn(*stopped, 0)
    save_checkpoint(tmp_path / "stage", 1, *stopped)
    resumed = learner()
    assert load_checkpoint(tmp_path / "stage", *resumed) == 1
    learn(*resumed, 1)
    for name, weight in straight[0].state_dict().items():
        assert torch.equal(weight, resumed[0].state_dict()[name]), name
        assert not torch.equal(weight, stopped[0].state_dict()[name]), name


def test_the_running_mean_lies_between_the_weights_it_has_seen() -> None:
    model = torch.nn.Linear(3, 2)
    mean = RunningMean(model, decay=0.5)
    torch.nn.init.constant_(model.weight, 0.0)
    mean.start()
    kept = mean.pair["ema"].get_parameter("weight")
    for step, weight in ((100, 8.0), (101, 8.0)):
        torch.nn.init.constant_(model.weight, weight)
        mean.follow(step)
    assert kept.unique().tolist() == [6.0]
    assert not kept.requires_grad


def test_the_pattern_tells_every_place_from_every_other() -> None:
    grid = (5, 4, 6)
    tokens_ = diffusion.pattern(grid, 1.0)
    assert tokens_.shape == (5 * 4 * 6, CHANNELS)
    apart = torch.cdist(tokens_, tokens_) + 99 * torch.eye(len(tokens_))
    # Left and right, before and after, are as different as near and far.
    assert apart.min() > 0.5
    assert not diffusion.pattern(grid, 0.0).any()
    assert diffusion.pattern((1, 4, 6), 0.5).shape == (24, CHANNELS)


def test_what_noise_hides_first_is_fine_structure() -> None:
    strength = 1 / spreads()
    luma, chroma = strength[:LUMA], strength[LUMA : LUMA + CHROMA]
    assert strength.shape == (CHANNELS,)
    assert torch.all(luma.diff() <= 0)
    assert luma[0] > 2 * luma[-1]
    assert torch.all(chroma > luma[:CHROMA])


@pytest.mark.parametrize("shape", [(192, 128), (128, 192), (160, 160)])
def test_errors_count_most_where_the_caption_puts_the_subject(shape: tuple[int, int]) -> None:
    scene = replace(SCENE, place="place_left", motion="move_down", camera="camera_still")
    width, height = shape
    weights = pools.subject_weights(scene, shape, 33)
    grid = weights.reshape(5, height // 32, width // 32)
    assert float(weights.mean()) == pytest.approx(1, abs=1e-5)
    assert set(weights.unique().tolist()) == {float(weights.min()), float(weights.max())}
    assert float(weights.max() / weights.min()) == pytest.approx(pools.SUBJECT_WEIGHT)
    heavy = grid == weights.max()
    # It is on the left all the time, above at the beginning and below at the end.
    assert heavy[:, :, 0].any(dim=1).all()
    assert not heavy[:, :, -1].any()
    assert heavy[0, 0].any()
    assert heavy[-1, -1].any()
    assert not heavy[0, -1].any()
    # What only a seed decides must not be in it.
    moved = replace(scene, jitter=(3.0, 2.0), radius_factor=1.03, phase=(0.5, 0.5), turn=0.06)
    assert torch.equal(weights, pools.subject_weights(moved, shape, 33))


def test_the_pool_keeps_to_the_usual_format_until_it_is_told_otherwise() -> None:
    pool = pools.LatentPool(1, 0)
    assert {pool.batch(2, usual=True)[0] for _ in range(20)} == {0}
    seen = set()
    for _ in range(200):
        number, samples = pool.batch(2, usual=False)
        (width, height), frames, _ = pools.SHAPES[number]
        tokens_ = len(keyframes(frames)) * (height // 32) * (width // 32)
        assert {sample.video.shape for sample in samples} == {(tokens_, CHANNELS)}
        assert {sample.weight.shape for sample in samples} == {(tokens_,)}
        seen.add(number)
    assert seen == set(range(len(pools.SHAPES)))


def test_a_still_has_weights_too() -> None:
    assert pools.subject_weights(SCENE, (192, 128), 1).shape == (24,)


def test_a_small_pool_has_a_clip_of_every_size() -> None:
    pool = video_vae.ClipPool(1, 0)
    shapes = {tuple(pool.batch(1, 1, whole=True).shape[3:]) for _ in range(40)}
    assert shapes == {(128, 192), (192, 128), (160, 160)}


TINY = {
    "video-decoder": ("--pool", "3", "--batch", "1"),
    "video-encoder": ("--pool", "3", "--batch", "1"),
    "audio": (),
    "diffusion": ("--pool", "1", "--batch", "2", "--renew", "1"),
}


def train(stage: str, work: Path, steps: int) -> None:
    amount = ("--steps", str(steps), "--every", "1", *TINY[stage])
    main(["--work", str(work), "--threads", "1", stage, *amount])


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which every stage has done one step."""
    folder = tmp_path_factory.mktemp("mini-training")
    for stage in TINY:
        train(stage, folder, 1)
    return folder


@pytest.fixture(scope="module")
def assembled(work: Path) -> Path:
    """The model's folder, written over an older one in a package."""
    folder = work / "out"
    (folder / "vae").mkdir(parents=True)
    (folder / "vae" / "of_the_old_model.json").write_text("{}", encoding="utf-8")
    (folder / "vocabulary.py").write_text("", encoding="utf-8")
    main(["--work", str(work), "assemble", "--out", str(folder)])
    return folder


def steps_done(work: Path, stage: str) -> int:
    folder = work / stage.replace("-", "_")
    return torch.load(folder / "checkpoint.pt", weights_only=True)["step"]


def test_every_training_stage_is_tried_here() -> None:
    assert [stage.name for stage in STAGES] == [*TINY, "assemble"]


@pytest.mark.parametrize("stage", TINY)
def test_a_stage_can_begin_with_a_finished_model(
    work: Path, assembled: Path, tmp_path: Path, stage: str
) -> None:
    amount = ("--steps", "1", "--every", "1", "--lr", "1e-9", *TINY[stage])
    where = ("--work", str(tmp_path), "--threads", "1")
    main([*where, stage, "--start-from", str(assembled), *amount])
    folder = stage.replace("-", "_")
    old, new = (
        torch.load(root / folder / "checkpoint.pt", weights_only=True)["model"]
        for root in (work, tmp_path)
    )
    # Half precision is what the finished model keeps, and the step itself is next to nothing.
    kept = {
        name.replace("ema.", "model."): weight
        for name, weight in old.items()
        if "model." not in name and "latents_" not in name
    }
    for name, weight in kept.items():
        torch.testing.assert_close(new[name], weight, rtol=2e-3, atol=1e-4)


def test_parts_that_were_not_trained_are_taken_over(
    assembled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "again"
    where = ("--work", str(tmp_path / "empty"))
    main([*where, "assemble", "--out", str(target), "--start-from", str(assembled)])
    assert capsys.readouterr().out.count("taken over") == len(TINY)
    for file in assembled.rglob("*.safetensors"):
        old, new = load_file(file), load_file(target / file.relative_to(assembled))
        for name, weight in old.items():
            assert torch.equal(weight, new[name]), (file, name)


@pytest.mark.parametrize("stage", TINY)
def test_a_stage_leaves_a_checkpoint(work: Path, stage: str) -> None:
    assert steps_done(work, stage) >= 1


def test_a_stage_goes_on_where_it_was_and_stops_where_it_is_told(work: Path) -> None:
    train("audio", work, 2)
    assert steps_done(work, "audio") == 2
    written = (work / "audio" / "checkpoint.pt").stat().st_mtime_ns
    train("audio", work, 2)
    assert (work / "audio" / "checkpoint.pt").stat().st_mtime_ns == written


def test_diffusers_loads_the_folder_and_finds_the_trained_weights_in_16_bit(
    work: Path, assembled: Path
) -> None:
    pipe = LTX2ConditionPipeline.from_pretrained(
        assembled, dtype=torch.float16, local_files_only=True
    )
    kept = torch.load(work / "video_encoder" / "checkpoint.pt", weights_only=True)["model"]
    for name, weight in pipe.vae.encoder.state_dict().items():
        assert torch.equal(weight, kept[name].half()), name
    assert torch.equal(pipe.vae.latents_std, spreads().half())
    assert heard(pipe.tokenizer, "a scarlet orb") == ["red", "ball"]


def test_the_folder_holds_16_bit_weights_and_nothing_of_the_model_before(assembled: Path) -> None:
    weights = sorted(assembled.rglob("*.safetensors"))
    assert {file.parent.name for file in weights} == {
        "audio_vae",
        "connectors",
        "text_encoder",
        "transformer",
        "vae",
        "vocoder",
    }
    for file in weights:
        kinds = {tensor.dtype for tensor in load_file(file).values() if tensor.is_floating_point()}
        assert kinds == {torch.float16}, file
        assert file.stat().st_mode & 0o444 == 0o444
    assert {path.name for path in assembled.iterdir()} == {
        *(file.parent.name for file in weights),
        "model_index.json",
        "scheduler",
        "sha256.json",
        "tokenizer",
        "vocabulary.py",
    }
    assert not (assembled / "vae" / "of_the_old_model.json").exists()


def test_the_audio_encoder_is_what_the_seed_makes_of_it(work: Path) -> None:
    model = audio.Sound()
    load_checkpoint(work / "audio", model)
    seed = parse(["assemble"]).seed
    for name, weight in audio.build(seed).vae.encoder.state_dict().items():
        assert torch.equal(weight, model.vae.encoder.state_dict()[name]), name


def test_the_help_names_the_stages_in_their_order(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    order = capsys.readouterr().out.split("order of the stages")[1]
    places = [order.index(f"\n  {stage.name} ") for stage in STAGES]
    assert places == sorted(places)
