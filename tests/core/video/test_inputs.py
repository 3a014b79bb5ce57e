"""The files that a request names, of every role."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image

from core.errors import UnsupportedRequest
from core.jobs.job import CancelToken
from core.media.ffmpeg import run_ffmpeg
from core.video.inputs import ROLES, MediaType, check_inputs, field_of, limit_problems
from core.video.request import Input, RenderRequest
from core.video.terms import Role, Target
from tests.fakes.loras import smallest_lora
from tests.fakes.provider import FULL

TARGET = Target(provider="fake", deployment="local", model="fake-full")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[MediaType, Path]:
    folder = tmp_path_factory.mktemp("inputs")
    made = {
        MediaType.IMAGE: folder / "a.png",
        MediaType.VIDEO: folder / "a.mp4",
        MediaType.AUDIO: folder / "a.wav",
        MediaType.LORA: folder / "a.safetensors",
        MediaType.WORKFLOW: folder / "a.json",
    }
    made[MediaType.WORKFLOW].write_text("{}", encoding="utf-8")
    Image.new("RGB", (40, 30)).save(made[MediaType.IMAGE])
    run_ffmpeg(
        ["-f", "lavfi", "-i", "color=size=64x48:duration=2", str(made[MediaType.VIDEO])],
        CancelToken(),
    )
    run_ffmpeg(["-f", "lavfi", "-i", "sine=duration=3", str(made[MediaType.AUDIO])], CancelToken())
    smallest_lora(made[MediaType.LORA])
    return made


def ask(*inputs: Input) -> RenderRequest:
    return RenderRequest(target=TARGET, prompt="a red ball", inputs=inputs)


def test_a_file_of_every_role_is_read_for_its_size_and_length(
    files: dict[MediaType, Path],
) -> None:
    inputs = [Input(role=role, path=files[info.media]) for role, info in ROLES.items()]
    known = check_inputs(ask(*inputs))
    sizes = {MediaType.IMAGE: (40, 30), MediaType.VIDEO: (64, 48)}
    assert known.sizes == {
        role: sizes[info.media] for role, info in ROLES.items() if info.media in sizes
    }
    videos = sum(info.media is MediaType.VIDEO for info in ROLES.values())
    assert known.length_s == pytest.approx(2 * videos + 3, abs=0.2)


def test_every_role_has_its_words() -> None:
    assert set(ROLES) == set(Role)
    assert len({info.name for info in ROLES.values()}) == len(ROLES)
    assert "at most 1 LoRA, and 2" in ROLES[Role.LORA].refusal(2, 1, "Mini")
    assert "at most 3 reference images, and 4" in ROLES[Role.REFERENCE].refusal(4, 3, "Mini")


@pytest.mark.parametrize("role", Role)
def test_what_is_wrong_with_a_file_is_said_by_its_role(
    role: Role, files: dict[MediaType, Path], tmp_path: Path
) -> None:
    info = ROLES[role]
    right = files[info.media]
    empty = tmp_path / f"empty{right.suffix}"
    empty.touch()
    folder = tmp_path / f"folder{right.suffix}"
    folder.mkdir()
    bad = [tmp_path / f"gone{right.suffix}", empty, folder]
    with pytest.raises(UnsupportedRequest) as caught:
        check_inputs(ask(*(Input(role=role, path=path) for path in bad)))
    problems = caught.value.problems
    assert [problem.field for problem in problems] == [field_of(role)] * 3
    for problem, path in zip(problems, bad, strict=True):
        assert info.name in problem.message
        assert repr(str(path)) in problem.message
        assert problem.message.endswith((".", "?"))


def test_a_video_without_a_picture_and_one_without_sound_are_refused_for_what_they_lack(
    files: dict[MediaType, Path],
) -> None:
    with pytest.raises(UnsupportedRequest) as caught:
        check_inputs(
            ask(
                Input(role=Role.EXTEND_VIDEO, path=files[MediaType.AUDIO]),
                Input(role=Role.AUDIO, path=files[MediaType.VIDEO]),
            )
        )
    video, audio = (problem.message for problem in caught.value.problems)
    assert "holds no video" in video
    assert "holds no audio" in audio


RECORDINGS = [
    role for role, info in ROLES.items() if info.media in (MediaType.VIDEO, MediaType.AUDIO)
]


def refusal(role: Role, path: Path) -> str:
    with pytest.raises(UnsupportedRequest) as caught:
        check_inputs(ask(Input(role=role, path=path)))
    (problem,) = caught.value.problems
    assert problem.field == field_of(role)
    return problem.message


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same three seconds of picture and sound in files of several kinds."""
    folder = tmp_path_factory.mktemp("whole")
    source = ["-f", "lavfi", "-i", "testsrc2=s=64x48:r=16:d=3", "-f", "lavfi", "-i", "sine=d=3"]
    options = {"mp4": ["-movflags", "+faststart"], "mkv": [], "webm": [], "mov": []}
    made = {kind: folder / f"a.{kind}" for kind in options}
    for kind, words in options.items():
        run_ffmpeg([*source, *words, "-pix_fmt", "yuv420p", str(made[kind])], CancelToken())
    return made


@pytest.mark.parametrize("role", RECORDINGS)
@pytest.mark.parametrize("kind", ["mp4", "mkv", "webm"])
def test_a_recording_that_is_cut_off_is_called_so(
    role: Role, kind: str, whole: dict[str, Path], tmp_path: Path
) -> None:
    check_inputs(ask(Input(role=role, path=whole[kind])))
    content = whole[kind].read_bytes()
    half = tmp_path / f"half.{kind}"
    half.write_bytes(content[: len(content) // 2])
    message = refusal(role, half)
    assert re.search(r"'half\.\w+' is cut off: [012]\.\d\d of its 3\.\d\d s are there", message)
    assert message.endswith("Get a whole copy of it.")


@pytest.mark.parametrize("role", RECORDINGS)
def test_a_recording_without_the_table_at_its_end_is_damaged(
    role: Role, whole: dict[str, Path], tmp_path: Path
) -> None:
    half = tmp_path / "half.mov"
    half.write_bytes(whole["mov"].read_bytes()[:5000])
    assert "it is damaged or cut off" in refusal(role, half)


@pytest.mark.parametrize("role", RECORDINGS)
@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "a.mp4"])
def test_an_image_in_place_of_a_recording_is_called_one(
    role: Role, name: str, tmp_path: Path
) -> None:
    image = tmp_path / name
    kind = "PNG" if name == "a.mp4" else None
    Image.new("RGB", (64, 48), "red").save(image, format=kind)
    assert f"{str(image)!r} is an image. Name a " in refusal(role, image)


@pytest.mark.parametrize("role", RECORDINGS)
@pytest.mark.parametrize("letters", ["a boat", "Grüße, 船", "\n"])
def test_a_text_in_place_of_a_recording_is_called_one(
    role: Role, letters: str, tmp_path: Path
) -> None:
    text = tmp_path / "a.mp4"
    text.write_text(letters * 3000, encoding="utf-8")
    assert "it is a text, not media" in refusal(role, text)


def test_a_gif_of_one_frame_is_no_video(tmp_path: Path) -> None:
    image = tmp_path / "a.gif"
    Image.new("RGB", (64, 48), "red").save(image)
    assert "is a single picture. Name a video." in refusal(Role.SOURCE_VIDEO, image)


def test_more_of_a_role_than_the_model_takes_is_refused_once_for_the_role() -> None:
    request = ask(*(Input(role=role, path=Path("x")) for role in (*Role, *Role)))
    found = {problem.field: problem.message for problem in limit_problems(request, FULL)}
    assert set(found) == {field_of(role) for role in Role if FULL.limit(role) < 2}
    assert "at most 1 start image, and 2 are given. Leave 1 out." in found["inputs.start"]
    assert "takes no masks. Leave them out" in found["inputs.mask"]
