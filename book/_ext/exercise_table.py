"""Tables of all exercises, made from the exercises themselves.

``{exercise-table} FOLDER`` lists the exercises of the pages in that folder, in the order of the
book, with what a file of TOML says of each: its level, the minutes that it takes, the tools, what
it trains. The setting ``exercise_judgements`` names that file. An exercise that is missing from
it, or an entry without an exercise, is a warning.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx_exercise.nodes import exercise_subtitle

LOGGER = logging.getLogger(__name__)
LEVELS = {1: "short", 2: "steady", 3: "project"}
TOOLS = {"paper": "paper", "browser": "browser", "python": "Python", "pytorch": "PyTorch"}
HEADER = ("Exercise", "What it trains", "Level", "Tools", "Minutes")
WIDTHS = (30, 42, 10, 10, 8)


class ExercisePlace(nodes.General, nodes.Element):
    """Stands where the table will be, until all pages have been read."""


class ExerciseTable(SphinxDirective):
    """The directive."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        self.env.note_dependency(str(judgement_file(self.env)))
        return [ExercisePlace(folder=self.arguments[0].strip("/"))]


def judgement_file(env: BuildEnvironment) -> Path:
    return Path(env.srcdir, env.config.exercise_judgements)


def judgements(file: Path) -> dict[str, dict]:
    """Return what the file says of each exercise, by label.

    Raises
    ------
    ValueError
        If a level or a tool is none of those that there are, or minutes are no whole number.
    """
    found = tomllib.loads(file.read_text(encoding="utf-8"))
    for label, of in found.items():
        if of["level"] not in LEVELS or of["tools"] not in TOOLS:
            raise ValueError(f"{label}: expected a level of {[*LEVELS]}, tools of {[*TOOLS]}")
        if type(of["minutes"]) is not int or of["minutes"] < 1 or not of["trains"].strip():
            raise ValueError(f"{label}: expected minutes, a whole number, and what it trains")
    return found


def in_order(env: BuildEnvironment, docname: str | None = None) -> Iterator[str]:
    """Yield the pages in the order of the book."""
    docname = docname or env.config.root_doc
    yield docname
    for below in env.toctree_includes.get(docname, ()):
        yield from in_order(env, below)


def exercises(env: BuildEnvironment) -> dict[str, dict]:
    """Return all exercises, by label, as sphinx-exercise has noted them."""
    registry = getattr(env, "sphinx_exercise_registry", {})
    return {label: one for label, one in registry.items() if one["type"] == "exercise"}


def check(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Warn of what does not fit together; let the pages with tables be written anew."""
    known, file = judgements(judgement_file(env)), judgement_file(env).name
    for label in sorted(set(exercises(env)) - set(known)):
        LOGGER.warning("%s: no entry for the exercise %s", file, label, location=label)
    for label in sorted(set(known) - set(exercises(env))):
        LOGGER.warning("%s: no exercise has the label %s", file, label)
    return [
        docname
        for docname in env.found_docs
        if next(env.get_doctree(docname).findall(ExercisePlace), None) is not None
    ]


def time(minutes: int) -> str:
    """Return minutes as "50 minutes" or "2 h 05"."""
    return f"{minutes} minutes" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02}"


def fill(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put the tables into a page."""
    known = None
    for place in list(doctree.findall(ExercisePlace)):
        known = known or judgements(judgement_file(app.env))
        rows = []
        for page in dict.fromkeys(in_order(app.env)):
            if not page.startswith(f"{place['folder']}/"):
                continue
            here = {k: one for k, one in exercises(app.env).items() if one["docname"] == page}
            if here:
                rows.append(page_row(app, docname, page))
            rows += [row(app, docname, k, one, known[k]) for k, one in here.items() if k in known]
        labels = [k for k, one in exercises(app.env).items() if k in known
                  and one["docname"].startswith(f"{place['folder']}/")]  # fmt: skip
        total = sum(known[label]["minutes"] for label in labels)
        on_paper = sum(known[label]["tools"] == "paper" for label in labels)
        words = f"{len(labels)} exercises, {time(total)} in all; {on_paper} need paper only."
        place.replace_self([nodes.paragraph("", words), table(rows)])


def cell(*children: nodes.Node, **attributes) -> nodes.entry:
    return nodes.entry("", nodes.paragraph("", "", *children), **attributes)


def link(app: Sphinx, docname: str, target: str, label: str, children: list) -> nodes.reference:
    address = app.builder.get_relative_uri(docname, target) + (f"#{label}" if label else "")
    return nodes.reference("", "", *children, internal=True, refuri=address)


def page_row(app: Sphinx, docname: str, page: str) -> nodes.row:
    """A line that says from which page the next exercises are."""
    title = [child.deepcopy() for child in app.env.titles[page].children]
    return nodes.row(
        "",
        cell(link(app, docname, page, "", title), morecols=len(HEADER) - 1),
        classes=["exercise-page"],
    )


def row(app: Sphinx, docname: str, label: str, one: dict, of: dict) -> nodes.row:
    subtitle = next(one["node"].findall(exercise_subtitle))
    title = [child.deepcopy() for child in subtitle.children]
    values = (of["trains"], LEVELS[of["level"]], TOOLS[of["tools"]], str(of["minutes"]))
    cells = [cell(nodes.Text(value)) for value in values]
    return nodes.row("", cell(link(app, docname, one["docname"], label, title)), *cells)


def table(rows: list[nodes.row]) -> nodes.table:
    group = nodes.tgroup("", *(nodes.colspec(colwidth=width) for width in WIDTHS), cols=len(HEADER))
    group += nodes.thead("", nodes.row("", *(cell(nodes.Text(name)) for name in HEADER)))
    group += nodes.tbody("", *rows)
    return nodes.table("", group, classes=["exercise-table"])


def setup(app: Sphinx) -> dict:
    app.add_config_value("exercise_judgements", "exercises.toml", "env")
    app.add_node(ExercisePlace)
    app.add_directive("exercise-table", ExerciseTable)
    app.connect("env-updated", check)
    app.connect("doctree-resolved", fill)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
