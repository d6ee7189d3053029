"""The stored results are those of this library: parts of every study are run again and compared."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gatedrnn.study import STUDIES, load_results
from gatedrnn.study.execution import execute
from gatedrnn.study.runner import best_learning_rate, sizes_of
from gatedrnn.study.tasks import make_problem

RESULTS = Path(__file__).parent.parent / "book" / "results"
CONDITIONS = [(name, k) for name, study in STUDIES.items() for k in range(len(study.conditions))]


def stored(name):
    return load_results(RESULTS / f"{name}.json")


def test_every_study_is_stored_and_nothing_else():
    found = {path.stem for path in RESULTS.glob("*.json")}
    assert found == {*STUDIES, "bench", "bench_together"}


@pytest.mark.parametrize("name", STUDIES)
def test_every_study_is_stored_as_it_is_written_down(name):
    study, summary = STUDIES[name], stored(name).summary
    for field in ("name", "question"):
        assert summary[field] == getattr(study, field)
    for field in ("seeds", "search_seeds", "learning_rates"):
        assert tuple(summary[field]) == getattr(study, field), field
    assert [tuple(pair) for pair in summary["comparisons"]] == list(study.comparisons)
    for entry, condition in zip(summary["conditions"], study.conditions, strict=True):
        for field in ("label", "task", "parameters", "epochs", "patience"):
            assert entry[field] == getattr(condition, field), field
        assert entry["settings"] == json.loads(json.dumps(condition.settings))
        assert list(entry["variants"]) == [variant.label for variant in study.variants]
        for variant in study.variants:
            case = entry["variants"][variant.label]
            assert (case["cell"], case["options"]) == (variant.cell, variant.options)


@pytest.mark.parametrize("name", STUDIES)
def test_where_results_come_from_is_stored(name):
    provenance = stored(name).summary["provenance"]
    assert re.fullmatch(r"[0-9a-f]{40}\+?", provenance["commit"])
    assert {"processor", "cores", "system"} <= set(provenance["machine"])
    assert {"python", "gatedrnn", "numpy", "scipy"} <= set(provenance["versions"])
    assert provenance["duration_seconds"] > 0
    assert provenance["runs_executed"] > 0


@pytest.mark.parametrize("name", STUDIES)
def test_the_search_was_fair_and_its_winner_taken(name):
    study, results = STUDIES[name], stored(name)
    for k, sizes in enumerate(sizes_of(study)):
        equal = []
        for variant in study.variants:
            case = results.case(variant.label, k)
            assert case["hidden_size"] == sizes[variant.label]
            equal += [case["num_parameters"]] * (variant.hidden_size is None)
            losses = case["search_valid_loss"]
            assert np.shape(losses) == (len(study.learning_rates), len(study.search_seeds))
            if study.seeds:
                assert case["learning_rate"] == best_learning_rate(study.learning_rates, losses)
                assert len(case["test"]) == len(study.seeds) >= 10
        assert max(equal) <= 1.02 * min(equal)


@pytest.mark.parametrize(("name", "k"), CONDITIONS)
def test_stored_baselines_are_found_again(name, k):
    study, entry = STUDIES[name], stored(name).conditions[k]
    if not study.seeds:
        assert entry["baselines"] == {}
        return
    condition = study.conditions[k]
    again = make_problem(condition.task, study.seeds[0], condition.settings).baselines()
    assert again == pytest.approx(entry["baselines"], rel=1e-6)


@pytest.mark.parametrize(("name", "k"), CONDITIONS)
def test_stored_runs_begin_as_they_are_told(name, k):
    """The first two epochs of a run under every condition, before rounding has grown.

    Training amplifies the last digit, which depends on the processor, so that a whole run may
    end elsewhere; this early it cannot.
    """
    study, results = STUDIES[name], stored(name)
    variant = study.variants[k % len(study.variants)]
    case = results.case(variant.label, k)
    if study.seeds:
        rate, seed = case["learning_rate"], study.seeds[-1]
        run = study.run(k, variant, case["hidden_size"], rate, seed, final=False)
        again = execute(replace(run, epochs=2, patience=2))["curve"]
        assert again == pytest.approx(case["curves"][-1][:2], rel=0.03)
    else:
        rate, seed = study.learning_rates[1], study.search_seeds[-1]
        run = study.run(k, variant, case["hidden_size"], rate, seed, final=False)
        again = execute(run)["valid_loss"]
        assert again == pytest.approx(case["search_valid_loss"][1][-1], rel=0.1)


@pytest.mark.parametrize(
    ("name", "condition", "label", "tolerance"),
    [
        ("weather_quality", "weather", "RNN", 0.15),
        ("weather_quality", "weather", "LSTM", 0.15),
        ("weather_quality", "weather", "GRU", 0.15),
        ("recall_lag", "lag 4", "GRU", 0.02),
        ("representation", "parity, 16 bits", "GRU", 1),
        ("representation", "aⁿbⁿ, n ≤ 20", "GRU", 5),
        ("long_dependencies", "adding, 25 steps", "GRU", 5e-4),
        ("long_dependencies", "temporal order, 50 steps", "LSTM", 0.02),
        ("successors", "parity, 16 bits", "minGRU", 3),
        ("gates", "adding, 30 steps", "coupled gates", 5e-4),
    ],
)
def test_whole_runs_can_be_repeated(name, condition, label, tolerance):
    study, results = STUDIES[name], stored(name)
    k = results.condition_labels.index(condition)
    case = results.case(label, k)
    variant = next(variant for variant in study.variants if variant.label == label)
    run = study.run(k, variant, case["hidden_size"], case["learning_rate"], 0, final=True)
    assert execute(run)["test"] == pytest.approx(case["test"][0], abs=tolerance)
