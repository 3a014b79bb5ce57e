"""Wildcards on their way: a prompt is drawn once, kept as typed and as drawn, and made again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from core.errors import UnsupportedRequest
from core.jobs.job import Succeeded
from core.platform.paths import Paths
from core.project.render.rerender import plan_again
from core.routing.route_plan import Fallbacks
from core.video.record import read_settings_of
from core.video.request import MAX_SEED, FrameRequest, RenderRequest
from core.video.terms import FallbackTarget, OutputKind
from tests.fakes.provider import SMALL

if TYPE_CHECKING:
    from pathlib import Path

    from core.studio import Studio
    from core.video.record import ClipRecord


@pytest.fixture
def request_small(request_small: RenderRequest) -> RenderRequest:
    return request_small.model_copy(
        update={"output": OutputKind.IMAGE, "prompt": "a {red|blue|green|black|white} ball"}
    )


def seeded(
    request: RenderRequest, seed: int | None, wildcard_seed: int | None = None
) -> RenderRequest:
    sampling = request.sampling.model_copy(update={"seed": seed})
    return request.model_copy(update={"sampling": sampling, "wildcard_seed": wildcard_seed})


def make(studio: Studio, request: RenderRequest, out: Path) -> ClipRecord:
    job = studio.submit_render(studio.plan(request, out=out))
    outcome = studio.queue.run_job(job)
    assert isinstance(outcome, Succeeded), outcome
    record = read_settings_of(out)
    assert record is not None
    return record


def test_the_seed_decides_the_words_and_the_record_keeps_both(
    studio: Studio, request_small: RenderRequest, tmp_path: Path
) -> None:
    first = make(studio, seeded(request_small, 7), tmp_path / "a.png")
    second = make(studio, seeded(request_small, 7), tmp_path / "b.png")

    assert first.request.typed_prompt == request_small.prompt
    assert first.request.prompt == first.prompt == second.prompt
    assert first.prompt.split()[1] in ("red", "blue", "green", "black", "white")
    assert (first.seed, first.request.wildcard_seed) == (7, 7)
    note = f"With wildcard seed 7 the prompt is: {first.prompt}"
    assert note in first.notes


def test_without_a_seed_one_is_drawn_that_gives_words_and_image(
    studio: Studio, request_small: RenderRequest
) -> None:
    plan = studio.plan(seeded(request_small, None)).plan
    assert plan.seed == plan.request.wildcard_seed
    again = studio.plan(seeded(request_small, plan.seed)).plan
    assert (again.prompt, again.seed) == (plan.prompt, plan.seed)


def test_a_seed_of_their_own_changes_the_words_alone(
    studio: Studio, request_small: RenderRequest
) -> None:
    plans = [studio.plan(seeded(request_small, 5, number)).plan for number in range(12)]
    assert {plan.seed for plan in plans} == {5}
    assert len({plan.prompt for plan in plans}) > 2


def test_a_seed_for_words_that_are_not_there_is_told(
    studio: Studio, request_small: RenderRequest
) -> None:
    request = seeded(request_small, 5, 6).model_copy(update={"prompt": "a ball"})
    assert "no wildcards for that seed" in " ".join(studio.plan(request).plan.notes)


def test_each_of_several_has_words_of_its_own(studio: Studio, request_small: RenderRequest) -> None:
    for request in (seeded(request_small, 3), seeded(request_small, 5, MAX_SEED)):
        plans = [studio.plan(one).plan for one in request.several(8)]
        assert len({plan.prompt for plan in plans}) > 1
    assert [one.wildcard_seed for one in request.several(3)] == [MAX_SEED, 0, 1]


def test_made_again_it_has_the_same_words_whatever_became_of_the_lists(
    studio: Studio, request_small: RenderRequest, tmp_path: Path
) -> None:
    lists = studio.paths.wildcards_dir
    lists.mkdir(parents=True)
    (lists / "things.txt").write_text("kite\nboat\nlamp\n")
    request = request_small.model_copy(update={"prompt": "a __things__ {x|y}"})
    first = make(studio, seeded(request, None), tmp_path / "a.png")
    (lists / "things.txt").unlink()

    again = plan_again(studio, first)

    assert (again.plan.prompt, again.plan.seed) == (first.prompt, first.seed)
    assert again.plan.request.typed_prompt == request.prompt
    studio.queue.run_job(studio.submit_render(again))
    with Image.open(tmp_path / "a.png") as one, Image.open(again.output.path) as two:
        assert np.array_equal(np.asarray(one), np.asarray(two))


def test_what_is_wrong_with_wildcards_is_told_with_all_else(
    studio: Studio, request_small: RenderRequest, tmp_path: Path
) -> None:
    request = request_small.model_copy(
        update={"prompt": "a {red ball", "frame": FrameRequest(resolution="9000p")}
    )
    with pytest.raises(UnsupportedRequest) as caught:
        studio.plan(request, out=tmp_path / "none" / "ball.png")
    assert [problem.field for problem in caught.value.problems] == [
        "prompt",
        "frame.resolution",
        "out",
    ]


def test_words_that_are_too_many_for_the_model_are_refused_as_drawn(
    studio: Studio, request_small: RenderRequest
) -> None:
    long = " ".join(["word"] * (SMALL.max_prompt_tokens + 1))
    request = request_small.model_copy(update={"prompt": f"{{{long}|{long}}}"})
    with pytest.raises(UnsupportedRequest, match=str(SMALL.max_prompt_tokens)):
        studio.plan(request)


def test_whoever_makes_it_otherwise_gets_the_same_words(
    studio: Studio, request_small: RenderRequest
) -> None:
    target = request_small.target.with_model("fake-full")
    fallbacks = Fallbacks((FallbackTarget(target=target),), to_paid=True)
    for _ in range(6):
        planned = studio.plan(seeded(request_small, None), fallbacks=fallbacks)
        (other,) = planned.fallbacks
        assert other.plan.request.prompt == planned.plan.request.prompt


def test_a_clip_has_them_too_and_bars_beside_braces_stay_its_parts(
    studio: Studio, request_small: RenderRequest
) -> None:
    clip = request_small.model_copy(
        update={"output": OutputKind.VIDEO, "prompt": "a { red | blue } ball"}
    )
    assert studio.plan(clip).plan.prompt in ("a red ball", "a blue ball")
    parts = clip.model_copy(update={"prompt": "a {red|blue} ball | it bursts"})
    with pytest.raises(UnsupportedRequest, match="takes one prompt"):
        studio.plan(parts)


def test_the_folder_of_lists_is_a_setting(
    studio: Studio, request_small: RenderRequest, tmp_path: Path
) -> None:
    own = tmp_path / "mine"
    own.mkdir()
    (own / "things.txt").write_text("kite\n")
    request = request_small.model_copy(update={"prompt": "a __things__"})
    with pytest.raises(UnsupportedRequest, match="There is no list of words named 'things'"):
        studio.plan(request)

    folders = studio.settings.folders.model_copy(update={"wildcards": own})
    studio.apply_settings(studio.settings.model_copy(update={"folders": folders}))

    assert studio.plan(request).plan.prompt == "a kite"
    assert studio.usual_folders["folders.wildcards"] == Paths.below(tmp_path / "home").wildcards_dir
