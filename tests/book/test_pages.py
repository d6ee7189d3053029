"""The built pages: complete, and without a request to another host."""

import os
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HTML = ROOT / "_build" / "html"
# What a browser fetches by itself, as opposed to a link that the reader may follow.
FETCHED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}


class Page(HTMLParser):
    """Collects what a page fetches, and its images."""

    def __init__(self, path):
        super().__init__()
        self.fetched, self.images = [], []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "img":
            self.images.append(attributes)
        passive = tag == "link" and attributes.get("rel") in ("canonical", "next", "prev")
        if tag in FETCHED and attributes.get(FETCHED[tag]) and not passive:
            self.fetched.append(attributes[FETCHED[tag]])


@pytest.fixture(scope="module")
def pages():
    found = sorted((HTML / "chapters").rglob("*.html")) + sorted((HTML / "book").rglob("*.html"))
    if not found:
        if os.environ.get("CI"):
            pytest.fail("no pages: 'make book' has to come before 'make test'")
        pytest.skip("the pages are not built: run 'make book'")
    return {str(path.relative_to(HTML)): Page(path) for path in found}


def test_every_page_is_there(pages):
    sources = [*(ROOT / "chapters").rglob("*.md"), *(ROOT / "book").glob("*.md")]
    wanted = {str(path.relative_to(ROOT).with_suffix(".html")) for path in sources}
    assert wanted <= set(pages)


def test_nothing_is_fetched_from_another_host(pages):
    foreign = {
        (name, address)
        for name, page in pages.items()
        for address in page.fetched
        if re.match(r"(?:[a-z]+:)?//", address)
    }
    assert not foreign


def test_everything_fetched_is_there(pages):
    missing = {
        (name, address)
        for name, page in pages.items()
        for address in page.fetched
        if not address.startswith("data:")
        and not (HTML / name).parent.joinpath(re.split("[?#]", address)[0]).exists()
    }
    assert not missing


def test_images_are_described(pages):
    for name, page in pages.items():
        for image in page.images:
            alt = image.get("alt", "")
            assert alt is not None, name
            assert not re.search(r"\.(png|svg|jpe?g)$|^<?Figure|^_images", alt), (name, alt)


def test_formulas_were_rendered(pages):
    """No formula is left for the browser, and none failed."""
    for name in pages:
        text = (HTML / name).read_text(encoding="utf-8")
        assert "katex-error" not in text, name
        assert "MathJax" not in text, name
        assert not re.search(r'class="math[^"]*">\s*\\[\[(]', text), name
