"""`gatedrnn compare`: fair, without leaks, in time, and a report that stands by itself."""

import os
import re
import signal
import subprocess
import sys
import time
from html.parser import HTMLParser
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import gatedrnn
from gatedrnn.cli import main
from gatedrnn.comparison import prepare, race
from gatedrnn.comparison.forecasts import linear_forecast, seasonal_forecast
from gatedrnn.comparison.judge import contrast, judge
from gatedrnn.comparison.race import Outcome, Run
from gatedrnn.study import count_parameters
from gatedrnn.train import DivergedError, History

QUICK = {"minutes": None, "seeds": 2, "epochs": 2}
WORDS = ("sun wind sea hill", "rain cloud fog mud")


def series(rows=240, seed=0):
    """A wave that is easier to see through than to repeat, and a second column."""
    rng = np.random.default_rng(seed)
    angle = np.arange(rows) / 3
    return pd.DataFrame(
        {
            "when": pd.date_range("2020-01-01", periods=rows, freq="h").astype(str),
            "level": 5 + 2 * np.sin(angle) + rng.normal(0, 0.1, rows),
            "other": np.cos(angle) + rng.normal(0, 0.1, rows),
        }
    )


def texts(each=60):
    rng = np.random.default_rng(0)
    rows = [
        (label, " ".join(rng.choice(words.split(), 7)) + f" {number}")
        for label, words in zip(("good", "bad"), WORDS, strict=True)
        for number in range(each)
    ]
    return pd.DataFrame(rows, columns=["label", "text"])


def prose():
    rng = np.random.default_rng(0)
    words = np.array(" ".join(WORDS).split())
    return "\n".join(" ".join(rng.choice(words, 8)) for _ in range(200))


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compare")
    series().to_csv(folder / "series.csv", index=False)
    texts().to_csv(folder / "texts.csv", index=False)
    (folder / "prose.txt").write_text(prose())
    return {
        "series": (folder / "series.csv", "level"),
        "labelled texts": (folder / "texts.csv", "label"),
        "text": (folder / "prose.txt", None),
    }


@pytest.fixture(scope="module")
def found(files):
    return {kind: gatedrnn.compare(*file, **QUICK) for kind, file in files.items()}


KINDS = ["series", "labelled texts", "text"]


def arrays(batches):
    for batch in batches:
        parts = batch if isinstance(batch, tuple) else (batch.inputs, batch.targets, batch.lengths)
        yield from parts


def same(first, second):
    pairs = zip(arrays(first), arrays(second), strict=True)
    return all(np.array_equal(one, two) for one, two in pairs)


@pytest.mark.parametrize("kind", KINDS)
def test_all_kinds_are_recognised_and_scored(kind, found):
    one = found[kind]
    assert one.problem.kind == kind
    table = one.table()
    assert list(table.index[-3:]) == ["RNN", "LSTM", "GRU"]
    assert len(table) >= 5
    assert np.isfinite(table[one.problem.score_name].astype(float)).all()
    cells = table.iloc[-3:]
    assert (cells["seeds"] == 2).all()
    assert (cells["low"] <= cells[one.problem.score_name]).all()
    assert (cells["high"] >= cells[one.problem.score_name]).all()
    assert repr(one).startswith(f"<Comparison of {one.problem.name}, 2 seeds: ")


@pytest.mark.parametrize("kind", KINDS)
def test_cells_have_equal_parameters_and_the_same_search(kind, found):
    problem, outcome = found[kind].problem, found[kind].outcome
    counts = [
        count_parameters(cell, problem.input_size, H) + problem.output_size * (H + 1)
        for cell, H in outcome.sizes.items()
    ]
    assert max(counts) <= 1.02 * min(counts)
    tried = {cell: [r for c, r, _ in outcome.search if c == cell] for cell in outcome.sizes}
    assert tried["RNN"] == tried["LSTM"] == tried["GRU"] == list(race.RATES)
    best = {
        cell: min((loss, rate) for c, rate, loss in outcome.search if c == cell)[1]
        for cell in outcome.sizes
    }
    assert outcome.rates == best
    assert {(run.cell, run.seed) for run in outcome.runs} == {
        (cell, seed) for cell in ("RNN", "LSTM", "GRU") for seed in (0, 1)
    }


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_arguments_give_the_same_scores(kind, files, found):
    again = gatedrnn.compare(*files[kind], **QUICK)
    scores, curves = (
        [
            {(run.cell, run.seed): value(run) for run in one.outcome.runs}
            for one in (found[kind], again)
        ]
        for value in (lambda run: run.score, lambda run: tuple(run.history.valid_loss))
    )
    assert scores[0] == scores[1]
    assert curves[0] == curves[1]
    assert len(set(curves[0].values())) == 6  # and another seed another one


def test_what_is_tested_changes_nothing_before_it():
    frame, other = series(), series()
    start = prepare(frame, "level").shown["parts"][2].start
    other.loc[start:, ["level", "other"]] = 1000 * series(seed=1)[["level", "other"]]
    one, two = prepare(frame, "level"), prepare(other, "level")
    assert same(one.train(0), two.train(0))
    assert same(one.valid, two.valid)
    np.testing.assert_array_equal(one.shown["standardiser"].mean, two.shown["standardiser"].mean)
    assert not same(one.test, two.test)
    # The baselines, too, are fitted before the test part: the first forecast knows none of it.
    arguments = [(p.shown["line"], p.shown["scaled"], p.shown["parts"], 8, 1) for p in (one, two)]
    first, second = (linear_forecast(*each)[0] for each in arguments)
    np.testing.assert_array_equal(first, second)


def test_what_validates_changes_neither_scaling_nor_training():
    frame, other = series(), series()
    start = prepare(frame, "level").shown["parts"][1].start
    other.loc[start:, ["level", "other"]] = 1000 * series(seed=1)[["level", "other"]]
    one, two = prepare(frame, "level"), prepare(other, "level")
    assert same(one.train(0), two.train(0))
    assert not same(one.valid, two.valid)


@pytest.mark.parametrize("horizon", [1, 3])
def test_a_forecast_sees_the_rows_before_and_no_other(horizon):
    frame = series().assign(level=np.arange(240.0), other=np.arange(240.0) ** 1.01)
    problem = prepare(frame, "level", horizon=horizon, context=5)
    standardiser = problem.shown["standardiser"]
    parts = [list(problem.train(0)), problem.valid, problem.test]
    seen = []
    for batches in parts:
        rows = []
        for xs, ys in batches:
            level = xs[..., 0] * standardiser.scale[0] + standardiser.mean[0]
            np.testing.assert_allclose(np.diff(level, axis=0), 1, atol=1e-3)
            ahead = ys / ys[:, :1] * np.arange(1, 2)  # changes grow by the same step
            np.testing.assert_allclose(ahead, np.tile(np.arange(1, horizon + 1), (len(ys), 1)))
            rows += [int(row) for row in np.rint(level[-1] + 1)]
        seen.append((min(rows), max(rows) + horizon - 1))
    assert seen == [(5, 167), (168, 203), (204, 239)]


def test_the_baselines_of_a_series():
    frame = series()
    problem = prepare(frame, "level")
    level = frame["level"].to_numpy()
    start = problem.shown["parts"][2].start
    last = np.sqrt(np.mean((level[start:] - level[start - 1 : -1]) ** 2))
    assert problem.summarise(problem.baselines["persistence"]) == pytest.approx(last, rel=1e-5)
    day = np.sqrt(np.mean((level[start:] - level[start - 24 : -24]) ** 2))
    scores = {name: problem.summarise(one) for name, one in problem.baselines.items()}
    assert scores["persistence of a day ago"] == pytest.approx(day, rel=1e-5)
    assert scores["linear map of the window"] < 0.6 * last  # a sine is linear in its past
    np.testing.assert_array_equal(seasonal_forecast(np.arange(9.0), 3, 5, 2)[0], [2, 3])


def test_cells_learn_what_persistence_cannot():
    found = gatedrnn.compare(series(), "level", minutes=None, seeds=2, epochs=10)
    table = found.table()["RMSE"]
    assert (table[["RNN", "LSTM", "GRU"]] < 0.7 * table["persistence"]).all()
    model = found.problem.build("GRU", 8)
    assert found.problem.predict(model).shape == (1,)


def test_the_vocabulary_is_of_the_training_part(tmp_path):
    path = tmp_path / "new.txt"
    path.write_text(prose() + "\nØØØ ends it\n")
    problem = prepare(path)
    assert "Ø" not in problem.shown["vocabulary"]
    assert "1 for unknown" not in str(problem.facts)
    table = texts()
    problem = prepare(table, "label")
    train = set(" ".join(table["text"][list(problem.shown["parts"][0])]).split())
    assert set(problem.shown["vocabulary"]) <= train


def test_texts_are_split_by_label_and_never_seen_twice():
    table = texts()
    again = table.iloc[:9].assign(text=lambda t: "  " + t["text"].str.upper() + " ")
    conflict = pd.DataFrame({"label": ["good", "bad"], "text": ["what is it", "What  is it"]})
    problem = prepare(pd.concat([table, again, conflict]), "label")
    facts = dict(problem.facts)
    assert facts["duplicates"] == "9 texts that came before left out"
    assert facts["conflicts"].startswith("1 texts with different labels left out (2 rows), such as")
    assert facts["labels"] == "bad 60, good 60"
    chosen = [problem.shown["table"].iloc[part] for part in problem.shown["parts"]]
    assert [one["label"].value_counts().to_dict() for one in chosen] == [
        {"good": 42, "bad": 42}, {"good": 9, "bad": 9}, {"good": 9, "bad": 9},
    ]  # fmt: skip
    every = pd.concat(chosen)["text"]
    assert every.is_unique
    assert "what is it" not in set(every)


def test_baselines_of_texts(found):
    labelled = found["labelled texts"].problem
    scores = {name: labelled.summarise(one) for name, one in labelled.baselines.items()}
    assert list(scores.values()) == [0.5, 1.0]
    assert list(scores)[1] == "naive Bayes on the same words"
    bits = found["text"].table()["bits per character"]
    assert bits["single characters"] > 3.5
    assert bits.iloc[1] < 0.5 * bits["single characters"]  # words have few beginnings


def outcome_of(scores, problem):
    """Return the outcome of a race with these losses: cell -> array (seeds, n)."""
    runs = [
        Run(cell, seed, losses, float(problem.summarise(losses)), History())
        for cell, all_losses in scores.items()
        for seed, losses in enumerate(all_losses)
    ]
    return Outcome(dict.fromkeys(scores, 8), runs=runs)


def losses_of(problem, level, spread, rng):
    """Return squared errors of five seeds, about those of the linear map times `level`."""
    base = problem.baselines["linear map of the window"] * level
    return np.stack([base * (1 + spread * rng.uniform(-1, 1)) for _ in range(5)])


@pytest.mark.parametrize(
    ("levels", "spread", "ahead", "said"),
    [
        ((0.8, 0.4, 0.6), 0.01, "LSTM", ["LSTM ahead.", "Both beat the plain", "All three beat"]),
        ((0.8, 0.6, 0.4), 0.01, "GRU", ["GRU ahead.", "Both beat the plain", "All three beat"]),
        ((1.2, 1.6, 1.4), 0.01, "GRU", ["The plain RNN beats both", "beats all of them"]),
        ((1.0, 1.0, 1.0), 0.5, None, ["No difference shown", "no cell is shown to beat"]),
        (
            (0.6, 0.5, 1.2),
            0.01,
            "LSTM",
            [
                "LSTM beats the plain RNN, which beats the GRU",
                "RNN and LSTM beat the best",
                "GRU falls",
            ],
        ),
    ],
)
def test_the_verdict(levels, spread, ahead, said, found):
    problem = found["series"].problem
    cells = zip(("RNN", "LSTM", "GRU"), levels, strict=True)
    rng = np.random.default_rng(0)
    scores = {cell: losses_of(problem, level, spread, rng) for cell, level in cells}
    judgement = judge(problem, outcome_of(scores, problem))
    assert judgement.ahead == ahead
    assert all(one in " ".join(judgement.sentences) for one in said), judgement.sentences


def test_a_difference_must_hold_over_the_targets_too(found):
    problem = found["series"].problem
    one = np.ones((5, 40)) + 1e-4 * np.arange(5)[:, None]
    two = one.copy()
    two[:, 3] = 9.0  # all of the difference is in one target
    found = contrast("LSTM", "GRU", one, two, problem)
    assert found.seeds.high < 0
    assert found.ahead is None
    two[:] = 2.0
    assert contrast("LSTM", "GRU", one, two, problem).ahead == "LSTM"


def test_the_bootstrap_over_targets_has_the_width_that_theory_says(found):
    problem = found["labelled texts"].problem  # a mean of independent targets
    rng = np.random.default_rng(0)
    one, two = rng.normal(0.3, 1, (1, 2000)), np.zeros((1, 2000))
    interval = contrast("a", "b", np.repeat(one, 2, 0), np.repeat(two, 2, 0), problem).targets
    assert interval.high - interval.low == pytest.approx(2 * 1.96 / np.sqrt(2000), rel=0.1)
    assert interval.low < one.mean() < interval.high


def test_one_round_is_not_enough(files):
    found = gatedrnn.compare(*files["series"], minutes=None, seeds=1, epochs=1)
    assert found.ahead is None
    assert found.verdict.startswith("Nothing can be concluded: 1 of at least 2 rounds")


def test_a_diverged_training_costs_every_cell_its_seed(files, monkeypatch):
    fit = race.fit

    def sometimes(model, *arguments, **settings):
        trained.append(model)
        if len(trained) == 9 + 5:  # after 9 trials of rates, the LSTM with seed 1
            raise DivergedError("the loss is nan")
        return fit(model, *arguments, **settings)

    trained = []
    monkeypatch.setattr(race, "fit", sometimes)
    found = gatedrnn.compare(*files["series"], minutes=None, seeds=3, epochs=1)
    assert found.outcome.rounds() == [0, 2]
    assert found.table()["seeds"].iloc[-3:].tolist() == [2, 2, 2]
    assert "1 training diverged" in re.sub(r"\s+", " ", saved(found))


def saved(found):
    from gatedrnn.comparison.report import page

    return page(found)


@pytest.mark.parametrize("minutes", [0.02, 0.05])
def test_the_time_is_kept(minutes, files, monkeypatch):
    # Counted in the time of the processor: others may be using the machine, too.
    own = SimpleNamespace(monotonic=time.process_time)
    monkeypatch.setattr(race, "time", own)
    monkeypatch.setattr(sys.modules["gatedrnn.comparison.comparison"], "clock", own)
    start = time.process_time()
    found = gatedrnn.compare(*files["text"], minutes=minutes, seeds=1000)
    assert time.process_time() - start < 60 * minutes + 3
    assert found.outcome.ended == "time"
    assert f"{found.seconds:.0f}" in saved(found)


def test_ctrl_c_keeps_complete_rounds(files, monkeypatch):
    final = race._final

    def interrupted(outcome, problem, clock, cell, seed):
        if (cell, seed) == ("GRU", 2):
            raise KeyboardInterrupt
        return final(outcome, problem, clock, cell, seed)

    monkeypatch.setattr(race, "_final", interrupted)
    found = gatedrnn.compare(*files["series"], minutes=None, seeds=9, epochs=1)
    assert found.outcome.ended == "interrupted"
    assert found.table()["seeds"].iloc[-3:].tolist() == [2, 2, 2]
    assert "The race was interrupted" in saved(found)


@pytest.mark.skipif(os.name != "posix", reason="signals as on POSIX")
def test_ctrl_c_on_the_command_line(files, tmp_path):
    file, target = files["series"]
    # Where pytest runs in the background, its children would be deaf to SIGINT.
    code = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from gatedrnn.cli import main
from gatedrnn.comparison import race

def announced(*arguments):
    print("training", flush=True)
    return train(*arguments)

train, race._train = race._train, announced
sys.exit(main())
"""
    command = [sys.executable, "-c", code, "compare", file, "--target", target]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        for line in process.stdout:  # what was understood; then the race begins
            if line == "training\n":
                process.send_signal(signal.SIGINT)
                break
        out, err = process.communicate(timeout=600)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert "interrupted: the report has what was measured until then" in err
    assert "report: series-compare.html" in out
    assert "The race was interrupted" in (tmp_path / "series-compare.html").read_text()


def test_a_second_ctrl_c_ends_at_once(files, tmp_path, monkeypatch, capsys):
    def again(found, path):
        raise KeyboardInterrupt

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("gatedrnn.comparison.Comparison.save", again)
    file, target = files["series"]
    assert main(["compare", str(file), "--target", target, "--minutes", "0.02"]) == 130
    assert capsys.readouterr().err == "error: interrupted\n"
    assert not list(tmp_path.iterdir())


def test_the_command_line(files, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    file, target = files["series"]
    arguments = ["--target", target, "--seeds", "2", "--epochs", "1", "--output", "r.html"]
    assert main(["compare", str(file), *arguments]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert "hourly, 2020-01-01 to 2020-01-10 23:00" in out
    assert re.search(r"LSTM +\d[\d.]* +\d[\d.]* to \d[\d.]* +2 ", out)
    assert out.endswith("report: r.html\n")
    assert (tmp_path / "r.html").read_text().endswith("</html>\n")


class Page(HTMLParser):
    """What a reader, a screen reader and a browser find in a page."""

    def __init__(self, text):
        super().__init__()
        self.headings, self.links, self.ids, self.images, self.tags = [], [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags.append(tag)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if tag == "svg":
            self.images.append((attributes.get("role"), attributes.get("aria-label")))
        self.links += [
            attributes[key] for key in ("src", "href", "xlink:href") if key in attributes
        ]


@pytest.mark.parametrize("kind", KINDS)
def test_the_report_stands_by_itself(kind, found):
    text = saved(found[kind])
    page = Page(text)
    assert "http" not in re.sub(r'<meta http-equiv="[^"]*"', "", text)
    assert "script" not in page.tags
    assert all(link.startswith("#") for link in page.links)
    assert "url(" not in re.sub(r"url\(#[\w-]+\)", "", text)
    assert len(page.ids) == len(set(page.ids))
    assert {link[1:] for link in page.links} <= set(page.ids)
    assert set(re.findall(r"url\(#([\w-]+)\)", text)) <= set(page.ids)
    assert page.headings[0] == 1
    assert set(page.headings[1:]) == {2}
    assert len(page.images) == {"series": 4}.get(kind, 2)
    assert all(role == "img" and len(label) > 40 for role, label in page.images)
    assert found[kind].judgement.sentences[0] in text
    for _, said in found[kind].problem.facts:
        assert said.split(",")[0] in text.replace("&#39;", "'")
    assert "prefers-color-scheme: dark" in text


def test_what_a_file_says_is_not_html():
    frame = series().rename(columns={"level": "<script>alert(1)</script>", "other": "<b>o</b>"})
    found = gatedrnn.compare(frame, "<script>alert(1)</script>", **QUICK)
    for text in (saved(found), found._repr_html_()):
        assert "<script" not in text
        assert "<b>" not in text


def test_a_notebook_shows_it_without_touching_the_page(found):
    one, two = (found["series"]._repr_html_() for _ in range(2))
    sheets = " ".join(re.findall("<style[^>]*>(.*?)</style>", one, re.DOTALL))
    rules = re.findall(r"([^{}]+)\{[^}]*\}", sheets)
    selectors = [part.strip() for rule in rules for part in rule.split(",")]
    assert len(selectors) > 5
    assert all(selector.startswith(".gatedrnn-compare") for selector in selectors)
    assert not set(Page(one).ids) & set(Page(two).ids)  # shown twice, still valid
    assert "<html" not in one
    assert "http" not in one


@pytest.mark.parametrize("kind", KINDS)
def test_the_code_in_the_report_runs_and_gives_the_same_score(
    kind, found, tmp_path, monkeypatch, capsys
):
    one = found[kind]
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(compile(one.code(), "snippet.py", "exec"), names)
    run = one.outcome.of(one.recommended)[0]
    assert names["history"].valid_loss == run.history.valid_loss
    assert f"{one.problem.score_name} on the test part: {run.score:.4g}" in capsys.readouterr().out
    assert (tmp_path / "model.npz").exists()


def test_the_library_offers_it_and_imports_it_when_asked():
    code = """
import sys, gatedrnn
assert "pandas" not in sys.modules
assert callable(gatedrnn.compare)
assert "pandas" in sys.modules
try:
    gatedrnn.contrast
except AttributeError as error:
    assert "contrast" in str(error)
else:
    raise AssertionError
"""
    subprocess.run([sys.executable, "-c", code], check=True)
