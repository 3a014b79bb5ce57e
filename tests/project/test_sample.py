from __future__ import annotations

from datetime import UTC, datetime

from core.project.render.requests import scene_request
from core.project.storyboard.sample import sample_project, sample_storyboard
from core.video.planning.clip_plan import make_plan
from providers.ltx_video.mini.caption import mini_caption
from providers.ltx_video.mini.vocabulary import Attribute, read
from providers.ltx_video.models.catalog import BY_ID

PROJECT = sample_project(datetime(2026, 3, 1, tzinfo=UTC))


def test_the_sample_has_four_short_scenes_and_nothing_to_complain_about() -> None:
    board = sample_storyboard()
    assert [draft.title for draft in board.drafts] == ["Dawn", "Noon", "Dusk", "Night"]
    assert board.total_s == 8
    assert board.notes == ()


def test_the_built_in_model_draws_every_word_of_it() -> None:
    for scene in PROJECT.scenes:
        said = mini_caption(scene.prompt, 1, has_image=False, has_camera=False)
        assert (said.text, said.notes) == (scene.prompt, ())
        assert read(scene.prompt).value(Attribute.KIND)


def test_every_scene_plans_as_it_stands_for_nothing() -> None:
    spec = BY_ID["ltx-mini"].spec
    for scene in PROJECT.scenes:
        sent = scene_request(PROJECT, scene, spec)
        plan = make_plan(sent.request, spec)
        assert sent.left_out == ()
        assert plan.cost_usd == 0
        assert plan.duration_s < 2.2
