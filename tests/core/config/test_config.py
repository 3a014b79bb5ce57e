from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.config.setting_fields import SettingField, fields, setting, with_text
from core.config.settings import Appearance, ConfigManager, Settings
from core.config.settings_schema import SettingKind, TargetPart
from core.errors import SettingsError
from core.platform.paths import HOME_VARIABLE, Paths
from core.video.spec import Residency


@pytest.fixture
def config(tmp_path: Path) -> ConfigManager:
    return ConfigManager(tmp_path / "conf" / "settings.json")


def test_no_file_means_defaults_and_makes_no_file(config: ConfigManager) -> None:
    loaded = config.load()
    assert loaded.settings == Settings()
    assert loaded.notes == ()
    assert not config.path.exists()


def test_changed_setting_is_there_after_save_and_load(config: ConfigManager) -> None:
    changed = with_text(Settings(), "render.model", "ltx-mini")
    changed = with_text(changed, "folders.output", "/clips")
    config.save(changed)
    assert config.load().settings == changed
    assert setting(changed, "render.model").value == "ltx-mini"
    assert changed.folders.output == Path("/clips")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_settings_saved_by_another_editor_are_read(config: ConfigManager, encoding: str) -> None:
    changed = with_text(Settings(), "folders.output", "/clips")
    config.save(changed)
    text = config.path.read_text(encoding="utf-8").replace("\n", "\r\n")
    config.path.write_bytes(text.encode(encoding))
    read = config.load()
    assert (read.settings, read.notes) == (changed, ())


def test_empty_text_gives_the_default_back(config: ConfigManager) -> None:
    changed = with_text(Settings(), "folders.output", "/clips")
    assert with_text(changed, "folders.output", "") == Settings()


def test_every_setting_has_help() -> None:
    assert all(field.help.endswith(".") for field in fields(Settings()))
    assert {field.name for field in fields(Settings())} >= {"render.provider", "folders.models"}


def test_unknown_setting_offers_the_nearest(config: ConfigManager) -> None:
    with pytest.raises(SettingsError, match=r"Did you mean 'render\.model'"):
        with_text(Settings(), "render.modle", "x")


@pytest.mark.parametrize(
    "content", [b"{", b"", b'{"render": 3}', b'{"unknown": {}}', b"\xff\xfe\x00", b"[]"]
)
def test_damaged_file_is_set_aside_whole_and_told(config: ConfigManager, content: bytes) -> None:
    config.path.parent.mkdir(parents=True)
    config.path.write_bytes(content)
    loaded = config.load()
    assert loaded.settings == Settings()
    assert "damaged" in loaded.notes[0]
    kept = config.path.with_name("settings.json.bad")
    assert str(kept) in loaded.notes[0]
    assert kept.read_bytes() == content
    assert not config.path.exists()


def test_second_damaged_file_does_not_replace_the_first(config: ConfigManager) -> None:
    config.path.parent.mkdir(parents=True)
    for content in ("first", "second"):
        config.path.write_text(content, encoding="utf-8")
        config.load()
    kept = {path.read_text(encoding="utf-8") for path in config.path.parent.glob("*.bad")}
    assert kept == {"first", "second"}


def test_file_that_cannot_be_written_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    config = ConfigManager(tmp_path / "file" / "settings.json")
    with pytest.raises(SettingsError, match="cannot be written"):
        config.save(Settings())


def test_save_leaves_nothing_but_the_file(config: ConfigManager) -> None:
    config.save(Settings())
    config.save(Settings())
    assert [path.name for path in config.path.parent.iterdir()] == ["settings.json"]


def test_one_variable_moves_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "here"))
    paths = Paths.of_user()
    places = [
        paths.settings_file,
        paths.state_dir,
        paths.models_dir,
        paths.output_dir,
        paths.cache_dir,
        paths.journal_file,
        paths.work_dir,
        paths.log_file,
    ]
    assert all(place.is_relative_to(tmp_path / "here") for place in places)
    assert not (tmp_path / "here").exists()


def test_without_the_variable_places_are_absolute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(HOME_VARIABLE, raising=False)
    paths = Paths.of_user()
    assert paths.settings_file.is_absolute()
    assert paths.output_dir.is_absolute()


def test_a_folder_below_ones_home_is_that_folder() -> None:
    for name in ("folders.output", "folders.models"):
        assert setting(with_text(Settings(), name, "~/films"), name).value == str(
            Path("~/films").expanduser()
        )


def test_chosen_folders_replace_the_usual_ones(tmp_path: Path) -> None:
    paths = Paths.below(tmp_path).moved(output_dir=tmp_path / "out", models_dir=None)
    assert paths.output_dir == tmp_path / "out"
    assert paths.models_dir == tmp_path / "models"


OLD_FILE = """{"render": {"provider": "ltx-video", "deployment": "local", "model": "ltx-mini"},
"folders": {"output": "/clips", "models": null}, "export": {"cache_gb": 5.0}}"""


def test_a_file_of_an_earlier_version_keeps_loading(config: ConfigManager) -> None:
    config.path.parent.mkdir(parents=True)
    config.path.write_text(OLD_FILE, encoding="utf-8")
    loaded = config.load()
    assert loaded.notes == ()
    assert loaded.settings.render.model == "ltx-mini"
    assert loaded.settings.export.cache_gb == 5.0
    assert loaded.settings.cloud == Settings().cloud


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("render.memory", "group-offload", Residency.GROUP_OFFLOAD),
        ("cloud.parallel_jobs", "16", 16),
        ("cloud.spending_cap_usd", "0", 0.0),
        ("network.is_off", "on", True),
        ("network.is_off", "yes", True),
        ("network.is_off", "off", False),
        ("ui.appearance", "dark", Appearance.DARK),
        ("ui.reopens_last_project", "no", False),
    ],
)
def test_a_text_becomes_the_value_and_comes_back(
    config: ConfigManager, name: str, text: str, value: object
) -> None:
    changed = with_text(Settings(), name, text)
    section, field = name.split(".")
    assert getattr(getattr(changed, section), field) == value
    assert with_text(Settings(), name, setting(changed, name).value) == changed
    config.save(changed)
    assert config.load().settings == changed


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("render.memory", "huge"),
        ("cloud.parallel_jobs", "0"),
        ("cloud.parallel_jobs", "17"),
        ("cloud.parallel_jobs", "2.5"),
        ("cloud.spending_cap_usd", "-1"),
        ("cloud.spending_cap_usd", "inf"),
        ("export.cache_gb", "nan"),
        ("network.is_off", "perhaps"),
        ("ui.appearance", "pink"),
    ],
)
def test_a_value_out_of_range_is_a_sentence_that_names_the_setting(name: str, text: str) -> None:
    with pytest.raises(SettingsError, match=rf"^{name} takes .*, not {text!r}\.$"):
        with_text(Settings(), name, text)


@pytest.mark.parametrize("field", fields(Settings()), ids=lambda field: field.name)
@pytest.mark.parametrize("text", ["-1", "1e999", "nan", "\N{SNOWMAN}", "\0", "x" * 5000, "{}"])
def test_no_value_is_refused_in_the_words_of_a_library(field: SettingField, text: str) -> None:
    message = ""
    try:
        with_text(Settings(), field.name, text)
    except SettingsError as error:
        message = error.message
    # Some settings take any text.
    assert not message or message.startswith(f"{field.name} ")
    assert not re.search(r"\b[Ii]nput\b|should|unable|valid ", message)


def test_every_setting_says_how_it_is_entered() -> None:
    by_name = {field.name: field for field in fields(Settings())}
    assert all(field.about.label and field.section for field in by_name.values())
    assert by_name["network.is_off"].kind is SettingKind.SWITCH
    assert by_name["folders.models"].kind is SettingKind.FOLDER
    assert by_name["render.model"].about.part is TargetPart.MODEL
    assert by_name["export.cache_gb"].about.unit == "GB"
    jobs = by_name["cloud.parallel_jobs"]
    assert (jobs.kind, jobs.minimum, jobs.maximum) == (SettingKind.WHOLE_NUMBER, 1, 16)
    assert list(by_name["render.memory"].about.names) == list(Residency)
    assert list(by_name["ui.appearance"].about.names) == list(Appearance)
    for field in by_name.values():
        if field.kind is SettingKind.CHOICE:
            assert all(label != value for value, label in field.about.names.items())
        if not field.default:
            assert field.about.unset, f"{field.name} does not say what none means"
