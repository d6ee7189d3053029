"""Results read back and reported; what they say agrees with what was run."""

import json
from dataclasses import replace

import numpy as np
import pytest
from studies import TINY

from gatedrnn.cli import main
from gatedrnn.study import STUDIES, Results, bootstrap_interval, load_results, paired_difference
from gatedrnn.study.report import comparison_table, draw_map, draw_scores, report, score_table
from gatedrnn.study.runner import run_study


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    run_study(TINY, folder, folder / "runs", progress=False)
    a_map = replace(TINY, name="map", seeds=(), comparisons=())
    run_study(a_map, folder, folder / "runs", progress=False)
    return folder


@pytest.fixture(scope="module")
def results(folder):
    return load_results(folder / "tiny.json")


def made(scores, *, higher=True, comparisons=(("LSTM", "GRU"),)):
    """Results with given test scores: one mapping of label to scores per condition."""
    conditions = [
        {
            "label": f"condition {k}", "task": "recall" if k % 2 else "adding",
            "settings": {"lag": k}, "metric": "accuracy", "higher_is_better": higher,
            "baselines": {"guess": 0.1},
            "variants": {label: {"test": list(values)} for label, values in entry.items()},
        }
        for k, entry in enumerate(scores)
    ]  # fmt: skip
    return Results(
        {"name": "made", "question": "?", "seeds": list(range(10)), "search_seeds": [1000],
         "learning_rates": [0.01], "comparisons": comparisons, "conditions": conditions}
    )  # fmt: skip


def test_scores_and_settings_are_what_was_run(results):
    assert results.labels == ["RNN", "LSTM", "GRU"]
    assert results.condition_labels == ["4 steps", "6 steps"]
    np.testing.assert_array_equal(results.values("steps"), [4, 6])
    assert results.scores("GRU").shape == (3, 2)
    low, high = results.intervals("LSTM")
    mean = results.scores("LSTM").mean(0)
    assert (low <= mean).all()
    assert (mean <= high).all()
    assert results.baseline("always 1") == pytest.approx(1 / 6, abs=0.08)
    difference, words = results.difference(condition=1)
    ours = bootstrap_interval(results.scores("LSTM")[:, 1] - results.scores("GRU")[:, 1])
    assert difference == ours
    assert words in {"LSTM ahead", "GRU ahead", "no difference shown"}
    with pytest.raises(ValueError, match=r"label: expected one of .*got 'CNN'"):
        results.scores("CNN")
    with pytest.raises(ValueError, match=r"expected one of \[\['LSTM', 'GRU'\]"):
        results.difference("GRU", "LSTM")


def test_updates_are_counted_to_the_first_time(results):
    case = results.case("GRU", 0)
    assert case["updates_per_epoch"] == 3
    curves = np.array(case["curves"])
    assert curves.shape == (3, 2)
    assert (results.updates_to(np.inf, "GRU") == 3).all()
    assert np.isinf(results.updates_to(-1, "GRU")).all()
    expected = np.where(
        curves[:, 0] <= curves[0, 1], 3, np.where(curves[:, 1] <= curves[0, 1], 6, np.inf)
    )
    np.testing.assert_array_equal(results.updates_to(curves[0, 1], "GRU"), expected)


def test_the_family_is_the_whole_study():
    """Nine conditions without a difference make the tenth's harder to show."""
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 1, (10, 10))
    clear = {"LSTM": 0.9 + 1.6 * np.abs(noise[0]) - 0.5 * (noise[0] > 1), "GRU": np.zeros(10) + 0.9}
    clear["LSTM"][0] = 0.6
    alone = made([clear]).comparisons[0]
    among = made([clear, *({"LSTM": row, "GRU": np.zeros(10)} for row in noise[1:])]).comparisons
    assert alone.pvalue < 0.05
    assert among[0].pvalue > alone.pvalue
    assert alone.verdict == "LSTM ahead"
    assert [one.condition for one in among] == [f"condition {k}" for k in range(10)]


def test_a_part_keeps_the_correction_of_the_whole():
    rng = np.random.default_rng(1)
    whole = made([{"LSTM": rng.normal(0.5, 1, 10), "GRU": np.zeros(10)} for _ in range(6)])
    part = whole.where(task="recall")
    assert part.condition_labels == ["condition 1", "condition 3", "condition 5"]
    assert part.comparison(condition=1) == whole.comparison(condition=3)
    assert part.difference(condition=2) == whole.difference(condition=5)
    with pytest.raises(ValueError, match="task: expected one of"):
        whole.where(task="chess")


def test_a_diverged_run_leaves_the_comparison_out():
    good = np.arange(10) / 10
    results = made([{"LSTM": [None, *good[1:]], "GRU": good}, {"LSTM": good + 1, "GRU": good}])
    assert np.isnan(results.scores("LSTM")[0, 0])
    assert [one.condition for one in results.comparisons] == ["condition 1"]
    with pytest.raises(ValueError, match="none of whose runs diverged"):
        results.difference(condition=0)
    assert "1 diverged" in report(results)


def test_runs_that_fail_do_not_hide_who_is_ahead():
    """All ten pairs say the same, two of them by far more: Student's interval would hold zero."""
    scores = {"LSTM": np.array([1e-3] * 8 + [0.16, 0.17]), "GRU": np.full(10, 1e-4)}
    found = made([scores], higher=False).comparisons[0]
    assert found.verdict == "GRU ahead"
    assert found.difference.low > 0
    assert paired_difference(scores["LSTM"], scores["GRU"]).low < 0


def test_lower_is_better_where_it_is():
    scores = {"LSTM": np.arange(10) / 10 + 1, "GRU": np.zeros(10)}
    assert made([scores]).comparisons[0].verdict == "LSTM ahead"
    assert made([scores], higher=False).comparisons[0].verdict == "GRU ahead"


def test_the_report_shows_every_case(results):
    text = report(results)
    for part in ("tiny: Does it run?", "4 steps", "6 steps", "always 1", "LSTM - GRU", "3 seeds"):
        assert part in text
    assert score_table(results).shape == (2, 5)
    assert list(comparison_table(results).columns) == ["difference", "g", "p", "verdict"]


def test_figures_show_every_run(results, folder):
    figure = draw_scores(results)
    shown = [line for ax in figure.axes for line in ax.lines if len(line.get_xdata()) == 3]
    assert len(shown) == 2 * 3
    np.testing.assert_array_equal(shown[1].get_ydata(), results.scores("LSTM")[:, 0])
    maps = draw_map(load_results(folder / "map.json"))
    assert [ax.get_title() for ax in maps.axes[:3]] == ["RNN", "LSTM", "GRU"]
    np.testing.assert_allclose(
        maps.axes[2].images[0].get_array()[1],
        load_results(folder / "map.json").search_losses("GRU", 1).mean(1),
    )


def test_the_commands(folder, tmp_path, capsys):
    assert main(["study", "list"]) == 0
    shown = capsys.readouterr().out
    assert [line.split()[0] for line in shown.splitlines()] == list(STUDIES)
    file = tmp_path / "mine.toml"
    file.write_text(
        'name = "mine"\nquestion = "?"\nvariants = ["LSTM", "GRU"]\n'
        'comparisons = [["LSTM", "GRU"]]\nlearning_rates = [0.01]\nseeds = 2\nparameters = 1000\n'
        'epochs = 2\npatience = 2\n[[conditions]]\nlabel = "short"\ntask = "adding"\n'
        "settings = { steps = 4, batches = 3, batch_size = 8, held_out_size = 16 }\n"
    )
    where = ["--results", str(tmp_path / "results")]
    runs = ["--runs", str(tmp_path / "runs"), "--jobs", "1"]
    assert main(["study", "run", str(file), *where, *runs]) == 0
    assert "LSTM - GRU" in capsys.readouterr().out
    assert main(["study", "report", str(file), *where, "--output", str(tmp_path / "out")]) == 0
    capsys.readouterr()
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert written == {"mine.txt", "mine_scores.csv", "mine_comparisons.csv", "mine.svg"}
    assert "short" in (tmp_path / "out" / "mine_scores.csv").read_text()
    assert (tmp_path / "out" / "mine.svg").read_text().count("<path") > 10


def test_mistakes_on_the_command_line_are_answered(tmp_path, capsys):
    assert main(["study", "report", "chess"]) == 2
    assert "got 'chess'" in capsys.readouterr().err
    assert main(["study", "run"]) == 2
    assert "or --all" in capsys.readouterr().err
    assert main(["study", "report", "gates", "--results", str(tmp_path)]) == 2
    assert "make them with: gatedrnn study run gates --results" in capsys.readouterr().err
    (tmp_path / "bad.toml").write_text("name =")
    assert main(["study", "run", str(tmp_path / "bad.toml")]) == 2
    assert capsys.readouterr().err.startswith("error: bad.toml: ")


def test_a_summary_is_readable_json(folder):
    """A line for each list of numbers, so that a change of a run is a change of a line."""
    text = (folder / "tiny.json").read_text("utf-8")
    summary = json.loads(text)
    lines = [line for line in text.splitlines() if '"test"' in line]
    assert len(lines) == 2 * 3
    assert all(line.strip().endswith(("],", "]")) for line in lines)
    assert summary["conditions"][0]["settings"]["steps"] == 4
