"""The guide inside the window, with its pictures, and a list of every key."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices, QImage, QKeySequence, QTextDocument
from PySide6.QtWidgets import QDialog, QMessageBox, QTabWidget, QTextBrowser
from typing_extensions import override

import core
from gui import theme
from gui.widgets.fields import named
from gui.widgets.layouts import vbox

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from PySide6.QtGui import QAction
    from PySide6.QtWidgets import QMenu, QWidget

_SIZE = (900, 720)
_EDGES = 48
_MARKDOWN = QTextDocument.ResourceType.MarkdownResource
_IMAGE = QTextDocument.ResourceType.ImageResource


class GuideBrowser(QTextBrowser):
    """Shows a Markdown file: pictures as wide as there is room, links where they lead."""

    def __init__(self) -> None:
        super().__init__()
        named(self, "guide", "", "User guide")
        self.setOpenLinks(False)
        self.anchorClicked.connect(self.follow)

    @Slot(QUrl)
    def follow(self, link: QUrl) -> None:
        """Go to a chapter or another page; what is no page of the guide opens in the desktop."""
        if link.isRelative() and not link.path():
            self._go_to(link.fragment())
            return
        target = self.source().resolved(link)
        if not target.isLocalFile() or not target.path().endswith(".md"):
            QDesktopServices.openUrl(target)
            return
        page = QUrl.fromLocalFile(target.toLocalFile())
        if page != self.source():
            self.setSource(page, _MARKDOWN)
        if target.hasFragment():
            self._go_to(target.fragment())

    def _go_to(self, fragment: str) -> None:
        block = self.document().begin()
        while block.isValid():
            if block.blockFormat().headingLevel() and _anchor(block.text()) == fragment:
                place = self.document().documentLayout().blockBoundingRect(block)
                self.verticalScrollBar().setValue(round(place.top()))
                return
            block = block.next()

    @override
    def loadResource(self, kind: int, name: QUrl | str) -> Any:
        """The pictures of a page, no wider than the page."""
        if kind != _IMAGE.value:
            return super().loadResource(kind, name)
        image = QImage(self.source().resolved(QUrl(name)).toLocalFile())
        widest = max(self.viewport().width() - _EDGES, 200)
        if image.width() <= widest:
            return image
        return image.scaledToWidth(widest, Qt.TransformationMode.SmoothTransformation)


class HelpWindow(QDialog):
    """The guide and the keys, beside the work: it is no dialog that must be answered."""

    def __init__(self, guide: Path, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Help")
        self.resize(*_SIZE)
        self._guide = GuideBrowser()
        self._url = QUrl.fromLocalFile(str(guide))
        self._keys = named(QTextBrowser(), "keys", "", "Keys")
        self._pages = QTabWidget()
        self._pages.setObjectName("help_pages")
        self._pages.addTab(self._guide, "Guide")
        self._pages.addTab(self._keys, "Keys")
        vbox(self._pages, of=self, margin=theme.GAP)

    def show_guide(self) -> None:
        """Turn to the guide, at the page that was read last."""
        self._show(self._guide)
        if self._guide.source().isEmpty():
            # Only now it is known how wide pictures can be.
            self._guide.setSource(self._url, _MARKDOWN)

    def show_keys(self, tables: Sequence[KeyTable]) -> None:
        """Turn to the keys."""
        self._keys.setHtml("".join(table.html for table in tables))
        self._show(self._keys)

    def _show(self, page: QTextBrowser) -> None:
        self._pages.setCurrentWidget(page)
        self.show()
        self.raise_()
        self.activateWindow()


class Help:
    """What the menu of help leads to; the window of the guide is made when it is wanted."""

    def __init__(self, guide: Path, parent: QWidget) -> None:
        self._guide = guide
        self._parent = parent
        self._made: HelpWindow | None = None

    def show_guide(self) -> None:
        """Show the guide."""
        self._window().show_guide()

    def show_keys(self, tables: Sequence[KeyTable]) -> None:
        """Show the list of keys."""
        self._window().show_keys(tables)

    def show_about(self) -> None:
        """Say which program this is, and whose."""
        QMessageBox.about(
            self._parent,
            "About ImageAI",
            f"{core.NAME} {core.VERSION}\n\nFilms with generative video models, on your own "
            "machine first.\n\nLTX Mini is this project's own; other models carry their makers' "
            "licences.",
        )

    def _window(self) -> HelpWindow:
        if self._made is None:
            self._made = HelpWindow(self._guide, self._parent)
        return self._made


class KeyTable:
    """Keys that belong together, with what they do."""

    def __init__(self, title: str, rows: Sequence[tuple[str, str]]) -> None:
        self.title = title
        self.rows = tuple(rows)

    @property
    def html(self) -> str:
        """As a table with a heading; nothing where there are no keys."""
        if not self.rows:
            return ""
        cells = "".join(
            f'<tr><td width="180"><b>{escape(key)}</b></td><td>{escape(does)}</td></tr>'
            for key, does in self.rows
        )
        return f'<h3>{escape(self.title)}</h3><table cellpadding="3">{cells}</table>'


def keys_of(menu: QMenu) -> KeyTable:
    """What a menu has keys for."""
    rows = [(_keys_text(action), _words(action)) for action in menu.actions()]
    return KeyTable(menu.title().replace("&", ""), [row for row in rows if row[0]])


def _keys_text(action: QAction) -> str:
    native = QKeySequence.SequenceFormat.NativeText
    shown = ", ".join(key.toString(native) for key in action.shortcuts())
    return shown or action.text().partition("\t")[2]


def _words(action: QAction) -> str:
    return action.text().partition("\t")[0].replace("&", "").removesuffix("…")


def _anchor(heading: str) -> str:
    """The name by which other pages link to a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
