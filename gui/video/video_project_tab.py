"""The video project tab: makes the panels, gives each its place, and joins them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox, QMessageBox, QVBoxLayout, QWidget

from core.project.filming import film_of
from core.project.planning import missing_or_stale
from core.project.scene_edits import FrameSlot
from gui import theme
from gui.theme import Tone
from gui.video.choices_desk import ChoicesDesk, ChoicesPanels
from gui.video.clip_player import ClipPlayer
from gui.video.export_desk import ExportDesk, ExportOutlook
from gui.video.export_settings_widget import ExportSettingsWidget
from gui.video.ltx_controls_widget import LTXControlsWidget
from gui.video.picture_desk import PictureDesk, PictureRole, PictureUse
from gui.video.plan_line import PlanLine
from gui.video.player_desk import PlayerDesk
from gui.video.project_bar import ProjectBar
from gui.video.reference_images_widget import ReferenceImagesWidget
from gui.video.render_bar import RenderBar, RenderCounts, RenderWish
from gui.video.render_settings_widget import RenderSettingsWidget
from gui.video.scene_actions import SceneActions
from gui.video.scene_inspector import SceneInspector
from gui.video.scene_rendering import RenderOffer, SceneRendering
from gui.video.scene_states import SceneStates
from gui.video.scene_table_model import SceneTableModel
from gui.video.scene_table_view import SceneTableView
from gui.video.storyboard_widget import StoryboardWidget
from gui.video.takes_widget import TakesWidget
from gui.widgets.thumbnails import Thumbnails
