"""Under a page's title, how long its prose takes to read, and how much code comes with it."""

from __future__ import annotations

import math
import re
from fnmatch import fnmatchcase

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.locale import get_translation

_ = get_translation("reading_time")

#: What is not read as prose.
NOT_PROSE = (
    nodes.comment,
    nodes.literal_block,
    nodes.math,
    nodes.math_block,
    nodes.raw,
    nodes.system_message,
)
#: Classes of what is folded away at first, and of the outputs of cells.
FOLDED = {"dropdown", "toggle", "cell_output", "tag_hide-input", "tag_hide-cell"}
#: A word of a language with spaces, or a character of one without; two such make a word.
WORD = re.compile(r"[^\W\u3040-\u9fff]+(?:['’.,-][^\W\u3040-\u9fff]+)*")
CHARACTER = re.compile(r"[\u3040-\u9fff]")
TITLE_END = re.compile(r"</h1>")


def is_folded(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Element) and bool(FOLDED & set(node.get("classes", ())))


def prose(node: nodes.Node) -> str:
    """Return the text that is read."""
    if isinstance(node, nodes.Text):
        return node.astext()
    if isinstance(node, NOT_PROSE) or is_folded(node):
        return " "
    # Words in emphasis or in a link go on with those around them; blocks do not.
    joint = "" if isinstance(node, nodes.TextElement) else "\n"
    return joint.join(map(prose, node.children))


def count_words(text: str) -> int:
    return len(WORD.findall(text)) + len(CHARACTER.findall(text)) // 2


def code_lines(node: nodes.Node) -> int:
    """Return the lines of code that are shown, without their output and empty lines."""
    if isinstance(node, nodes.literal_block):
        return sum(bool(line.strip()) for line in node.astext().splitlines())
    if isinstance(node, NOT_PROSE) or is_folded(node):
        return 0
    return sum(code_lines(child) for child in node.children if isinstance(child, nodes.Element))


def sentence(minutes: int, lines: int) -> str:
    """Return the time in words, and the lines of code if they are worth a word."""
    if minutes == 1:
        return _("Reading time: about a minute")
    if lines < 20:
        return _("Reading time: about %d minutes") % minutes
    return _("Reading time: about %d minutes, and %d lines of code") % (minutes, lines)


def show(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Put the sentence below the title."""
    excluded = app.config.reading_time_exclude
    if doctree is None or any(fnmatchcase(pagename, pattern) for pattern in excluded):
        return
    minutes = math.ceil(count_words(prose(doctree)) / app.config.reading_time_words_per_minute)
    text = sentence(minutes, code_lines(doctree))
    line = f'</h1>\n<p class="reading-time" data-no-preview="">{text}</p>'
    context["body"] = TITLE_END.sub(line, context["body"], count=1)


def setup(app: Sphinx) -> dict:
    app.add_config_value("reading_time_exclude", [], "html")
    app.add_config_value("reading_time_words_per_minute", 200, "html")
    app.connect("html-page-context", show)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
