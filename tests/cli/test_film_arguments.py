"""What the options of films say, and what is told of those that say nothing."""

from __future__ import annotations

from cli.film_arguments import FilmReading, read_film
from cli.options import Typed
from core.film.model.delivery import AudioCodec, Container, VideoCodec
from core.film.model.scan import Deinterlace


def reading(*, out: str | None = None, preset: str | None = None, **lists: str) -> FilmReading:
    given = {"out": out, "preset": preset, **lists}
    values = {f"--{n.replace('_', '-')}": [value] for n, value in given.items() if value}
    return read_film(Typed(values, ["a.mp4", "b.mp4"]))


def test_name_of_the_film_chooses_container_and_codecs() -> None:
    settings = reading(out="film.webm").settings
    chosen = (settings.container, settings.video_codec, settings.audio_codec)
    assert chosen == (Container.WEBM, VideoCodec.VP9, AudioCodec.OPUS)


def test_preset_keeps_its_kind_of_file_whatever_the_name() -> None:
    settings = reading(out="film.mp4", preset="prores-master").settings
    assert (settings.container, settings.video_codec) == (Container.MOV, VideoCodec.PRORES)


def test_numbered_value_is_for_one_clip_and_a_plain_one_for_all() -> None:
    clips = reading(speed="2=1.5").film.clips
    assert [clip.speed for clip in clips] == [1.0, 1.5]
    assert [clip.speed for clip in reading(speed="2").film.clips] == [2.0, 2.0]


def test_fields_are_chosen_for_the_film_and_for_one_clip() -> None:
    given = {"--deinterlace": ["off", "2=top"]}
    film = read_film(Typed(given, ["a.mp4", "b.mp4"])).film
    assert film.deinterlace is Deinterlace.OFF
    assert [clip.deinterlace for clip in film.clips] == [None, Deinterlace.TOP]


def test_option_of_music_without_music_is_told() -> None:
    assert [problem.message for problem in reading(duck="6").problems] == [
        "--duck means nothing without --music."
    ]


def test_out_of_range_is_told_and_the_rest_is_read() -> None:
    film = reading(speed="2=1000", volume="-6", clip_title="1=One")
    assert [problem.field for problem in film.problems] == ["speed"]
    assert film.film.clip_volume_db == -6
    assert [clip.title for clip in film.film.clips] == ["One", ""]


def test_the_same_option_with_two_values_is_told() -> None:
    typed = Typed({"--crf": ["18", "20"], "--chapters": [True, False]}, ["a.mp4"])
    assert [problem.message for problem in read_film(typed).problems] == [
        "--crf is given twice: '18' and '20'. Give it once.",
        "--chapters is given twice: '--chapters' and '--no-chapters'. Give it once.",
    ]
