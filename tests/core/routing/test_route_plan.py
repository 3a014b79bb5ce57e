"""A list of targets before anything starts: order, prices, and why one is ruled out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.config.settings import RenderSettings
from core.errors import UnsupportedRequest
from core.routing.route_plan import Fallbacks, parse_fallbacks, route_sentences
from core.video.provider import NotReady
from core.video.request import FrameRequest, Input, RenderRequest, Sampling
from core.video.terms import FallbackTarget, Role, Target
from tests.core.routing.conftest import FIRST, LOCAL, SECOND, Services, at
from tests.fakes.services.cloud_provider import CLOUD_KEY

if TYPE_CHECKING:
    from pathlib import Path

    from core.studio import Studio
    from core.video.planning.render_planner import PlannedRender


def planned(
    studio: Studio,
    *targets: FallbackTarget,
    to_paid: bool = True,
    target: Target = LOCAL,
    **parts: object,
) -> PlannedRender:
    parts = {"sampling": Sampling(seed=5), **parts}
    request = RenderRequest.model_validate({"target": target, "prompt": "a red ball", **parts})
    return studio.plan(request, fallbacks=Fallbacks(targets, to_paid=to_paid))


def reasons(found: PlannedRender) -> dict[str, str]:
    return {str(one.target): one.reason for one in found.refused}


def test_the_list_is_shown_in_its_order_with_prices_before_anything_starts(
    studio: Studio, services: Services
) -> None:
    found = planned(studio, at(FIRST, 0.5), at(SECOND))
    assert found.plan.target == LOCAL
    assert [one.plan.target for one in found.fallbacks] == [FIRST, SECOND]
    assert [one.plan.cost_usd for one in found.fallbacks] == pytest.approx([0.04, 0.04], abs=0.01)
    (line,) = route_sentences(found)
    assert line == (
        "If it cannot be made there: Cloud Full (cloud/fake/cloud-full), $0.04 (at most $0.50); "
        "then Cloud Full (cloud/second/cloud-full), $0.04."
    )
    assert services.purchases == (0, 0)


def test_nobody_is_asked_unless_named(studio: Studio) -> None:
    found = planned(studio)
    assert (found.fallbacks, found.refused, route_sentences(found)) == ((), (), ())


def test_from_free_to_paid_goes_nothing_unless_it_is_switched_on(studio: Studio) -> None:
    found = planned(studio, at(FIRST), to_paid=False)
    assert found.fallbacks == ()
    assert "takes money" in reasons(found)[str(FIRST)]
    assert "--fallback-to-paid" in route_sentences(found)[0]


def test_paid_targets_follow_each_other_until_a_free_one_came(studio: Studio) -> None:
    found = planned(studio, at(SECOND), target=FIRST, to_paid=False)
    assert [one.plan.target for one in found.fallbacks] == [SECOND]
    found = planned(studio, at(LOCAL), at(SECOND), target=FIRST, to_paid=False)
    assert [one.plan.target for one in found.fallbacks] == [LOCAL]
    assert "takes money" in reasons(found)[str(SECOND)]


def test_a_price_over_its_limit_is_ruled_out(studio: Studio) -> None:
    found = planned(studio, at(FIRST, 0.01), at(SECOND, 0.05))
    assert reasons(found) == {str(FIRST): "It costs $0.04, which is over its limit of $0.01."}
    assert [one.plan.target for one in found.fallbacks] == [SECOND]


def test_an_unknown_price_holds_no_limit(studio: Studio) -> None:
    unpriced = FIRST.with_model("cloud-unpriced")
    found = planned(studio, at(unpriced, 5.0))
    assert "not known" in reasons(found)[str(unpriced)]
    without = planned(studio, at(unpriced))
    assert without.most_usd is None
    assert "price unknown" in route_sentences(without)[0]


def test_what_is_not_installed_is_passed_over_at_once(studio: Studio) -> None:
    found = planned(studio, at(FIRST), at(SECOND), target=LOCAL.with_model("fake-full"))
    assert found.plan.passed_over == ()
    found = planned(studio, at(FIRST), at(LOCAL), target=LOCAL.with_model("fake-big"))
    (passed,) = found.plan.passed_over
    assert (passed.target.model, passed.reason) == ("fake-big", "Fake Big is not installed.")
    assert found.plan.target == FIRST
    assert [one.plan.target for one in found.fallbacks] == [LOCAL]


def test_with_the_network_off_what_is_elsewhere_is_passed_over(studio: Studio) -> None:
    studio.registry.network.is_off = True
    found = planned(studio, at(SECOND), at(LOCAL), target=FIRST)
    assert found.plan.target == LOCAL
    assert ["network" in one.reason for one in found.plan.passed_over] == [True, True]


def test_without_its_key_a_service_is_ruled_out(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(CLOUD_KEY.variables[0])
    found = planned(studio, at(FIRST))
    assert reasons(found) == {str(FIRST): "Renders at Fake Cloud need its key."}


def test_where_none_can_start_the_asked_one_says_what_it_lacks(studio: Studio) -> None:
    found = planned(studio, at(FIRST, 0.01), target=LOCAL.with_model("fake-big"))
    assert isinstance(found.readiness, NotReady)
    assert found.plan.target.model == "fake-big"
    assert set(reasons(found)) == {str(FIRST)}


def test_what_a_target_does_not_take_rules_it_out(studio: Studio, tmp_path: Path) -> None:
    from PIL import Image

    image = tmp_path / "one.png"
    Image.new("RGB", (96, 64)).save(image)
    ends = [Input(role=role, path=image) for role in (Role.START, Role.END)]
    found = planned(studio, at(LOCAL), target=FIRST, inputs=ends)
    assert "end image" in reasons(found)[str(LOCAL)]


def test_a_fallback_takes_the_nearest_values_and_says_so(studio: Studio) -> None:
    found = planned(studio, at(FIRST), frame=FrameRequest(fps=8))
    (fallback,) = found.fallbacks
    assert (fallback.plan.fps, fallback.plan.seed) == (24, 5)
    assert any("in place of 8" in note for note in fallback.plan.notes)


def test_a_drawn_seed_is_that_of_the_first_plan(studio: Studio) -> None:
    found = planned(studio, at(FIRST), sampling=Sampling())
    assert found.fallbacks[0].plan.seed == found.plan.seed


def test_a_target_that_stands_before_is_not_tried_twice(studio: Studio) -> None:
    found = planned(studio, at(LOCAL), at(FIRST), at(FIRST, 0.5))
    assert [one.plan.target for one in found.fallbacks] == [FIRST]
    assert reasons(found) == {
        str(LOCAL): "It stands before in the list.",
        str(FIRST): "It stands before in the list.",
    }


def test_words_become_targets_with_limits_and_every_mistake_is_told(studio: Studio) -> None:
    texts = ["cloud/fake@0.5", "cloud/second/cloud-full", "cloud/fke", "cloud/fake@much"]
    found = parse_fallbacks(texts, studio.registry)
    assert list(map(str, found.targets)) == ["cloud/fake/auto@0.50", "cloud/second/cloud-full"]
    assert ["fke" in str(found.problems[0]), "'@'" in str(found.problems[1])] == [True, True]


@pytest.mark.parametrize("text", ["cloud/fake@", "cloud/fake@-1", "cloud/fake@inf", "cloud@1"])
def test_a_limit_is_an_amount_of_money(text: str) -> None:
    with pytest.raises(UnsupportedRequest):
        FallbackTarget.parse(text)


def test_the_settings_keep_the_list_as_text() -> None:
    settings = RenderSettings(fallbacks=" cloud/fake@0.5,cloud/second/cloud-full ")
    assert settings.fallbacks == "cloud/fake/auto@0.50, cloud/second/cloud-full"
    assert Fallbacks.of(settings) == Fallbacks((at(FIRST.with_model("auto"), 0.5), at(SECOND)))
