"""Every page in a real browser: no request elsewhere, a silent console, no fault that axe finds.

Chromium is Debian's, or the one that the environment variable CHROMIUM names.
"""

import json
import re
import sys

import numpy as np
import pytest
from reading import HTML, PHONE, ROOT, faults, missing, weight

from gatedrnn.frameworks.javascript import from_javascript
from gatedrnn.functional import softmax_cross_entropy

SOURCES = [*(ROOT / "chapters").rglob("*.md"), *(ROOT / "book").glob("*.md")]
PAGES = sorted(str(path.relative_to(ROOT).with_suffix(".html")) for path in SOURCES)
KILOBYTES = 1000


@pytest.mark.parametrize("page", [*PAGES, "search.html"])
def test_a_page_has_no_faults(page, browser):
    assert faults(browser, (HTML / page).as_uri()) == []


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_light(page, browser, server):
    size, figures = weight(browser, f"{server}/{page}")
    assert size < (1000 if figures else 500) * KILOBYTES


DOT = "data:image/gif;base64,R0lGODlhAQABAAAAACw="
FAULTS = {
    "another host": ("</head>", '<script src="https://cdn.example.org/a.js"></script></head>'),
    "alt text": ("</article>", f'<img src="{DOT}" alt="fig.png"></article>'),
    "headings of the first level": ("</article>", "<h1>Another</h1></article>"),
    "id twice": ("</article>", '<p id="twice"></p><p id="twice"></p></article>'),
    "raw TeX": ("</article>", r"<p>with \frac{a}{b} left</p></article>"),
    "color-contrast": ("</article>", '<p style="color:#bbb;background:#fff">pale</p></article>'),
    "image-alt": ("</article>", f'<img src="{DOT}"></article>'),
    "console": ("</article>", "<script>console.log('hello')</script></article>"),
    "wider than the window": ("</article>", '<div style="width:3000px">wide</div></article>'),
    "summary-name": ("</article>", "<details><summary></summary>hidden</details></article>"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found(fault, browser):
    """The same page, spoilt: what the tests above look for, they find."""
    page = HTML / "chapters" / "06_conclusion" / "index.html"
    before, after = FAULTS[fault]
    # As deep as the page, for the sake of its addresses, and where no other test looks for pages.
    spoilt = HTML / "_spoilt" / "by_a_test" / "index.html"
    spoilt.parent.mkdir(parents=True, exist_ok=True)
    try:
        spoilt.write_text(page.read_text("utf-8").replace(before, after, 1), encoding="utf-8")
        found = faults(browser, spoilt.as_uri())
    finally:
        spoilt.unlink(missing_ok=True)
    assert any(fault in one for one in found), found


@pytest.fixture(scope="module")
def models():
    script = (HTML / "_static" / "explorers" / "models.js").read_text("utf-8")
    return json.loads(script[script.index("{") :].rstrip(";\n"))


@pytest.fixture
def explorers(browser):
    page = browser.new_page(viewport={"width": 1280, "height": 1600})
    page.goto((HTML / "chapters" / "03_gru" / "explorers.html").as_uri())
    page.wait_for_function("document.querySelector('[data-gate-explorer]').explorer")
    yield page
    page.close()


STEPS = """() => {
  const {steps, models} = document.querySelector("[data-gate-explorer]").explorer;
  const out = {};
  for (const cell of Object.keys(models)) {
    out[cell] = steps[cell].map(step => {
      const values = Object.entries(step).map(([name, value]) => [name, [...value]]);
      return {...Object.fromEntries(values), logits: [...models[cell].logits(step.h)]};
    });
  }
  return out;
}"""


@pytest.mark.parametrize(
    "forced", [None, ("LSTM", "f", "1"), ("GRU", "z", "0"), ("LSTM", "o", "0")]
)
def test_the_gate_explorer_computes_what_numpy_does(forced, explorers, models):
    sentence = "And God said, Let there be light"
    explorers.fill("#gx-text", sentence)
    if forced:
        cell, gate, value = forced
        explorers.select_option(f"#gx-force-{cell}-{gate}", value)
    shown = explorers.evaluate(STEPS)
    reading = models["characters"]
    tokens = np.array([[reading["vocabulary"].index(letter)] for letter in sentence])
    for name, stored in reading["models"].items():
        model = from_javascript(stored, dtype=np.float64)
        if forced and forced[0] == name:
            rows = model.cell.block(forced[1])
            model.params["cell.W"][rows] = model.params["cell.U"][rows] = 0
            model.params["cell.b"][rows] = 50 if forced[2] == "1" else -50
        logits, _, tape = model.forward(tokens)
        gates = dict(zip(model.cell.gates, tape.cell.gates.swapaxes(0, 1), strict=True))
        for t, step in enumerate(shown[name]):
            np.testing.assert_allclose(step["logits"], logits[t, 0], atol=1e-5)
            for gate, values in gates.items():
                np.testing.assert_allclose(step[gate], values[t, :, 0], atol=1e-5)


def test_the_gradient_explorer_computes_what_numpy_does(explorers, models):
    T = 40
    lengths = explorers.evaluate(f"""() => {{
      const explorer = document.querySelector("[data-gradient-explorer]").explorer;
      const found = explorer.measure({T}, 0.5);
      return Object.fromEntries(Object.entries(found).map(([name, of]) => [name, [...of]]));
    }}""")
    digits = models["recall"]["digits"]
    xs = np.zeros((T, 1, 12))
    xs[np.arange(T - 1), 0, digits[: T - 1]] = 1
    xs[0, 0, 10] = xs[-1, 0, 11] = 1
    for name, stored in models["recall"]["models"].items():
        model = from_javascript(stored, readout="last", dtype=np.float64)
        if name != "RNN":
            model.cell.params["b"][model.cell.block({"LSTM": "f", "GRU": "z"}[name])] += 0.5
        for t in (1, 7, 39):
            _, state, _ = model.cell.forward(xs[:t])
            hs, _, tape = model.cell.forward(xs[t:], state)
            out, kept = model.readout.forward(hs[-1])
            dhs = np.zeros_like(hs)
            dout = softmax_cross_entropy(out, np.array(digits[:1]))[1]
            dhs[-1], _ = model.readout.backward(dout, kept)
            _, dstate, _ = model.cell.backward(dhs, tape)
            exact = np.linalg.norm(np.concatenate(dstate))
            np.testing.assert_allclose(lengths[name][t - 1], exact, rtol=1e-5)


def test_the_gate_explorer_by_keyboard(explorers):
    explorers.fill("#gx-text", "In the beg")
    explorers.focus("#gx-time")
    for _ in range(3):
        explorers.keyboard.press("ArrowLeft")
    assert "After “In the ”" in explorers.inner_text(".gx-note")
    explorers.select_option("#gx-unit-LSTM", "5")
    assert "(unit 5: i " in explorers.inner_text(".gx-note")
    box = explorers.locator(".gx-box").first
    box.focus()
    explorers.keyboard.press("Home")
    assert "After “I”" in explorers.inner_text(".gx-note")


def test_the_gate_explorer_says_what_it_leaves_out(explorers):
    explorers.fill("#gx-text", "In 1611 ☺")
    assert "Left out, for the models have never seen them: 1 6 ☺." in explorers.inner_text(
        ".gx-note"
    )
    explorers.fill("#gx-text", "")
    assert "Type at least one character." in explorers.inner_text(".gx-note")


def test_moving_the_bias_moves_the_curve(explorers):
    before = explorers.inner_text(".gr-table")
    explorers.evaluate("""() => {
      const slider = document.querySelector("#gr-bias");
      slider.value = -3;
      slider.dispatchEvent(new Event("input"));
    }""")
    after = explorers.inner_text(".gr-table")
    rnn, lstm = (
        [re.search(rf"{name}.*", text)[0] for text in (before, after)] for name in ("RNN", "LSTM")
    )
    assert rnn[0] == rnn[1]
    assert lstm[0] != lstm[1]


def test_the_tabs_remember_the_choice_across_pages(browser, server):
    context = browser.new_context(viewport=PHONE)
    page = context.new_page()
    page.goto(f"{server}/chapters/02_lstm/backward.html")
    page.locator(".sd-tab-label", has_text="PyTorch").first.click()
    page.goto(f"{server}/chapters/05_practice/weather.html")
    chosen = page.locator(".sd-tab-set input:checked + label").all_inner_texts()
    context.close()
    assert set(map(str.strip, chosen)) == {"PyTorch"}


@pytest.mark.parametrize("page", ["02_lstm/index"])
def test_a_downloaded_notebook_runs_by_itself(page):
    from check_downloads import NOTEBOOKS, run

    notebook = NOTEBOOKS / f"{page}.ipynb"
    if not notebook.exists():
        missing("the pages are not built: run 'make book'")
    assert run(notebook, sys.executable, "numpy>=2") == ""
