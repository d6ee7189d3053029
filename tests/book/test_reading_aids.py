"""What helps to read: previews of links, terms linked where they are met, times, the search."""

import re
import sys

import pytest
from reading import (
    AXE,
    HTML,
    LAPTOP,
    PHONE,
    ROOT,
    RULES,
    RUN_AXE,
    SET_THEME,
    TWICE,
    missing,
)
from sphinx.application import Sphinx

sys.path.insert(0, str(ROOT / "book" / "_ext"))

from glossary_links import Terms
from link_previews import ARTICLE, LINK, previews_of
from reading_time import count_words, sentence
from search_symbols import SearchSymbols

PRINCIPLE = "chapters/02_lstm/principle.html"
BOX = ".tippy-box"


def texts():
    pages = [*sorted((HTML / "chapters").rglob("*.html")), *sorted((HTML / "book").glob("*.html"))]
    if not pages:
        missing("the pages are not built: run 'make book'")
    return {str(page.relative_to(HTML)): page.read_text("utf-8") for page in pages}


# Previews.


def test_every_link_in_the_text_has_a_preview():
    links = [
        (page, link[0])
        for page, text in texts().items()
        for link in LINK.finditer(ARTICLE.search(text)[0])
    ]
    assert len(links) > 500
    assert [link for link in links if 'data-preview=""' not in link[1]] == []


def test_a_preview_has_no_names_and_no_links():
    for file in (HTML / "_static" / "previews").rglob("*.html.js"):
        found = re.findall(r"<[^>]* (?:id|for|href|tabindex)=[^>]*>", file.read_text("utf-8"))
        assert found == [], file


PAGE = """<html><body><nav><section id="x"></section></nav><article><section id="top"><h1>Title
<a class="headerlink" href="#top">#</a></h1><p data-no-preview="">Reading time</p>
<p>After this page you can</p><ul><li>see</li></ul><p>More.</p>
<section id="part"><span id="second-name"></span><h2>Part</h2><p>First.</p><p>Second.</p></section>
<table id="numbers"><tr><td>12</td></tr></table><span id="below"></span><p>A paragraph.</p>
<dl><dt id="a">A</dt><dt id="b">B</dt><dd><p>Both, see <a href="#a" title="t">A</a>.</p></dd></dl>
<figure id="fig"><img src="../_images/f.png" alt="A curve"/></figure><div id="cell">x</div>
</section></article></body></html>"""


@pytest.mark.parametrize(
    ("name", "inside", "outside"),
    [
        ("", ["Title", "After this page", "<li>see</li>"], ["Reading time", "More", "#"]),
        ("part", ["Part", "First."], ["Second."]),
        ("second-name", ["Part", "First."], ["Second."]),
        ("numbers", ["<td>12</td>"], ["id="]),
        ("below", ["A paragraph."], []),
        ("a", ["A", "Both, see <span>A</span>."], ["href", " title="]),
        ("fig", ['data-src="_images/f.png"', 'alt="A curve"'], [" src="]),
    ],
)
def test_what_a_preview_shows(name, inside, outside):
    found = previews_of("chapters/page.html", PAGE, {name})[name]
    assert [text for text in inside if text not in found] == []
    assert [text for text in outside if text in found] == []


def test_what_is_of_no_known_kind_has_no_preview():
    assert previews_of("page.html", PAGE, {"cell", "x", "absent"}) == {}


@pytest.fixture
def page(browser):
    """A page that must not say anything on its console."""
    opened = browser.new_page(viewport=LAPTOP, reduced_motion="reduce")
    said = []
    opened.on("console", lambda message: said.append((message.text, message.location["url"])))
    opened.on("pageerror", lambda error: said.append((str(error), opened.url)))
    yield opened
    opened.close()
    # A browser asks every server for a favicon.
    assert [one for one in said if not one[1].endswith("/favicon.ico")] == []


@pytest.fixture
def principle(page):
    page.goto((HTML / PRINCIPLE).as_uri())
    return page


@pytest.fixture(params=["served", "from a folder"])
def root(request, server):
    return server if request.param == "served" else HTML.as_uri()


# A page, a link in it, and what its preview must hold.
KINDS = {
    "term": (PRINCIPLE, '[href$="#term-cell-state"]', "changed only by scaling"),
    "equation on another page": (PRINCIPLE, '[href*=".html#equation-"]', ".katex-html"),
    "citation": (PRINCIPLE, '[href*="bibliography.html#"]', "Neural Computation"),
    "figure": (
        "chapters/02_lstm/backward.html",
        '[href*="#fig-"]',
        "img[src*='_images/'], figcaption",
    ),
    "section": ("chapters/02_lstm/backward.html", ':has(> .std-ref)[href*="#"]', ".preview-title"),
    "page": ("chapters/01_introduction/structure.html", ":has(> .doc)", ".preview-title"),
    "exercise": ("chapters/03_gru/advantages.html", '[href*="#ex-"]', ".admonition-title"),
}


def test_previews_of_all_kinds(page, root):
    """In one test, for the sake of its time: a preview each, a silent console, no id twice."""
    for kind, (address, link, wanted) in KINDS.items():
        if not page.url.endswith(address):
            page.goto(f"{root}/{address}")
        page.locator(f"article a[data-preview]{link}").first.hover()
        box = page.locator(BOX)
        box.wait_for()
        shown = box.inner_text() if wanted[0].isalpha() else ""
        assert wanted in shown or box.locator(wanted).count(), (kind, box.inner_html())
        assert page.evaluate(TWICE) == [], kind
        images = "() => [...document.querySelectorAll('.tippy-box img')].map(i => i.decode())"
        page.evaluate(f"async () => Promise.all(({images})())")
        inside = box.bounding_box()
        assert inside["x"] >= 0, kind
        assert inside["x"] + inside["width"] <= LAPTOP["width"], kind
        page.keyboard.press("Escape")
        box.wait_for(state="detached")


def test_a_preview_is_dismissed_reached_and_kept(principle):
    """WCAG 1.4.13, and nothing of it for a screen reader."""
    link = principle.locator('article a[data-preview][href$="#term-cell-state"]').first
    box = principle.locator(BOX)
    link.hover()
    box.wait_for()
    box.hover()  # the pointer may go onto it
    principle.wait_for_timeout(400)
    assert box.is_visible()
    assert principle.locator("[data-tippy-root]").get_attribute("aria-hidden") == "true"
    assert not link.get_attribute("aria-describedby")
    assert not link.get_attribute("aria-expanded")
    principle.keyboard.press("Escape")
    box.wait_for(state="detached")
    principle.mouse.move(5, 5)
    principle.wait_for_timeout(50)
    link.hover()
    box.wait_for()
    principle.mouse.move(5, 5)
    box.wait_for(state="detached")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_a_preview(theme, principle):
    principle.evaluate(SET_THEME, theme)
    principle.locator('article a[data-preview][href*="bibliography.html#"]').first.hover()
    principle.locator(BOX).wait_for()
    principle.evaluate(AXE.read_text("utf-8"))
    assert principle.evaluate(RUN_AXE, RULES) == []


def test_a_preview_by_keyboard(principle):
    principle.locator("article a.reference").first.evaluate("link => link.focus()")
    for _ in range(3):
        principle.keyboard.press("Shift+Tab")
    for _ in range(8):
        principle.keyboard.press("Tab")
        if principle.evaluate("document.activeElement.matches('a[data-preview]')"):
            break
    principle.locator(BOX).wait_for()
    principle.keyboard.press("Tab")
    principle.keyboard.press("Escape")
    principle.locator(BOX).wait_for(state="detached")


def test_a_citation_has_one_tip_and_not_two(principle):
    assert principle.locator("a[data-preview][title]").count() == 0


def test_a_phone_loads_nothing_of_the_previews(browser, server):
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)
    page = context.new_page()
    loaded = []
    page.on("request", lambda request: loaded.append(request.url))
    page.goto(f"{server}/{PRINCIPLE}")
    page.locator('article a[data-preview][href*="glossary.html#"]').first.tap()
    page.wait_for_url("**/glossary.html#*")
    context.close()
    assert [url for url in loaded if "/previews/" in url] == []


# Terms, and times.


def test_terms_in_a_text():
    terms = Terms(["gate", "forget gate", "bias", "TF-IDF", "memory", "parallel scan", "门"])
    text = (
        "Forget gates and a\nGATE, a gate; biases; gated, un-gate; memories; tf-idf, TF-IDF; 遗忘门"
    )
    found = [(term, text[start:end]) for start, end, term in terms.find(text)]
    assert found == [
        ("forget gate", "Forget gates"),
        ("gate", "gate"),
        ("bias", "biases"),
        ("memory", "memories"),
        ("TF-IDF", "TF-IDF"),
        ("门", "门"),
    ]
    assert [text for _, _, text in terms.find("a parallel\nscan")] == ["parallel scan"]
    assert list(Terms([]).find("a gate")) == []


@pytest.fixture(scope="module")
def small_book(tmp_path_factory):
    """Two pages and a glossary, with the extensions under test alone."""
    folder = tmp_path_factory.mktemp("book")
    (folder / "glossary.md").write_text(
        "# Glossary\n\n```{glossary}\nforget gate\n  A gate that opens.\n\ngate\n  A number.\n\n"
        "seed\n  Another.\n\nloss\n  What training makes small.\n\nstep\n  Never linked.\n```\n"
    )
    (folder / "index.md").write_text(
        "# A gate in a title\n\nAfter this page you can\n\n- name a seed;\n\n"
        "`seed`, $seed$, [a seed](glossary.md). Seeds, then a seed; forget gates, gate by gate. "
        "A step.\n\n```{figure} x.png\n:alt: none\nThe loss of a caption.\n```\n\n"
        "```{note}\n:class: dropdown\nThe {term}`loss`, and the loss again.\n```\n\n"
        "```python\n" + "print(step)\n\n" * 20 + "```\n\n"
        "```{toctree}\nglossary\n```\n" + "word " * 400 + "\n"
    )
    (folder / "x.png").write_bytes(b"")
    config = {
        "extensions": ["myst_parser", "glossary_links", "reading_time"],
        "glossary_links_never": ["step"],
        "myst_enable_extensions": ["dollarmath"],
        "reading_time_exclude": ["glossary"],
        "html_theme": "basic",
    }
    out = folder / "out"
    Sphinx(folder, None, out, folder / "trees", "html", config, status=None).build()
    return out


LINKED = re.compile(r'#term-([\w-]+)"><span class="xref std std-term">([^<]*)</span>')


def test_a_term_is_linked_once_in_running_text(small_book):
    body = (small_book / "index.html").read_text("utf-8").partition('role="main"')[2]
    assert LINKED.findall(body) == [
        ("seed", "Seeds"),
        ("forget-gate", "forget gates"),
        ("gate", "gate"),
        ("loss", "loss"),
    ]
    assert LINKED.findall((small_book / "glossary.html").read_text("utf-8")) == []


def test_the_time_stands_below_the_title(small_book):
    body = (small_book / "index.html").read_text("utf-8")
    time = "Reading time: about 3 minutes, and 20 lines of code"
    assert re.search(rf'</h1>\s*<p class="reading-time"[^>]*>{time}</p>', body)
    assert "reading-time" not in (small_book / "glossary.html").read_text("utf-8")


def test_words_are_counted():
    assert count_words("It's a forget-gate: 1.5 of σ, no more.") == 8
    assert count_words("长短期记忆 is LSTM") == 4


def test_a_time_is_said():
    assert sentence(1, 0) == sentence(1, 30) == "Reading time: about a minute"
    assert sentence(14, 1) == "Reading time: about 14 minutes"
    assert sentence(14, 120) == "Reading time: about 14 minutes, and 120 lines of code"


def test_no_page_of_the_book_is_a_thicket():
    """Links that nobody wrote must not outnumber the paragraphs."""
    for name, text in texts().items():
        if not name.startswith("book/"):
            terms = LINKED.findall(ARTICLE.search(text)[0])
            assert len(terms) <= 40, name
            assert len(terms) < text.count("<p>"), name


# The search, and what else a reader uses.

QUERIES = {
    "ctc_loss": "chapters/05_practice/speech_to_text.html",
    "dhs": "book/notation.html",
    "σ": "book/notation.html",
    "∘": "book/notation.html",
    "W_f": "book/notation.html",
    "tanh": "chapters/02_lstm/principle.html",
    "LSTMCell": "chapters/04_comparison/parameters.html",
    "hs": "book/notation.html",
    "hs[t]": "chapters/01_introduction/background.html",
    "forget gate": "book/glossary.html",
}


def test_the_search_splits_code_and_symbols():
    search = SearchSymbols({})
    assert search.split(r"\sigma(W_{f} x_t) ∘ σ") == ["sigma", "W_f", "x_t", "circ", "sigma"]
    assert search.split("ctc_loss(xs)") == ["ctc_loss", "xs"]
    assert search.split("nnx.OptimizedLSTMCell") == ["nnx", "OptimizedLSTMCell", "LSTMCell"]
    assert [search.stem(word) for word in ("hs", "states")] == ["hs", "state"]


def test_the_search_finds(page, root):
    for query, wanted in QUERIES.items():
        page.goto(f"{root}/search.html?q={query}")
        page.get_by_text("Search finished").wait_for()
        links = page.locator("#search-results li > a")
        found = links.evaluate_all("links => links.map(link => link.href.replace(/[?#].*/, ''))")
        first = found[:1] if wanted.startswith("book/") else found
        assert f"{root}/{wanted}" in first, query


def test_code_is_copied_by_keyboard(browser, server):
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(f"{server}/{PRINCIPLE}")
    button = page.get_by_role("button", name="Copy").first
    code = page.locator(".cell_input pre").first.inner_text()
    button.focus()
    page.keyboard.press("Enter")
    copied = page.evaluate("navigator.clipboard.readText()")
    context.close()
    assert copied.strip() == code.strip()


def test_a_solution_opens_by_keyboard(principle):
    summary = principle.locator(".solution .toggle-button, .solution summary").first
    principle.wait_for_selector(".solution .toggle-button, .solution summary")
    hidden = principle.locator(".solution section, .solution .sd-summary-content").first
    assert not hidden.is_visible()
    summary.focus()
    principle.keyboard.press("Enter")
    assert hidden.is_visible()


def test_the_next_page_and_back(principle):
    principle.locator(".prev-next-footer a.right-next").click()
    assert principle.url.endswith("chapters/02_lstm/backward.html")
    principle.locator(".prev-next-footer a.left-prev").click()
    assert principle.url.endswith(PRINCIPLE)
