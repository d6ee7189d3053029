"""What a link inside the book leads to, shown beside the link: an equation, a figure, a term.

The extension sphinx-tippy does nearly this, but copies ids into its tips, names its files at
random, loses tips when only some pages are written anew, and cannot be told about the Escape key
or touch. So the previews are cut from the finished pages here, one file per page that is led to;
the scripts that show them, tippy.js and Popper, are the same and come from npm (package.json).
Nothing is loaded before the first link is pointed at, and then by script elements, which work in
pages opened from a folder, too.
"""

from __future__ import annotations

import copy
import json
import posixpath
import re
import shutil
from collections import defaultdict
from pathlib import Path

import lxml.html
from lxml.html import HtmlElement
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

MODULES = Path(__file__).resolve().parents[2] / "node_modules"
SCRIPTS = {
    "popper.min.js": MODULES / "@popperjs" / "core" / "dist" / "umd" / "popper.min.js",
    "tippy.min.js": MODULES / "tippy.js" / "dist" / "tippy.umd.min.js",
}
#: Folder, under _static, of the scripts and of the files of previews.
FOLDER = "previews"

ARTICLE = re.compile(r"<article\b.*</article>", re.DOTALL)
LINK = re.compile(
    r'(?P<start><a class="[^"]*\breference internal\b[^"]*")(?P<mark> data-preview="")?'
    r' href="(?P<path>[^"#:]*?)(?:#(?P<id>[^"]*))?"'
)
HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
#: Classes of elements that are shown as they are.
BLOCKS = {"math", "citation", "admonition", "literal-block-wrapper"}
#: What belongs to the page and not to what a preview shows.
LEFT_OUT = (
    ".//a[contains(@class, 'headerlink')] | .//*[@data-no-preview]"
    " | .//button | .//script | .//style"
)
#: Attributes that name an element, or let the keyboard reach it: a copy must not.
ATTRIBUTES = ("id", "for", "name", "tabindex", "data-preview", "loading")


def classes(element: HtmlElement) -> set[str]:
    return set(element.get("class", "").split())


def opening(heading: HtmlElement) -> list[HtmlElement]:
    """Return a heading and the first paragraph below it, with the list that it introduces."""
    found = [heading]
    for sibling in heading.itersiblings():
        if sibling.tag in ("section", "ul", "ol"):
            if len(found) == 2 and sibling.tag != "section":
                found.append(sibling)
            break
        if len(found) == 2:
            break
        if sibling.tag == "p" and "data-no-preview" not in sibling.attrib:
            found.append(sibling)
    return found


def shown(element: HtmlElement) -> list[HtmlElement]:
    """Return what is shown of the element that a link leads to, nothing of an unknown kind."""
    if element.tag == "span" and len(element) == 0 and not element.text_content():
        # A second name of what comes after it or, before a heading, of the section around it.
        following = element.getnext()
        while following is not None and following.tag == "span":
            following = following.getnext()
        if following is None:
            return []
        element = element.getparent() if following.tag in HEADINGS else following
    if element.tag == "section":
        heading = next((child for child in element if child.tag in HEADINGS), None)
        return [] if heading is None else opening(heading)
    if element.tag == "dt":
        # Several terms may share one definition.
        definition = element.getnext()
        while definition is not None and definition.tag == "dt":
            definition = definition.getnext()
        return [element] if definition is None else [element, definition]
    if element.tag in ("figure", "table", "p") or classes(element) & BLOCKS:
        return [element]
    return []


def cleaned(element: HtmlElement, page: str) -> str:
    """Return the HTML of a copy without names, links and buttons; images by path from the root."""
    element = copy.deepcopy(element)
    element.tail = None
    for unwanted in element.xpath(LEFT_OUT):
        unwanted.drop_tree()
    for part in element.iter():
        if not isinstance(part.tag, str):
            continue
        for attribute in ATTRIBUTES:
            part.attrib.pop(attribute, None)
        if part.tag == "a":
            part.attrib.pop("href", None)
            part.attrib.pop("title", None)
            part.tag = "span"
        elif part.tag == "img" and "src" in part.attrib:
            source = posixpath.join(posixpath.dirname(page), part.attrib.pop("src"))
            part.set("data-src", posixpath.normpath(source))
        elif part.tag in HEADINGS | {"dt"}:
            part.set("class", f"{part.get('class', '')} preview-title".strip())
            part.tag = "div"
        elif part.tag in ("dd", "section"):
            part.tag = "div"
    return lxml.html.tostring(element, encoding="unicode").strip()


def previews_of(page: str, text: str, ids: set[str]) -> dict[str, str]:
    """Return the previews of a page by id; that of the page itself has the empty id."""
    article = lxml.html.document_fromstring(text).find(".//article")
    if article is None:
        return {}
    by_id = {element.get("id"): element for element in article.xpath(".//*[@id]")}
    if "" in ids:
        by_id[""] = article.find(".//section")
    found = {}
    for name in sorted(ids & by_id.keys()):
        parts = shown(by_id[name]) if by_id[name] is not None else []
        if parts:
            found[name] = "".join(cleaned(part, page) for part in parts)
    return found


def target_of(page: str, link: re.Match) -> tuple[str, str]:
    """Return the page, by its path from the root, and the id that a link leads to."""
    target = posixpath.normpath(posixpath.join(posixpath.dirname(page), link["path"]))
    return (target if link["path"] else page), link["id"] or ""


def write(app: Sphinx, exception: Exception | None) -> None:
    """Cut the previews out of the pages, and mark the links that have one."""
    if exception is not None or app.builder.format != "html":
        return
    texts = {}
    for name in sorted(app.env.found_docs):
        page = app.builder.get_target_uri(name)
        file = Path(app.outdir, page)
        if file.exists():
            texts[page] = file.read_text(encoding="utf-8")
    wanted: dict[str, set[str]] = defaultdict(set)
    for page, text in texts.items():
        for link in LINK.finditer((ARTICLE.search(text) or [""])[0]):
            target, name = target_of(page, link)
            wanted[target].add(name)
    found = {
        page: previews_of(page, texts[page], ids) for page, ids in wanted.items() if page in texts
    }

    folder = Path(app.outdir, "_static", FOLDER)
    for page, previews in found.items():
        file = folder / f"{page}.js"
        file.parent.mkdir(parents=True, exist_ok=True)
        content = json.dumps(previews, ensure_ascii=False)
        file.write_text(f"linkPreviews[{json.dumps(page)}] = {content};\n", encoding="utf-8")

    for page, text in texts.items():

        def mark(link: re.Match, page: str = page) -> str:
            target, name = target_of(page, link)
            mark = ' data-preview=""' if name in found.get(target, ()) else ""
            return link["start"] + mark + link[0][link[0].index(" href=") :]

        marked = ARTICLE.sub(lambda article, mark=mark: LINK.sub(mark, article[0]), text)
        if marked != text:
            Path(app.outdir, page).write_text(marked, encoding="utf-8")


def copy_scripts(app: Sphinx) -> None:
    """Start from an empty folder, and put the scripts of npm into it."""
    if app.builder.format != "html":
        return
    folder = Path(app.outdir, "_static", FOLDER)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, script in SCRIPTS.items():
        if not script.is_file():
            raise ExtensionError(f"{script} is missing: 'make book' installs it with npm")
        # The comment at its end would let a debugger look for a file that is not there.
        text = script.read_text(encoding="utf-8").partition("//# sourceMappingURL")[0]
        (folder / name).write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> dict:
    app.add_js_file("link_previews.js", loading_method="defer")
    app.add_css_file("link_previews.css")
    app.connect("builder-inited", copy_scripts)
    app.connect("build-finished", write, priority=600)  # after the pages have been mended
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
