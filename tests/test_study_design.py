"""What a study may be, as Python and as TOML."""

from dataclasses import replace

import pytest
from studies import TINY

from gatedrnn.study import STUDIES, Study, Variant, find_study
from gatedrnn.study.configuration import SEARCH_SEED, read_study, study_from
from gatedrnn.study.design import Run
from gatedrnn.study.runner import sizes_of
from gatedrnn.study.tasks import TASKS, make_problem

TEXT = """
name = "mine"
question = "Which adds better?"
variants = ["LSTM", { label = "bias 0", cell = "LSTM", options = { forget_bias = 0.0 } }]
comparisons = [["LSTM", "bias 0"]]
learning_rates = [0.01]
seeds = 4
search_seeds = 2
parameters = 500
epochs = 3
patience = 2

[[conditions]]
label = "short"
task = "adding"
settings = { steps = 5 }

[[conditions]]
label = "long"
task = "adding"
epochs = 9
settings = { steps = 50 }

[larger]
seeds = 40
"""


def written(tmp_path, text=TEXT):
    path = tmp_path / "mine.toml"
    path.write_text(text, "utf-8")
    return path


def test_toml_says_it_all(tmp_path):
    study = read_study(written(tmp_path))
    assert isinstance(study, Study)
    assert study.name == "mine"
    assert study.seeds == (0, 1, 2, 3)
    assert study.search_seeds == (SEARCH_SEED, SEARCH_SEED + 1)
    assert [variant.label for variant in study.variants] == ["LSTM", "bias 0"]
    assert study.variants[1].options == {"forget_bias": 0.0}
    short, long = study.conditions
    assert (short.parameters, short.epochs, short.patience) == (500, 3, 2)
    assert (long.parameters, long.epochs, long.settings["steps"]) == (500, 9, 50)
    assert find_study(str(written(tmp_path))) == study


def test_larger_changes_what_it_names_and_nothing_else(tmp_path):
    study, larger = (read_study(written(tmp_path), larger=flag) for flag in (False, True))
    assert larger.name == "mine_larger"
    assert len(larger.seeds) == 40
    assert replace(larger, name=study.name, seeds=study.seeds) == study
    with pytest.raises(ValueError, match="larger: expected a table"):
        read_study(written(tmp_path, TEXT.partition("[larger]")[0]), larger=True)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('cell = "LSTM"', 'cell = "CNN"', "cell: expected one of"),
        ("seeds = 4", "sedes = 4", r"mine.toml: study: expected entries .* got \['sedes'\]"),
        ('label = "short"', "", r"conditions: missing 1 required positional argument: 'label'"),
        ('label = "long"', 'label = "short"', "conditions: expected labels of their own"),
        ('"bias 0"]]', '"GRU"]]', "comparisons: expected pairs of the labels"),
        ("epochs = 3", "epochs = 0", "epochs: expected a positive integer, got 0"),
        ("learning_rates = [0.01]", "", "expected entries .'learning_rates'., got none"),
        ("learning_rates = [0.01]", "learning_rates = []", "expected at least one of each"),
        ("seeds = 4", "seeds = = 4", "mine.toml: Invalid value"),
    ],
)
def test_what_is_wrong_in_a_file_is_said(tmp_path, old, new, message):
    assert old in TEXT
    with pytest.raises(ValueError, match=message):
        read_study(written(tmp_path, TEXT.replace(old, new, 1)))


def test_a_missing_file_and_an_unknown_name_are_answered(tmp_path):
    with pytest.raises(FileNotFoundError, match="expected a file, found none at .*none.toml"):
        find_study(str(tmp_path / "none.toml"))
    with pytest.raises(ValueError, match="name: expected one of"):
        find_study("chess")


def test_search_and_final_seeds_must_differ():
    with pytest.raises(ValueError, match="search_seeds: expected none of the final seeds"):
        replace(TINY, search_seeds=(1, 7))


def test_keys_tell_runs_apart_and_studies_share_them():
    run = TINY.run(0, TINY.variants[0], 9, 1e-2, 0, final=True)
    others = [
        replace(run, seed=1),
        replace(run, learning_rate=1e-3),
        replace(run, final=False),
        replace(run, settings={**run.settings, "steps": 5}),
        replace(run, cell="GRU"),
        replace(run, hidden_size=10),
        replace(run, epochs=3),
        replace(run, options={"forget_bias": 0.0}),
    ]
    assert len({run.key, *(other.key for other in others)}) == 9
    assert run.key == Run(**{name: getattr(run, name) for name in run.__dataclass_fields__}).key
    renamed = replace(
        TINY, name="other", variants=(Variant("another label", "RNN"),), comparisons=()
    )
    assert renamed.run(0, renamed.variants[0], 9, 1e-2, 0, final=True).key == run.key


BOTH = [(name, larger) for name in STUDIES for larger in (False, True)]


@pytest.mark.parametrize(("name", "larger"), BOTH)
def test_the_studies_of_the_book_can_be_run(name, larger):
    """Tasks and settings exist, and sizes that give all cells the same number of parameters."""
    study = find_study(name, larger=larger)
    assert study.name == name + larger * "_larger"
    assert len(study.seeds) in {0, *range(10, 101)}  # a map, or enough for an interval
    for condition in study.conditions:
        assert condition.task in TASKS
    if larger:
        return  # the sizes are found when it is run; large test sets would take long here
    for condition, sizes in zip(study.conditions, sizes_of(study), strict=True):
        problem = make_problem(condition.task, 0, condition.settings)
        assert problem.build or problem.input_size >= 1
        assert set(sizes) == {variant.label for variant in study.variants}


def test_a_setting_that_a_task_does_not_have_is_said():
    with pytest.raises(ValueError, match="settings: not those of the task 'adding'.*'stepz'"):
        make_problem("adding", 0, {"stepz": 4})
    with pytest.raises(ValueError, match="task: expected one of"):
        make_problem("chess", 0, {})
    with pytest.raises(ValueError, match="expected entries"):
        study_from({"name": "x"})
