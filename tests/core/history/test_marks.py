"""Stars and tags beside a file: as other programs write them, and through every rebuild."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import OutputError
from core.history.history import History, HistoryQuery
from core.history.marks import FileMarks, clean_tags, marks_file, read_marks, write_marks
from core.project.render.rerender import plan_again
from core.studio import Studio
from core.video.request import RenderRequest, Sampling
from tests.fakes.provider import ENTRY
from tests.fakes.stills import TARGET, add_still, as_image

if TYPE_CHECKING:
    from pathlib import Path

    from core.platform.paths import Paths

# As digiKam writes it, shortened: its own words, an element for the stars, a second description.
FOREIGN = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="XMP Core 4.4.0-Exiv2">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:digiKam="http://www.digikam.org/ns/1.0/"
    xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"
    digiKam:PickLabel="2" xmp:Rating="3">
   <dc:subject><rdf:Bag><rdf:li>Anna</rdf:li><rdf:li>sea &amp; sky</rdf:li></rdf:Bag></dc:subject>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""


def test_marks_of_other_programs_are_read_and_their_own_words_stay(tmp_path: Path) -> None:
    image = tmp_path / "a.png"
    marks_file(image).write_text(FOREIGN, encoding="utf-8")
    assert marks_file(image).name == "a.png.xmp"
    assert read_marks(image) == FileMarks(rating=3, tags=("Anna", "sea & sky"))

    write_marks(image, FileMarks(rating=5, tags=("Bob",)))

    written = marks_file(image).read_text(encoding="utf-8")
    assert read_marks(image) == FileMarks(rating=5, tags=("Bob",))
    assert 'digiKam:PickLabel="2"' in written
    assert "Anna" not in written
    assert written.count("Rating") == 1


@pytest.mark.parametrize(
    ("text", "rating"),
    [("-1", 0), ("4.0", 4), ("99", 5), ("nan", 0), ("", 0), ("many", 0), ("1e999", 0)],
)
def test_any_number_of_stars_is_read_as_none_to_five(
    tmp_path: Path, text: str, rating: int
) -> None:
    image = tmp_path / "a.png"
    marks_file(image).write_text(FOREIGN.replace('Rating="3"', f'Rating="{text}"'))
    assert read_marks(image).rating == rating


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no xml",
        b"<a/>",
        b"\xff\xfe\x00",
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        b"<x>" + b" " * 1_000_001,
    ],
)
def test_what_cannot_be_read_counts_as_nothing_and_is_kept(tmp_path: Path, content: bytes) -> None:
    image = tmp_path / "a.png"
    marks_file(image).write_bytes(content)
    assert read_marks(image) == FileMarks()
    if len(content) > 1_000_000:
        with pytest.raises(OutputError, match="1 MB"):
            write_marks(image, FileMarks(rating=1))
        assert marks_file(image).read_bytes() == content
        return
    write_marks(image, FileMarks(rating=1))
    assert read_marks(image).rating == 1
    assert (tmp_path / "a.png.xmp.bad").read_bytes() == content


def test_without_marks_nothing_is_written_but_taken_back_ones_are(tmp_path: Path) -> None:
    image = tmp_path / "a.png"
    write_marks(image, FileMarks())
    assert list(tmp_path.iterdir()) == []
    write_marks(image, FileMarks(rating=2, tags=("x",)))
    write_marks(image, FileMarks())
    assert read_marks(image) == FileMarks()


@settings(max_examples=50, deadline=None)
@given(tags=st.lists(st.text(max_size=100), max_size=5), rating=st.integers(0, 5))
def test_whatever_a_person_writes_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, tags: list[str], rating: int
) -> None:
    image = tmp_path_factory.mktemp("marks") / "a.png"
    marks = FileMarks(rating=rating).with_tags(tags)
    write_marks(image, marks)
    assert read_marks(image) == marks
    assert clean_tags(marks.tags) == marks.tags


def test_upper_and_lower_case_are_one_tag() -> None:
    marks = FileMarks(tags=("Anna",)).with_tags([" anna ", "Sea\nside"])
    assert marks.tags == ("Anna", "Sea side")
    assert marks.with_tags(removed=["ANNA"]).tags == ("Sea side",)


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path / "state" / "history.sqlite", [tmp_path])


def test_marked_pictures_are_found_by_stars_tag_and_words(history: History, tmp_path: Path) -> None:
    one, two = (add_still(history, tmp_path, f"ball {n}", seed=n) for n in (1, 2))
    stored = {entry.path: entry for entry in history.find()}
    history.mark([stored[one.path]], lambda marks: marks.with_rating(5).with_tags(["Beach"]))
    history.mark([stored[two.path]], lambda marks: marks.with_rating(3))

    def found(**query: object) -> list[str]:
        return [entry.prompt for entry in history.find(HistoryQuery(**query))]  # pyright: ignore[reportArgumentType] - by name

    assert found(min_rating=5) == ["ball 1"]
    assert found(min_rating=1) == ["ball 2", "ball 1"]
    assert found(tag="Beach") == found(text="beach") == ["ball 1"]
    assert found(seed=2) == ["ball 2"]
    assert found(seed=2, tag="Beach") == []
    assert history.tags() == ("Beach",)
    (entry,) = history.find(HistoryQuery(tag="Beach"))
    assert entry.marks == FileMarks(rating=5, tags=("Beach",))
    history.mark([entry], lambda marks: marks.with_tags(removed=["beach"]))
    assert found(text="beach") == []
    assert history.tags() == ()


def test_marks_survive_a_history_that_is_begun_anew(history: History, tmp_path: Path) -> None:
    add_still(history, tmp_path, "a ball", seed=1)
    history.mark(history.find(), lambda marks: marks.with_rating(4).with_tags(["kept"]))
    history.path.unlink()

    again = History(history.path, [tmp_path])
    again.catch_up()

    (entry,) = again.find()
    assert entry.marks == FileMarks(rating=4, tags=("kept",))
    assert again.find(HistoryQuery(tag="kept")) == (entry,)


def test_marks_survive_making_it_again(paths: Paths) -> None:
    studio = Studio([ENTRY], paths=paths)
    request = as_image(RenderRequest(target=TARGET, prompt="a", sampling=Sampling(seed=1)))
    first = studio.queue.run_job(studio.submit_render(studio.plan(request)))
    assert first.event == "succeeded"
    (entry,) = studio.history.find()
    studio.history.mark([entry], lambda marks: marks.with_rating(5))
    record = entry.clip_record
    assert record is not None

    studio.queue.run_job(studio.submit_render(plan_again(studio, record)))

    new, old = studio.history.find()
    assert (old.path, old.rating, new.rating) == (entry.path, 5, 0)
    studio.close()


def test_one_that_cannot_be_kept_leaves_the_others_marked(history: History, tmp_path: Path) -> None:
    for number in (1, 2):
        add_still(history, tmp_path, f"ball {number}", seed=number)
    two, one = history.find()
    marks_file(one.path).mkdir()

    with pytest.raises(OutputError, match=r"picture-1\.png"):
        history.mark([one, two], lambda marks: marks.with_rating(5))

    assert [entry.rating for entry in history.find()] == [5, 0]
