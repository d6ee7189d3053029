"""The whole book as one page, put together from the finished pages.

Sphinx's own `singlehtml` builder gives the same id to the summary of every chapter and loses links
between chapters that stand in folders. Here the pages are taken as the reader sees them, numbers,
citations and formulas in place, and their ids get the page's name in front.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from urllib.parse import urlsplit

import yaml
from lxml import html
from lxml.html import HtmlElement, builder

ROOT = Path(__file__).resolve().parents[1]
HTML = ROOT / "_build" / "html"

#: What has no use on paper: controls, scripts, the list of pages that the contents hold already.
SCREEN_ONLY = (
    "script, style, button, input, template, noscript, link, a.headerlink, .toctree-wrapper, "
    "details > summary"
)
#: Attributes that name ids, one or several.
REFERRING = ("for", "headers", "list", "aria-labelledby", "aria-describedby", "aria-controls")
#: What is drawn by a script, and what sounds, leave a word about where they are.
HAPPENS = {
    "[data-gate-explorer], [data-gradient-explorer]": "On the screen there is an explorer here, "
    "with controls: see “{title}” in the online pages.",
    "audio": "(sound: to be heard in the online pages)",
}


def order() -> list[tuple[int, str]]:
    """Return all pages in the order of the table of contents, each with its depth from 1."""
    contents = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
    found = [(1, contents["root"])]
    for part in contents["parts"]:
        for chapter in part["chapters"]:
            found.append((1, chapter["file"]))
            found += [(2, section["file"]) for section in chapter.get("sections", [])]
    return found


def anchor(page: str, fragment: str = "") -> str:
    """Return the id, in the whole book, of a page or of something in it."""
    return page.replace("/", "-") + (f"--{fragment}" if fragment else "")


def address(url: str, page: str, names: set[str]) -> str | None:
    """Return where a link of a page leads in the whole book; None if it leads out of it."""
    parts = urlsplit(url)
    if parts.scheme or parts.netloc:
        return url
    if not parts.path:
        return f"#{anchor(page, parts.fragment)}"
    target = posixpath.normpath(posixpath.join(posixpath.dirname(page), parts.path))
    name = target.removesuffix(".html")
    return f"#{anchor(name, parts.fragment)}" if name in names else None


def make_ids_unique(article: HtmlElement, page: str) -> None:
    """Put the page's name before every id and before every mention of one."""
    for element in article.iter():
        if not isinstance(element.tag, str):
            continue
        for name, value in element.attrib.items():
            if name == "id":
                element.set(name, anchor(page, value))
            elif name in REFERRING:
                element.set(name, " ".join(anchor(page, one) for one in value.split()))
            elif name.endswith("href") and element.tag == "use":
                element.set(name, f"#{anchor(page, value[1:])}")
            elif "url(#" in value:
                element.set(name, re.sub(r"url\(#", f"url(#{anchor(page)}--", value))


def make_links_lead(article: HtmlElement, page: str, names: set[str], up: str) -> None:
    """Let links and pictures lead where they led; a link to what is not in the book is text."""
    for link in article.iter("a"):
        target = address(link.get("href", "#"), page, names)
        if target is None:
            link.attrib.pop("href")
        else:
            link.set("href", target)
    for image in article.iter("img"):
        source = image.get("src", "")
        if not urlsplit(source).scheme:
            inside = posixpath.normpath(posixpath.join(posixpath.dirname(page), source))
            image.set("src", f"{up}/{inside}")
        image.attrib.pop("loading", None)  # what is lazy is not there when the page is printed


def lower_headings(article: HtmlElement, by: int) -> None:
    """Let the headings of a page stand below those of its chapter."""
    for level in range(6, 0, -1):
        for heading in article.iter(f"h{level}"):
            heading.set("class", f"{heading.get('class', '')} book-h{level}".strip())
            heading.tag = f"h{min(6, level + by)}"


def article_of(page: str, depth: int, names: set[str], up: str) -> HtmlElement:
    """Return what a page says, fit to stand among the others."""
    tree = html.parse(str(HTML / f"{page}.html"), html.HTMLParser(encoding="utf-8")).getroot()
    article = tree.find(".//article")
    title = article.find(".//h1").text_content().rstrip("#").strip()
    for selector, words in HAPPENS.items():
        for element in article.cssselect(selector):
            tag = "span" if element.tag == "audio" else "p"
            note = builder.E(tag, words.format(title=title), {"class": "screen-only-note"})
            note.tail = element.tail
            element.getparent().replace(element, note)
    for element in article.cssselect(SCREEN_ONLY):
        element.drop_tree()
    for details in [*article.iter("details")]:
        details.tag = "div"
    make_ids_unique(article, page)
    make_links_lead(article, page, names, up)
    lower_headings(article, depth - 1)
    article.tag = "section"
    article.set("id", anchor(page))
    article.set("class", f"bd-article book-page book-depth-{depth}")
    return article


def contents(articles: list[tuple[int, HtmlElement]]) -> HtmlElement:
    """Return the table of contents; the numbers of the pages are put in when they are known."""
    entries = []
    for depth, article in articles:
        title = article.cssselect(".book-h1")[0].text_content().strip()
        link = builder.A(
            builder.SPAN(title),
            builder.SPAN({"class": "book-number"}),
            href=f"#{article.get('id')}",
        )
        entries.append(builder.LI(link, {"class": f"book-depth-{depth}"}))
    return builder.E.nav(
        builder.H1("Contents"), builder.UL(*entries), {"class": "book-contents", "id": "contents"}
    )


def title_page(settings: dict, landing: HtmlElement) -> HtmlElement:
    """Return the first page: the title, what the landing page says first, the authors, the year."""
    lines = [
        builder.P(settings["title"], {"class": "book-title"}),
        builder.P(landing.find(".//p").text_content(), {"class": "book-subtitle"}),
        builder.P(settings["author"], {"class": "book-author"}),
        builder.P(str(settings["copyright"]), {"class": "book-year"}),
        html.fragment_fromstring(settings["html"]["extra_footer"], create_parent="p"),
    ]
    return builder.E.header(*lines, {"class": "book-title-page"})


def whole_book(to: Path) -> None:
    """Write the whole book as one page that takes pictures and styles from the finished pages."""
    up = posixpath.relpath(HTML.as_posix(), to.parent.as_posix())
    settings = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
    pages = order()
    names = {name for _, name in pages}
    articles = [(depth, article_of(name, depth, names, up)) for depth, name in pages]
    first = html.parse(str(HTML / f"{pages[0][1]}.html")).getroot()
    styles = [
        builder.LINK(
            rel="stylesheet",
            href=f"{up}/{posixpath.normpath(posixpath.join('book', link.get('href')))}",
            media=link.get("media", "all"),
        )
        for link in first.cssselect("head link[rel=stylesheet]")
    ]
    book = builder.HTML(
        builder.HEAD(
            builder.META(charset="utf-8"),
            builder.TITLE(settings["title"]),
            *styles,
            builder.LINK(rel="stylesheet", href=f"{up}/_static/whole_book.css"),
        ),
        builder.BODY(
            title_page(settings, articles[0][1]),
            contents(articles),
            builder.E.main(*[article for _, article in articles], {"class": "bd-main"}),
        ),
        {"lang": "en", "data-theme": "light", "data-mode": "light"},
    )
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_bytes(html.tostring(book, doctype="<!DOCTYPE html>", encoding="utf-8"))
