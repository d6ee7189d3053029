"""The teacher's pages: exercises, figures and the plan are those of the book, all of them."""

import gzip
import json
import os
import re
import sys
import zipfile

import numpy as np
import pytest
from reading import ROOT, stored_script

from gatedrnn import data
from gatedrnn.frameworks.javascript import from_javascript
from gatedrnn.functional import softmax_cross_entropy
from gatedrnn.train import evaluate

sys.path.insert(0, str(ROOT / "book" / "_ext"))

from exercise_table import judgements, time
from figure_files import ARCHIVE, figures_of, write_archive
from notebook_table import frameworks

from execute import TIMES, name_of, pages, read_page
from writers import REPORT, WEIGHTS, parts

HTML = ROOT / "_build" / "html"
JUDGEMENTS = ROOT / "book" / "exercises.toml"
EXERCISE = re.compile(r"^`{3,}\{exercise\}.*\n:label: ([\w-]+)$", re.MULTILINE)


def labels():
    """The labels of all exercises, from the sources, and the page of each."""
    found = {}
    for page in sorted((ROOT / "chapters").rglob("*.md")):
        for label in EXERCISE.findall(page.read_text("utf-8")):
            found[label] = page.relative_to(ROOT).with_suffix("").as_posix()
    return found


def built(name):
    file = HTML / f"{name}.html"
    if not file.exists():
        (pytest.fail if os.environ.get("CI") else pytest.skip)("the pages are not built")
    return file.read_text("utf-8")


def test_every_exercise_is_judged():
    assert len(labels()) > 100
    assert set(judgements(JUDGEMENTS)) == set(labels())


@pytest.mark.parametrize(
    "entry",
    ["level = 4", "minutes = 0", 'minutes = "long"', 'tools = "pencil"', 'trains = " "'],
)
def test_a_judgement_that_says_nothing_is_refused(entry, tmp_path):
    key = entry.partition(" ")[0]
    entries = {"level": "level = 1", "minutes": "minutes = 5", "tools": 'tools = "paper"',
               "trains": 'trains = "a"'} | {key: entry}  # fmt: skip
    file = tmp_path / "some.toml"
    file.write_text("[ex-a]\n" + "\n".join(entries.values()), encoding="utf-8")
    with pytest.raises(ValueError, match="ex-a"):
        judgements(file)


def test_times_are_read_easily():
    assert (time(50), time(60), time(125)) == ("50 minutes", "1 h 00", "2 h 05")


def test_the_page_of_exercises_has_each_of_them_once():
    text = built("book/exercises")
    table = "".join(re.findall(r'<table class="exercise-table[^>]*>.*?</table>', text, re.DOTALL))
    linked = re.findall(r'href="\.\./([\w/]+)\.html#(ex-[\w-]+)"', table)
    assert sorted(linked) == sorted((page, label) for label, page in labels().items())
    for page, label in linked:
        assert f'id="{label}"' in built(page)


def every_figure():
    """The numbered figures that stand in the finished pages."""
    found = []
    for page in pages():
        name = page.relative_to(ROOT).with_suffix("").as_posix()
        found += re.findall(r'<figure[^>]*\bid="(fig-[\w-]+)"', built(name))
    return found


def test_every_figure_is_in_the_archive_and_in_the_gallery():
    wanted = every_figure()
    gallery = built("book/figures")
    with zipfile.ZipFile(HTML / ARCHIVE) as archive:
        names = archive.namelist()
        readme = archive.read("figures/README.md").decode()
        drawings = [archive.read(name) for name in names if name.endswith(".svg")]
    assert len(names) == len(set(names)) == len(wanted) + 1
    assert all(b"<svg" in drawing[:1000] for drawing in drawings)
    for label in wanted:
        name = rf"figure-[\d.]+-{label.removeprefix('fig-')}\.\w+"
        assert sum(bool(re.fullmatch(f"figures/{name}", one)) for one in names) == 1
        assert len(re.findall(rf"^## {name}\n\n\S.*\n\nDescription: \S", readme, re.MULTILINE)) == 1
        assert len(re.findall(rf'download="{name}"', gallery)) == 1
    sources = re.findall(r'<li><img [^>]*loading="lazy" alt="[^"]{20,}" src="([^"]+)"', gallery)
    assert len(sources) == len(wanted)
    assert all((HTML / "book" / source).exists() for source in sources)


PAGE = """<figure class="align-default" id="fig-lstm-cell"><img alt="A" src="../_images/a.svg" />
<figcaption><p><span class="caption-number">Fig. 2.1 </span><span class="caption-text">A cell with
<span class="katex"><math><annotation encoding="application/x-tex">f_t</annotation></math></span>, a
<a href="../book/glossary.html#term-gate" id="x">gate</a>.</span></p></figcaption></figure>
<figure style="margin: 0"><figcaption>A sound</figcaption><audio></audio></figure>"""


def test_a_figure_is_what_its_page_shows(tmp_path):
    (one,) = figures_of("chapters/a", PAGE, tmp_path / "chapters")
    assert (one.name, one.number) == ("figure-2.01-lstm-cell.svg", "2.1")
    assert one.text == "A cell with $f_t$, a gate."
    assert not re.search('href|id="', one.caption)
    assert one.file == tmp_path / "_images" / "a.svg"


def test_the_same_figures_give_the_same_archive(tmp_path):
    (tmp_path / "_images").mkdir()
    (tmp_path / "_images" / "a.svg").write_text("<svg/>", encoding="utf-8")
    figures = list(figures_of("chapters/a", PAGE, tmp_path / "chapters"))
    for name, seconds in (("one", 1e9), ("two", 1.5e9)):
        os.utime(tmp_path / "_images" / "a.svg", (seconds, seconds))
        write_archive(tmp_path / f"{name}.zip", figures, "Gated", "Somebody")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_a_lecture_fills_its_time():
    text = (ROOT / "book" / "teaching.md").read_text("utf-8")
    lectures = re.findall(r"^### (.*?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL)
    assert len(lectures) == 8
    for lecture in lectures:
        assert sum(map(int, re.findall(r"^\| (\d+) \|", lecture, re.MULTILINE))) == 90, lecture


def test_what_a_page_needs_is_read_from_its_cells():
    page = {name_of(page).with_suffix("").as_posix(): read_page(page) for page in pages()}
    assert frameworks(page["01_introduction/background"]) == ([], [])
    assert frameworks(page["02_lstm/principle"]) == ([], ["PyTorch", "MXNet"])
    assert "PyTorch" in frameworks(page["04_comparison/cost"])[0]


def test_the_table_of_pages_has_every_page_that_computes():
    text = built("book/teaching")
    for page in pages():
        if (
            any(cell.cell_type == "code" for cell in read_page(page).cells)
            and page.name != "index.md"
        ):
            assert f"{page.relative_to(ROOT).with_suffix('').as_posix()}.html" in text


def test_no_time_is_left_of_a_page_that_is_gone():
    known = {name_of(page).with_suffix("").as_posix() for page in pages()}
    assert set(json.loads(TIMES.read_text("utf-8"))) <= known


def test_the_weights_leave_the_page_below_a_megabyte():
    assert len(gzip.compress(WEIGHTS.read_bytes())) < 350_000


@pytest.mark.parametrize("name", ["LSTM", "GRU"])
def test_the_writers_predict_as_well_as_the_text_says(name):
    """On pieces of what was held out; the report has the mean over all of it."""
    stored, report = stored_script(WEIGHTS), json.loads(REPORT.read_text("utf-8"))
    model = from_javascript(stored["models"][name])
    assert model.num_parameters == report["parameters"][name]
    held_out = parts()[1]
    assert len(held_out) == report["characters"]["held out"]
    tokens = data.Vocabulary("".join(stored["vocabulary"])).encode(held_out)
    batches = data.contiguous_batches(tokens, 64, 500)[:4]
    bits = evaluate(model, batches, softmax_cross_entropy, carry_state=True) / np.log(2)
    assert abs(bits - report["bits"][name]) < 0.1
