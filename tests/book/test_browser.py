"""Every page in a real browser: no request elsewhere, a silent console, no fault that axe finds.

Chromium is Debian's, or the one that the environment variable CHROMIUM names.
"""

import random
import re
import sys

import numpy as np
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
    faults,
    missing,
    stored_script,
)

from gatedrnn.frameworks.javascript import from_javascript
from gatedrnn.functional import softmax, softmax_cross_entropy

SOURCES = [*(ROOT / "chapters").rglob("*.md"), *(ROOT / "book").glob("*.md")]
PAGES = sorted(str(path.relative_to(ROOT).with_suffix(".html")) for path in SOURCES)


@pytest.mark.parametrize("page", [*PAGES, "search.html"])
def test_a_page_has_no_faults(page, browser):
    assert faults(browser, (HTML / page).as_uri()) == []


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
    "weight": ("</article>", f"<!-- {random.Random(0).randbytes(900_000).hex()} --></article>"),
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
    return stored_script(HTML / "_static" / "explorers" / "models.js")


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


def uniform(seed):
    """The page's numbers between 0 and 1 (mulberry32), once more."""
    a, whole = seed, 0xFFFFFFFF
    while True:
        a = (a + 0x6D2B79F5) & whole
        t = ((a ^ a >> 15) * (a | 1)) & whole
        t ^= (t + (t ^ t >> 7) * (t | 61)) & whole
        yield ((t ^ t >> 14) + 0.5) / 2**32


def written(model, letters, beginning, length, temperature, seed):
    """What NumPy writes, by the rule of the page."""
    random = uniform(seed)
    out, state, _ = model.forward(np.array([[letters.index(one)] for one in "\n" + beginning]))
    text = []
    for _ in range(length):
        noise = [-np.log(-np.log(next(random))) for _ in letters] if temperature else 0.0
        token = int((out[-1, 0] + temperature * np.array(noise)).argmax())
        text.append(letters[token])
        out, state, _ = model.forward(np.array([[token]]), state)
    return "".join(text)


@pytest.fixture(scope="module")
def writers():
    return stored_script(HTML / "_static" / "explorers" / "writers.js")


@pytest.fixture
def writing(browser):
    page = browser.new_page(viewport=PHONE, reduced_motion="reduce")
    page.goto((HTML / "chapters" / "05_practice" / "text_generation.html").as_uri())
    page.wait_for_function("document.querySelector('[data-writer]').writer")
    yield page
    page.close()


DONE = "document.querySelector('.wr-note').textContent.startsWith('Done')"


@pytest.mark.parametrize(("cell", "temperature"), [("LSTM", 0.6), ("GRU", 0)])
def test_the_page_writes_what_numpy_does(cell, temperature, writing, writers):
    beginning = "And Noah said, ☺"
    writing.fill("#wr-text", beginning)
    writing.select_option("#wr-cell", cell)
    writing.fill("#wr-temperature", str(temperature))
    writing.fill("#wr-length", "100")
    writing.fill("#wr-seed", "7")
    writing.get_by_role("button", name="Write").click()
    writing.wait_for_function(DONE)
    assert "Left out, for the models have never seen them: ☺" in writing.inner_text(".wr-note")
    model = from_javascript(writers["models"][cell], dtype=np.float64)
    letters = writers["vocabulary"]
    wanted = beginning[:-1] + written(model, letters, beginning[:-1], 100, temperature, 7)
    assert writing.evaluate("document.querySelector('.wr-text').textContent") == wanted
    shown = writing.evaluate(
        """async ([cell, text]) => {
          const {writer} = document.querySelector("[data-writer]");
          const model = (await writer.models())[cell];
          return [...window.gated.softmax(writer.read(model, text).logits)];
        }""",
        [cell, beginning[:-1]],
    )
    tokens = np.array([[letters.index(one)] for one in "\n" + beginning[:-1]])
    exact = softmax(model.forward(tokens)[0][-1, 0])
    np.testing.assert_allclose(shown, exact, atol=1e-5)


def test_writing_by_keyboard_and_by_ear(writing):
    """Nothing is loaded before it is needed, only the end is announced, axe finds no fault."""
    assert not writing.evaluate("Boolean(window.gatedWriters)")
    writing.focus("#wr-text")
    for _ in range(5):  # cell, seed, temperature, length, button
        writing.keyboard.press("Tab")
    assert writing.evaluate("document.activeElement.textContent") == "Write"
    writing.keyboard.press("Enter")
    writing.wait_for_function(DONE)
    first = writing.inner_text(".wr-text")
    assert writing.get_by_role("status").filter(has_text="Done: 300 characters").count() == 1
    assert writing.locator(".wr-text[aria-live], [aria-live] .wr-text").count() == 0
    writing.keyboard.press("Tab")
    writing.keyboard.press("Enter")  # again, with the next seed
    writing.wait_for_function(f"{DONE} && document.querySelector('#wr-seed').value === '1'")
    assert writing.inner_text(".wr-text") != first
    writing.check("#wr-shade")
    writing.evaluate(AXE.read_text("utf-8"))
    for theme in ("light", "dark"):
        writing.evaluate(SET_THEME, theme)
        writing.wait_for_timeout(300)
        assert writing.evaluate(RUN_AXE.replace("document", "'[data-writer]'"), RULES) == []


def test_writing_can_be_stopped(browser):
    page = browser.new_page(viewport=LAPTOP, reduced_motion="no-preference")
    page.goto((HTML / "chapters" / "05_practice" / "text_generation.html").as_uri())
    page.get_by_role("button", name="Write").click()
    page.wait_for_function("document.querySelectorAll('.wr-text span').length > 5")
    page.keyboard.press("Escape")
    assert re.match(r"Stopped: \d+ characters", page.inner_text(".wr-note"))
    count = page.locator(".wr-text span").count()
    page.wait_for_timeout(150)
    assert page.locator(".wr-text span").count() == count < 300
    page.close()


def test_every_player_has_a_name_and_fits_a_phone(browser):
    """It plays from the page itself, waits to be asked, and says above itself what is heard."""
    page = browser.new_page(viewport=PHONE)
    for name in WITH_SOUND:
        page.goto((HTML / "chapters" / f"{name}.html").as_uri())
        players = page.evaluate(PLAYERS)
        assert len(players) >= 2
        for one in players:
            assert (one["controls"], one["autoplay"]) == (True, False), (name, one)
            assert one["label"].strip(), name
            assert one["label"] in one["above"], (name, one)
            assert one["seconds"] > 0.2, (name, one)
            assert one["right"] <= 390, (name, one)
            assert one["bytes"] < 150_000, (name, one["label"])
    page.close()


WITH_SOUND = ("03_gru/cases", "05_practice/music", "05_practice/speech_to_text",
              "05_practice/emotion")  # fmt: skip
PLAYERS = """async () => {
  const players = [...document.querySelectorAll("article audio")];
  return Promise.all(players.map(async audio => {
    audio.closest("details")?.setAttribute("open", "");
    if (audio.readyState < 1) {
      await new Promise(done => { audio.onloadedmetadata = audio.onerror = done; });
    }
    return {
      controls: audio.controls, autoplay: audio.autoplay, seconds: audio.duration,
      label: audio.getAttribute("aria-label"), above: audio.parentElement.textContent,
      right: audio.getBoundingClientRect().right, bytes: audio.src.length,
    };
  }));
}"""


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
    from check_downloads import NOTEBOOKS, Environment, run

    notebook = NOTEBOOKS / f"{page}.ipynb"
    if not notebook.exists():
        missing("the pages are not built: run 'make book'")
    assert run(notebook, Environment(sys.executable, ["numpy>=2"])) == ""
