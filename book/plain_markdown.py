"""The book's MyST as plain Markdown, for notebooks that are read outside of the book."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import PurePosixPath

import nbformat

GLUED = "application/papermill.record/"
ROLE = re.compile(r"\{([a-z:]+)\}`([^`]*)`")
TITLED = re.compile(r"(.*?)\s*<([^<>]*)>\Z", re.DOTALL)
FENCE = re.compile(r"(`{3,}|:{3,})\{([a-z-]+)\}[ ]*(.*)\Z")
KINDS = {
    "admonition": "",
    "exercise": "Exercise",
    "glossary": "",
    "grid-item-card": "",
    "rubric": "",
    "warning": "Warning",
}
DROPPED = {"raw", "bibliography", "solution-end"}


@dataclass
class Pages:
    """What a page's text may refer to.

    Attributes
    ----------
    glued : dict of (page, key) to str or float
        What the cells of all pages have put into the text.
    titles : dict of page to str
        The headings of the pages.
    labels : dict of str to str
        The titles of the sections, figures and exercises, by label.
    citations : dict of str to str
        "Cho et al. (2014)", by key.
    numbers : dict of str to (page, int)
        Where an equation or a figure is, by label, and the how manieth of that page.
    """

    glued: dict[tuple[str, str], object] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    citations: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, tuple[str, int]] = field(default_factory=dict)

    def add(self, name: str, notebook: nbformat.NotebookNode) -> None:
        """Take up a page, with its outputs."""
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                self._add_text(name, cell.source)
                continue
            if figure := figure_of(cell):
                self._add_number(name, figure["name"], "fig-")
            for output in cell.get("outputs", ()):
                for kind, value in output.get("data", {}).items():
                    if kind.startswith(GLUED):
                        key = output["metadata"]["scrapbook"]["name"]
                        self.glued[name, key] = _value(value)

    def _add_text(self, name: str, text: str) -> None:
        for label, title in re.findall(r"^\(([\w-]+)\)=\n+#+ (.*)$", text, re.MULTILINE):
            self.labels[label] = title
        pattern = r"^`{3,}\{exercise\}[ ]*(.*)\n:label: ([\w-]+)$"
        for title, label in re.findall(pattern, text, re.MULTILINE):
            self.labels[label] = title
        for label in re.findall(r"^`{3,}\{math\}\n:label: (\S+)$", text, re.MULTILINE):
            self._add_number(name, label, "eq-")
        heading = re.search(r"^# (.*)$", text, re.MULTILINE)
        if heading and name not in self.titles:
            self.titles[name] = heading[1]

    def _add_number(self, name: str, label: str, kind: str) -> None:
        before = [at for at, (page, _) in self.numbers.items() if page == name]
        self.numbers[label] = name, 1 + sum(one.startswith(kind) for one in before)

    def numbered(self, label: str, name: str, form: str) -> str:
        """Return how page `name` calls an equation or a figure, which may be of another page."""
        page, number = self.numbers[label]
        here = form.format(number)
        return here if page == name else f"{here} of “{self.titles[page]}”"


def figure_of(cell: nbformat.NotebookNode) -> dict | None:
    """Return what a code cell says of its figure: name and caption."""
    return cell.metadata.get("mystnb", {}).get("figure")


def _value(text: str) -> object:
    """Return the object that a repr stands for: a number or a text."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text.strip("'\"")


def to_plain(text: str, name: str, pages: Pages) -> str:
    """Return a piece of a page in plain Markdown.

    Parameters
    ----------
    text : str
        MyST.
    name : str
        The page's path within the book, such as "02_lstm/principle".
    pages : Pages
    """
    text = re.sub(r"^\([\w-]+\)=\n", "", text, flags=re.MULTILINE)
    text = "\n".join(_without_fences(text.splitlines(), pages))
    text = re.sub(r"\\htmlData\{[^{}]*\}\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}", r"{\1}", text)
    return ROLE.sub(lambda found: _role(found[1], found[2], name, pages), text).strip("\n")


def _without_fences(lines: list[str], pages: Pages) -> list[str]:
    """Turn directives into bold titles and what stands in them."""
    result, open_fences, skipping = [], [], None
    options = False
    for line in lines:
        found = FENCE.match(line.strip())
        closing = line.strip()
        if skipping is not None:
            if closing == skipping:
                skipping = None
            continue
        if found:
            fence, kind, title = found.groups()
            if kind in DROPPED:
                # A solution's end closes at once; others hold what nobody sees.
                skipping = fence
                continue
            if kind == "solution-start":
                result.append("**Solution**")
                open_fences.append((fence, ""))
            elif kind == "math":
                result.append("$$")
                open_fences.append((fence, "$$"))
            elif kind in KINDS:
                words = ": ".join(filter(None, (KINDS[kind], title)))
                if words:
                    result += [f"**{words}**", ""]
                open_fences.append((fence, ""))
            else:
                open_fences.append((fence, ""))
            options = True
            continue
        if open_fences and closing == open_fences[-1][0]:
            end = open_fences.pop()[1]
            if end:
                result.append(end)
            continue
        if options and (option := re.match(r":([a-z-]+):\s*(.*)", closing)):
            if option[1] == "label" and open_fences[-1][1] == "$$":
                fence, end = open_fences.pop()
                open_fences.append((fence, f"\\tag{{{pages.numbers[option[2]][1]}}}\n{end}"))
            continue
        options = False
        result.append(line)
    return result


def _role(role: str, content: str, name: str, pages: Pages) -> str:
    titled = TITLED.match(content)
    words, target = titled.groups() if titled else ("", content)
    roles: dict[str, Callable[[], str]] = {
        "glue:text": lambda: _glued(content, name, pages),
        "doc": lambda: words or pages.titles.get(_relative(name, target), target),
        "ref": lambda: words or pages.labels.get(target, target),
        "numref": lambda: pages.numbered(target, name, "Fig. {}"),
        "eq": lambda: pages.numbered(target, name, "({})"),
        "cite:t": lambda: _cited(target, pages),
        "cite:p": lambda: f"({_cited(target, pages)})",
        "math": lambda: f"${content}$",
    }
    return roles[role]() if role in roles else words or target


def _relative(name: str, target: str) -> str:
    """Return the page that another page names."""
    parts: list[str] = []
    for part in (PurePosixPath(name).parent / target).parts:
        if part == "..":
            if parts:
                parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def _glued(content: str, name: str, pages: Pages) -> str:
    where, _, rest = content.partition("::")
    key, _, form = rest.partition(":")
    value = pages.glued.get((_relative(name, where.removesuffix(".md")), key))
    if value is None:
        raise KeyError(f"{name}: no cell of {where} has put {key!r} into the text")
    return format(value, form)


def _cited(keys: str, pages: Pages) -> str:
    return ", ".join(pages.citations.get(key.strip(), key) for key in keys.split(","))
