"""`characters`: what a project keeps by name, for `@Name` in the prompts of its scenes."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.consent import agrees
from cli.console import wrapped
from cli.context import CliContext, JsonOption, context_of
from cli.project_run import CommandHost
from cli.signals import EXIT_CANCELLED, EXIT_DONE
from core.errors import Problem, ProjectError, UnsupportedRequest
from core.platform.suggestions import unknown_name
from core.platform.units import count_text
from core.project.files.media import bring_in
from core.project.files.project_file import project_folder
from core.project.model.character_edits import (
    character_named,
    scenes_with,
    with_character,
    without_character,
)
from core.project.model.characters import (
    Character,
    CharacterKind,
    ReferenceImage,
    name_problem,
    tidy_name,
)
from core.project.model.project import new_id

if TYPE_CHECKING:
    from collections.abc import Generator

    from core.project.model.project import VideoProject

app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True)

_Project = Annotated[str, typer.Argument(metavar="PROJECT", help="The project's folder.")]
_Name = Annotated[str, typer.Argument(metavar="NAME", help="As it stands behind the @.")]
_Sentence = Annotated[
    str | None, typer.Option("--sentence", metavar="TEXT", help="Says in words what it looks like.")
]
_Images = Annotated[
    list[Path] | None,
    typer.Option("--image", metavar="FILE", help="Shows it; may be given repeatedly."),
]
_Everywhere = Annotated[
    bool | None,
    typer.Option(
        "--everywhere/--no-everywhere",
        help="Of a style: in every scene that uses the project's references.",
        show_default=False,
    ),
]
_Kind = Annotated[CharacterKind | None, typer.Option("--kind", help="What it is.")]


@app.command("list")
def list_characters(ctx: typer.Context, project: _Project, json: JsonOption = False) -> int:
    """List what a project keeps by name, and which scenes show it."""
    context = context_of(ctx, is_json=json)
    with _opened(context, project, is_dry=True) as host:
        for one in host.project.characters:
            scenes = scenes_with(host.project, one.id)
            context.console.event(
                "character",
                name=one.name,
                kind=one.kind.value,
                sentence=one.sentence,
                images=[str(image.path) for image in one.images],
                everywhere=one.is_everywhere,
                scenes=list(scenes),
            )
            context.console.answer(_line(one, scenes))
        if not host.project.characters:
            context.console.tell("The project keeps none. 'characters add' adds one.")
    return EXIT_DONE


@app.command()
def add(
    ctx: typer.Context,
    project: _Project,
    name: _Name,
    sentence: _Sentence = None,
    image: _Images = None,
    kind: _Kind = None,
    everywhere: _Everywhere = None,
    json: JsonOption = False,
) -> int:
    """Keep a character, a place, a thing or a style by its name; its images are copied."""
    context = context_of(ctx, is_json=json)
    with _opened(context, project) as host:
        problem = name_problem(name, host.project.characters)
        if problem:
            raise UnsupportedRequest([Problem("name", problem)])
        made = Character(id=new_id("character"), name=tidy_name(name))
        changed = _changed(made, kind, sentence, everywhere)
        changed = _with_images(host, changed, image or [])
        host.save(with_character(host.project, changed))
        context.console.tell(f"@{changed.name} is kept, with {_images(changed)}.")
    return EXIT_DONE


@app.command()
def change(
    ctx: typer.Context,
    project: _Project,
    name: _Name,
    rename: Annotated[
        str | None,
        typer.Option("--rename", metavar="NAME", help="Another name; prompts get it too."),
    ] = None,
    sentence: _Sentence = None,
    image: _Images = None,
    kind: _Kind = None,
    everywhere: _Everywhere = None,
    without_images: Annotated[
        bool, typer.Option("--without-images", help="Leave out the images that it has.")
    ] = False,
    json: JsonOption = False,
) -> int:
    """Change one; further images join those that it has."""
    context = context_of(ctx, is_json=json)
    with _opened(context, project) as host:
        one = _found(host.project, name)
        if rename is not None:
            others = [other for other in host.project.characters if other.id != one.id]
            problem = name_problem(rename, others)
            if problem:
                raise UnsupportedRequest([Problem("rename", problem)])
            one = one.model_copy(update={"name": tidy_name(rename)})
        if without_images:
            one = one.model_copy(update={"images": ()})
        one = _with_images(host, _changed(one, kind, sentence, everywhere), image or [])
        scenes = scenes_with(host.project, one.id)
        host.save(with_character(host.project, one))
        where = f" {_where(scenes)}" if rename is not None and scenes else ""
        context.console.tell(f"@{one.name} is changed.{where}")
    return EXIT_DONE


@app.command()
def remove(
    ctx: typer.Context,
    project: _Project,
    name: _Name,
    yes: Annotated[
        bool, typer.Option("--yes", help="Remove it although scenes mention it.")
    ] = False,
    json: JsonOption = False,
) -> int:
    """Keep one no more; scenes that mention it keep its name as a plain word."""
    context = context_of(ctx, is_json=json)
    with _opened(context, project) as host:
        one = _found(host.project, name)
        scenes = scenes_with(host.project, one.id)
        if scenes and not yes:
            where = f"@{one.name} {_where(scenes, 'is in')}"
            question = f"{where} Its name stays there as a plain word."
            if not agrees(context.console, question, where.rstrip(".")):
                return EXIT_CANCELLED
        host.save(without_character(host.project, one.id))
        context.console.tell(f"@{one.name} is kept no more; its images stay in the project.")
    return EXIT_DONE


@contextmanager
def _opened(context: CliContext, project: str, *, is_dry: bool = False) -> Generator[CommandHost]:
    host = CommandHost(context, project_folder(Path(project)), is_dry=is_dry)
    try:
        if host.is_read_only and not is_dry:
            raise ProjectError(
                "The project is open elsewhere, so nothing is changed in it.",
                hint="Change it there, or close it first.",
            )
        yield host
    finally:
        host.close()


def _found(project: VideoProject, name: str) -> Character:
    one = character_named(project, name.removeprefix("@"))
    if one is None:
        known = [character.name for character in project.characters]
        raise UnsupportedRequest([Problem("name", unknown_name("character", name, known))])
    return one


def _changed(
    one: Character, kind: CharacterKind | None, sentence: str | None, everywhere: bool | None
) -> Character:
    update: dict[str, object] = {}
    if kind is not None:
        update["kind"] = kind
    if sentence is not None:
        update["sentence"] = sentence.strip()
    if everywhere is not None:
        update["is_everywhere"] = everywhere
    changed = one.model_copy(update=update)
    if changed.is_everywhere and changed.kind is not CharacterKind.STYLE:
        message = "Only a style is in every scene. Add --kind style, or leave --everywhere out."
        raise UnsupportedRequest([Problem("everywhere", message)])
    return changed


def _with_images(host: CommandHost, one: Character, files: list[Path]) -> Character:
    """With copies of these files besides, none of them twice.

    Raises:
        UnsupportedRequest: with every file that is no image.
    """
    problems: list[Problem] = []
    images = {image.path: image for image in one.images}
    for file in files:
        try:
            copy = bring_in(file.expanduser().absolute(), host.folder)
        except UnsupportedRequest as error:
            problems += error.problems
            continue
        images.setdefault(copy, ReferenceImage(path=copy, name=file.stem))
    if problems:
        raise UnsupportedRequest(problems)
    return one.model_copy(update={"images": tuple(images.values())})


def _line(one: Character, scenes: tuple[int, ...]) -> str:
    everywhere = ", in every scene" if one.is_everywhere else ""
    lines = [f"@{one.name} ({one.kind.value}{everywhere}): {_images(one)}"]
    if one.sentence:
        lines.append(wrapped(one.sentence, first="  ", rest="  "))
    if scenes:
        lines.append(f"  {_where(scenes, 'in')}")
    return "\n".join(lines)


def _images(one: Character) -> str:
    return count_text(len(one.images), "image") if one.images else "no image"


def _where(scenes: tuple[int, ...], verb: str = "Renamed in") -> str:
    noun = "scene" if len(scenes) == 1 else "scenes"
    return f"{verb} {noun} {', '.join(map(str, scenes))}."
