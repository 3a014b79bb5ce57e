"""Characters of a project: how a model gets to know them, and that nothing of them is lost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from core.jobs.job import CancelToken
from core.project.files.collect_media import collect_media
from core.project.files.media import missing_media, take_over_frames
from core.project.files.media_uses import media_of
from core.project.files.package import package, unpack
from core.project.files.project_file import read_project
from core.project.files.project_json import LoadedProject, parse_project, project_text
from core.project.model.character_edits import scenes_with, with_character, without_character
from core.project.model.characters import Character, CharacterKind, write_out
from core.project.model.edits import with_made_frame, with_start_frame
from core.project.model.project import Scene, VideoProject
from core.project.render.references import choose_references, write_prompt
from core.project.render.requests import scene_request
from core.video.request import RenderChoices
from core.video.terms import Role
from tests.fakes.provider import FULL, SMALL
from tests.fakes.references import make_image, make_references
from tests.project.projects import NOW, made_project

if TYPE_CHECKING:
    from pathlib import Path

    from core.video.spec import ModelSpec

SOFT = FULL.model_copy(update={"reference_strength": 0.5})


def film(folder: Path, *prompts: str, **more: object) -> VideoProject:
    """Anna has three images, Bob one, the harbour a sentence alone; Noir is a style."""
    images = make_references(folder, "face", "coat", "back", "bob", "grain")
    characters = (
        Character(id="a", name="Anna", sentence="a tall woman", images=images[:3]),
        Character(id="b", name="Bob", sentence="Bob is a sailor.", images=images[3:4]),
        Character(id="h", name="Harbour", kind=CharacterKind.PLACE, sentence="grey stone piers"),
        Character(
            id="n", name="Noir", kind=CharacterKind.STYLE, sentence="Black and white film",
            images=images[4:],
        ),
    )  # fmt: skip
    scenes = tuple(Scene(id=f"s{place}", prompt=text) for place, text in enumerate(prompts))
    return VideoProject(
        id="p", name="P", created_at=NOW, characters=characters, scenes=scenes,
        render=RenderChoices(), **more,  # type: ignore[arg-type] - fields by name
    )  # fmt: skip


def written(project: VideoProject, spec: ModelSpec = FULL, scene: int = 0) -> str:
    return write_prompt(project, project.scenes[scene], spec).prompt


def notes(project: VideoProject, spec: ModelSpec = FULL) -> list[str]:
    return list(write_prompt(project, project.scenes[0], spec).notes)


def sent(project: VideoProject, spec: ModelSpec = FULL) -> list[str]:
    chosen = choose_references(project, project.scenes[0], spec)
    return [item.reference.name for item in chosen if item.is_sent]


def test_images_go_along_where_the_model_takes_them(tmp_path: Path) -> None:
    project = film(tmp_path, "@Anna walks")
    assert sent(project) == ["face", "coat", "back"]
    assert written(project) == "Anna walks. Reference images 1, 2 and 3 show Anna."
    assert notes(project) == ["@Anna goes along as reference images 1, 2 and 3."]
    request = scene_request(project, project.scenes[0], FULL).request
    assert [item.path.name for item in request.of_role(Role.REFERENCE)] == [
        "face.png", "coat.png", "back.png",
    ]  # fmt: skip


def test_the_sentence_stands_in_the_prompt_where_it_takes_none(tmp_path: Path) -> None:
    project = film(tmp_path, "@Anna meets @Bob at the @Harbour!")
    said = "Anna meets Bob at the Harbour! Anna: a tall woman. Bob is a sailor."
    assert written(project, SMALL) == f"{said} Harbour: grey stone piers."
    assert notes(project, SMALL) == [
        "@Anna: no image of it is sent, and its sentence stands in the prompt. "
        "Fake Small takes no reference images.",
        "@Bob: no image of it is sent, and its sentence stands in the prompt. "
        "Fake Small takes no reference images.",
        "@Harbour has no images: its sentence stands in the prompt.",
    ]


def test_each_has_one_before_any_has_two_and_the_rest_is_told(tmp_path: Path) -> None:
    own = make_references(tmp_path / "own", "ship")
    project = film(tmp_path, "@Anna meets @Bob", references=make_references(tmp_path, "gull"))
    scene = project.scenes[0].model_copy(update={"references": own})
    project = project.with_scene(scene)
    assert sent(project) == ["ship", "face", "bob"]
    assert written(project).endswith("Reference image 2 shows Anna. Reference image 3 shows Bob.")
    left = [note for note in notes(project) if "is not sent" in note]
    assert left == [
        f"Reference '{name}.png' is not sent: Fake Full takes at most 3."
        for name in ("coat", "back", "gull")
    ]
    two = FULL.model_copy(update={"inputs": {**FULL.inputs, Role.REFERENCE: 2}})
    assert sent(project, two) == ["ship", "face"]
    assert "Bob is a sailor." in written(project, two)
    assert any("@Bob: no image of it is sent" in note for note in notes(project, two))


def test_a_model_that_makes_frames_of_images_reads_the_sentence_too(tmp_path: Path) -> None:
    project = film(tmp_path, "@Bob waits")
    assert written(project, SOFT) == "Bob waits. Bob is a sailor."
    (note,) = notes(project, SOFT)
    assert "Fake Full has no use of its own for reference images" in note
    assert sent(project, SOFT) == ["bob"]


def test_a_style_is_added_in_words_wherever_it_is_chosen(tmp_path: Path) -> None:
    project = film(tmp_path, "A gull", "@Noir. A gull")
    assert written(project) == "A gull"
    assert written(project, SMALL, 1) == "Noir. A gull. Black and white film."
    noir = project.characters[3].model_copy(update={"is_everywhere": True})
    project = with_character(project, noir)
    assert written(project, SMALL) == "A gull. Black and white film."
    said = "Reference image 1 shows the style Noir. Black and white film."
    assert written(project) == f"A gull. {said}"
    apart = project.scenes[0].model_copy(update={"uses_global_references": False})
    assert written(project.with_scene(apart)) == "A gull"


def test_each_part_of_a_prompt_is_told_of_those_that_it_names(tmp_path: Path) -> None:
    project = film(tmp_path, "@Bob waits | 2: a gull | @Anna comes")
    assert written(project, SMALL) == (
        "Bob waits. Bob is a sailor. | 2: a gull | Anna comes. Anna: a tall woman."
    )


def test_names_that_nobody_has_are_told_once_with_the_nearest(tmp_path: Path) -> None:
    project = film(tmp_path, "@Ana and @ana, me@example.com, @@home and @Bob")
    found = write_prompt(project, project.scenes[0], FULL)
    (problem,) = found.problems
    assert "There is no character named 'Ana'. Did you mean 'Anna'?" in problem.message
    assert "write '@@Ana' where the @ itself is meant" in problem.message
    assert "me@example.com, @home and Bob" in found.prompt


def test_an_image_that_is_gone_is_told_and_the_next_one_sent(tmp_path: Path) -> None:
    project = film(tmp_path, "@Anna walks")
    (tmp_path / "face.png").unlink()
    assert sent(project) == ["coat", "back"]
    assert "Reference 'face.png' is not sent: The file is missing." in notes(project)


def test_an_own_reference_comes_first_though_it_is_the_projects_too(tmp_path: Path) -> None:
    gull, ship = make_references(tmp_path, "gull", "ship")
    scene = Scene(id="s", prompt="x", references=(ship,))
    assert scene.get_effective_reference_images((gull, ship)) == (ship, gull)


def test_another_sentence_makes_the_clips_of_a_character_out_of_date(
    tmp_path: Path,
) -> None:
    project = film(tmp_path, "@Anna walks", "A gull")
    before = [scene_request(project, one, SMALL).fingerprint for one in project.scenes]
    anna = project.characters[0].model_copy(update={"sentence": "a short woman"})
    changed = with_character(project, anna)
    after = [scene_request(changed, one, SMALL).fingerprint for one in changed.scenes]
    assert [one != other for one, other in zip(before, after, strict=True)] == [True, False]


def test_a_new_name_stands_in_every_prompt_and_means_the_same(tmp_path: Path) -> None:
    project = film(tmp_path, "@anna and @Bob", "A gull", "@[Anna]s")
    assert scenes_with(project, "a") == (1, 3)
    renamed = with_character(project, project.characters[0].model_copy(update={"name": "Eve"}))
    assert [one.prompt for one in renamed.scenes] == ["@Eve and @Bob", "A gull", "@[Eve]s"]
    gone = without_character(renamed, "a")
    assert [one.prompt for one in gone.scenes] == ["Eve and @Bob", "A gull", "Eves"]


def test_prompts_of_earlier_projects_mean_what_they_meant(tmp_path: Path) -> None:
    prompts = ("a sign with @home on it", "me@example.com", "@@ and @", "@Anna")
    scenes = [{"id": f"s{place}", "prompt": text} for place, text in enumerate(prompts)]
    stored = {
        "schema_version": 2,
        "project": {"id": "p", "name": "P", "created_at": NOW.isoformat(), "scenes": scenes},
    }
    read = parse_project(json.dumps(stored).encode(), tmp_path)
    assert isinstance(read, LoadedProject)
    assert read.notes == ()
    anna = (Character(id="a", name="Anna"),)
    assert tuple(write_out(one.prompt, anna) for one in read.project.scenes) == prompts
    again = parse_project(project_text(read.project, tmp_path).encode(), tmp_path)
    assert isinstance(again, LoadedProject)
    assert again.project == read.project


def test_names_that_an_edit_by_hand_made_useless_are_mended_and_told(tmp_path: Path) -> None:
    characters = [
        {"id": "a", "name": "Anna"}, {"id": "a", "name": "anna"}, {"id": "b", "name": "@"},
    ]  # fmt: skip
    stored = {
        "schema_version": 3,
        "project": {
            "id": "p", "name": "P", "created_at": NOW.isoformat(), "characters": characters,
        },
    }  # fmt: skip
    read = parse_project(json.dumps(stored).encode(), tmp_path)
    assert isinstance(read, LoadedProject)
    found = read.project.characters
    assert [one.name for one in found] == ["Anna", "Character 2", "Character 3"]
    assert len({one.id for one in found}) == 3
    assert len(read.notes) == 2


def test_a_package_carries_images_of_characters_and_start_frames_with_their_records(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "film"
    project = film(tmp_path / "pictures", "@Anna walks", "A gull")
    made_project(folder, "film")
    frames = [make_image(folder / "frames" / f"scene_001_start_{n}.png") for n in range(2)]
    for frame in frames:
        frame.with_suffix(".json").write_text("{}")
    for frame in frames:
        project = with_start_frame(project, "s0", frame)
    project = with_made_frame(project, "gone", make_image(folder / "frames" / "old.png"))
    names = {use.what for use in media_of(project)}
    assert {"image of Anna", "start frame", "other start frame"} <= names
    (frames[0]).rename(tmp_path / "aside.png")
    assert [use.what for use in missing_media(project)] == ["other start frame"]
    (tmp_path / "aside.png").rename(frames[0])
    collected = collect_media(project, folder, tmp_path / "there")
    places = {str(file.place) for file in collected.files}
    assert {"frames/scene_001_start_0.png", "frames/scene_001_start_0.json"} <= places
    assert "inputs/face.png" in places
    package(project, folder, tmp_path / "film.zip", CancelToken())
    unpack(tmp_path / "film.zip", tmp_path / "unpacked", CancelToken())
    unpacked = read_project(tmp_path / "unpacked").project
    assert not missing_media(unpacked)
    image = unpacked.characters[0].images[0].path
    assert image == tmp_path / "unpacked" / "inputs" / "face.png"
    start = unpacked.scenes[0].start_image
    assert start is not None
    assert start.with_suffix(".json").is_file()


def test_a_start_frame_is_put_in_place_and_what_was_there_stays_known(tmp_path: Path) -> None:
    project = film(tmp_path, "A gull", "A boat")
    own, first, second = (tmp_path / name for name in ("own.png", "1.png", "2.png"))
    scene = project.scenes[0].model_copy(update={"start_image": own})
    project = project.with_scene(scene)
    project = with_start_frame(with_start_frame(project, "s0", first), "s0", second)
    assert project.scenes[0].start_image == second
    assert project.start_frames == {"s0": (own, first, second)}
    linked = project.scenes[1].model_copy(update={"continues": True})
    project = with_start_frame(project.with_scene(linked), "s1", first)
    assert project.scenes[1].start_image is None
    assert project.scenes[1].continues
    assert project.start_frames["s1"] == (first,)


def test_files_that_are_no_start_frames_of_the_project_are_not_taken_over(tmp_path: Path) -> None:
    folder = tmp_path / "film"
    made_project(folder, "film")
    make_image(folder / "frames" / "foreign.png")
    project = film(tmp_path, "A gull")
    assert take_over_frames(project, folder, CancelToken()) == ()


@pytest.mark.parametrize("spec", [SMALL, FULL, SOFT])
def test_a_prompt_without_names_is_sent_as_it_is(tmp_path: Path, spec: ModelSpec) -> None:
    project = film(tmp_path, "  A gull | a boat, @ 5 \n")
    assert written(project, spec) == project.scenes[0].prompt
    assert write_prompt(project, project.scenes[0], spec).whose == ()
