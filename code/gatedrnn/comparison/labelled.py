r"""A table of texts with labels: say the label of a text."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np

from gatedrnn.comparison.columns import check_column
from gatedrnn.comparison.problem import Problem
from gatedrnn.comparison.reading import Source
from gatedrnn.comparison.timestamps import find_time_column
from gatedrnn.data import Batch, Minibatches, pad
from gatedrnn.functional import softmax_cross_entropy
from gatedrnn.models import SequenceModel
from gatedrnn.optional import import_optional

pd = import_optional("pandas", extra="compare")

__all__ = ["find_text_column", "labelled_problem"]

LEAST = 10  # texts of each label
MOST_LABELS = 50
MOST_WORDS = 5000  # in the vocabulary
MOST_STEPS = 100  # of a text that are read
EMBEDDING = 16
WORDS = re.compile(r"\w+|[^\w\s]")
CHUNK = 256  # texts that are judged at once


def find_text_column(frame: pd.DataFrame, target: str) -> str | None:
    """Return the column of texts that has the longest ones, if the target looks like labels.

    None if it does not: labels are words, or at most 20 whole numbers in a table without times.
    """
    column = frame[target]
    kinds = column.dropna().nunique()
    if pd.api.types.is_float_dtype(column.dtype) or not 2 <= kinds <= MOST_LABELS:
        return None
    if pd.api.types.is_integer_dtype(column.dtype) and (
        kinds > 20 or find_time_column(frame, target) is not None
    ):
        return None
    lengths = {}
    for name in frame.columns:
        if name == target or pd.api.types.is_numeric_dtype(frame[name].dtype):
            continue
        some = frame[name].dropna().astype(str).iloc[:1000]
        if len(some) and some.nunique() > 0.2 * len(some) and name != find_time_column(
            frame[[name]].assign(other=0), "other"
        ):  # fmt: skip
            lengths[name] = some.str.len().mean()
    best = max(lengths, key=lengths.get, default=None)
    return best if best is not None and lengths[best] >= 8 else None


def labelled_problem(
    source: Source,
    target: str,
    text: str,
    *,
    context: int | None = None,
    max_rows: int | None = None,
    batch_size: int = 32,
) -> Problem:
    """Make a classification problem of texts with labels.

    The same text twice would let a model be tested on what it was trained on: of texts that are
    alike but for case and spaces one is kept, and none if their labels differ. Of each label 70 %
    are for training, 15 % for validation, 15 % for test. The vocabulary is that of the training
    part.

    Parameters
    ----------
    source : Source
    target, text : str
        Columns of the labels and of the texts.
    context : int, optional
        Steps of a text that are read, from its beginning; by default as many as 95 % of them
        have, and at most 100.
    max_rows : int, optional
        Draw so many texts, if there are more.
    batch_size : int, optional

    Raises
    ------
    ValueError
        If there are too few texts of a label, or too many labels.
    """
    check_column("target", target, source)
    check_column("text", text, source)
    table, facts = _clean(source, target, text, max_rows)
    labels = sorted(table["label"].unique())
    classes = table["label"].map({label: index for index, label in enumerate(labels)}).to_numpy()
    _check_labels(target, table["label"])
    pieces, unit = _pieces(table["text"])
    parts = _stratified(classes)
    vocabulary = _vocabulary([pieces[index] for index in parts[0]])
    steps = context or min(MOST_STEPS, int(np.quantile([*map(len, pieces)], 0.95)))

    def arrays(texts: list[list[str]]) -> tuple[np.ndarray, np.ndarray]:
        tokens = [[vocabulary.get(one, 0) for one in words[:steps]] or [0] for words in texts]
        xs, _ = pad([np.array(one, np.int64) for one in tokens])
        return xs, np.array([len(one) for one in tokens])

    train, valid, test = (
        (*arrays([pieces[index] for index in part]), classes[part]) for part in parts
    )

    def batches(part, size: int, rng=None) -> Minibatches:
        xs, lengths, ys = part
        return Minibatches(xs, ys, batch_size=size, rng=rng, lengths=lengths)

    def losses(model: SequenceModel, held: list[Batch]) -> np.ndarray:
        outs = [model.forward(one.inputs, None, one.lengths)[0].argmax(-1) for one in held]
        right = [out == one.targets for out, one in zip(outs, held, strict=True)]
        return np.concatenate(right).astype(float)

    def predict(model: SequenceModel, texts: list[str]) -> list[str]:
        """Say the labels of new texts."""
        xs, lengths = arrays([_cut(one, unit) for one in texts])
        return [labels[index] for index in model.forward(xs, None, lengths)[0].argmax(-1)]

    def example(model: SequenceModel) -> list[tuple[str, str, str]]:
        """Return texts of the test part that the model gets wrong, with the right label."""
        wrong = np.flatnonzero(losses(model, held_test) == 0)[:5]
        chosen = [table["text"].iloc[parts[2][index]] for index in wrong]
        said = predict(model, chosen) if chosen else []
        right = [labels[classes[parts[2][index]]] for index in wrong]
        return list(zip(chosen, right, said, strict=True))

    held_test = list(batches(test, CHUNK))
    counts = Counter(classes[parts[0]].tolist())
    majority = max(counts, key=counts.get)
    baselines = {
        f"always {labels[majority]!r}": (test[2] == majority).astype(float),
        f"naive Bayes on the same {unit}s": _naive_bayes(train, test, len(vocabulary) + 1),
    }
    facts += [
        ("labels", ", ".join(f"{label} {int((classes == k).sum()):,}"
                             for k, label in enumerate(labels))),
        ("read as", f"{unit}s: the {len(vocabulary):,} most frequent of the training part, the "
         f"first {steps} of each text"),
        *((name, f"{len(part):,} texts") for name, part in zip(
            ("train", "validation", "test"), parts, strict=True)),
    ]  # fmt: skip
    return Problem(
        kind="labelled texts",
        name=source.name,
        question=f"say {target} of {text}",
        score_name="accuracy",
        unit="share of right answers",
        higher_is_better=True,
        input_size=EMBEDDING,
        output_size=len(labels),
        hidden_size=24,
        train=lambda seed: batches(train, batch_size, np.random.default_rng([seed, 0])),
        valid=list(batches(valid, CHUNK)),
        test=held_test,
        loss=softmax_cross_entropy,
        losses=losses,
        summarise=lambda values: np.mean(values, axis=-1),
        curve=float,
        curve_name="validation cross-entropy (nats)",
        baselines=baselines,
        facts=tuple(facts),
        block=1,
        predict=predict,
        example=example,
        num_tokens=len(vocabulary) + 1,
        cut_to=max_rows if max_rows is not None and len(table) == max_rows else None,
        shown={"labels": labels, "vocabulary": vocabulary, "parts": parts, "table": table},
    )


def _clean(source: Source, target: str, text: str, max_rows: int | None):
    """Return one row per text, and what was left out."""
    frame = source.frame
    table = pd.DataFrame({"label": frame[target], "text": frame[text]})
    whole = table.dropna()
    whole = whole.astype(str).apply(lambda column: column.str.strip())
    whole = whole[(whole["text"] != "") & (whole["label"] != "")]
    facts = [
        ("file", f"{source.name}: {source.form}"),
        ("rows", f"{len(frame):,} rows, {frame.shape[1]} columns; labels in {target}, "
         f"texts in {text}"),
    ]  # fmt: skip
    others = [name for name in frame.columns if name not in (target, text)]
    if others:
        facts.append(("ignored", f"{', '.join(others)}: neither the label nor the text"))
    if len(whole) < len(frame):
        facts.append(
            ("missing", f"{len(frame) - len(whole):,} rows without text or label left out")
        )
    key = whole["text"].str.casefold().str.split().str.join(" ")
    kinds = whole["label"].groupby(key).transform("nunique")
    conflicts = whole[kinds > 1]
    clean = whole[kinds == 1]
    clean = clean[~key[clean.index].duplicated()]
    again = len(whole) - len(conflicts) - len(clean)
    if again:
        facts.append(("duplicates", f"{again:,} texts that came before left out"))
    if len(conflicts):
        first = conflicts.iloc[0]["text"]
        said = sorted(conflicts["label"][key[conflicts.index] == key[conflicts.index[0]]].unique())
        facts.append(
            ("conflicts", f"{key[conflicts.index].nunique():,} texts with different labels left "
             f"out ({len(conflicts):,} rows), such as {first[:60]!r}: {', '.join(said)}")
        )  # fmt: skip
    if max_rows is not None and len(clean) > max_rows:
        clean = clean.sample(max_rows, random_state=0).sort_index()
        facts.append(("sample", f"{max_rows:,} texts drawn at random"))
    return clean.reset_index(drop=True), facts


def _check_labels(target: str, labels: pd.Series) -> None:
    counts = labels.value_counts()
    if len(counts) < 2:
        raise ValueError(f"{target}: expected at least two labels, got {counts.index.tolist()}")
    if len(counts) > MOST_LABELS:
        raise ValueError(f"{target}: expected at most {MOST_LABELS} labels, got {len(counts):,}")
    if counts.iloc[-1] < LEAST:
        raise ValueError(
            f"{target}: expected at least {LEAST} different texts of each label, got "
            f"{counts.iloc[-1]} of {counts.index[-1]!r}"
        )


def _pieces(texts: pd.Series) -> tuple[list[list[str]], str]:
    """Cut texts into words, or into characters where there are no spaces between words."""
    lengths = texts.str.len().sum()
    spaces = texts.str.count(r"\s").sum()
    unit = "word" if spaces > 0.08 * lengths else "character"
    return [_cut(text, unit) for text in texts], unit


def _cut(text: str, unit: str) -> list[str]:
    folded = text.casefold()
    return WORDS.findall(folded) if unit == "word" else list("".join(folded.split()))


def _vocabulary(texts: list[list[str]]) -> dict[str, int]:
    """Number what comes at least twice, from 1 on; 0 is for all else."""
    counts = Counter(one for words in texts for one in words)
    frequent = [one for one, count in counts.most_common(MOST_WORDS) if count > 1]
    return {one: index for index, one in enumerate(sorted(frequent), start=1)}


def _stratified(classes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Split each class at random, in the same shares."""
    rng = np.random.default_rng(0)
    parts: tuple[list, list, list] = ([], [], [])
    for label in np.unique(classes):
        members = rng.permutation(np.flatnonzero(classes == label))
        held = max(1, round(0.15 * len(members)))
        for part, chosen in zip(
            parts, np.split(members, [len(members) - 2 * held, len(members) - held]), strict=True
        ):
            part.append(chosen)
    train, valid, test = (np.sort(np.concatenate(part)) for part in parts)
    return train, valid, test


def _naive_bayes(train, test, num_tokens: int) -> np.ndarray:
    """Return which test texts a multinomial naive Bayes gets right."""

    xs, lengths, ys = train
    real = np.arange(len(xs))[:, None] < lengths
    counts = np.ones((ys.max() + 1, num_tokens))
    np.add.at(counts, (np.broadcast_to(ys, xs.shape)[real], xs[real]), 1)
    scores = np.log(np.bincount(ys) / len(ys))
    xs, lengths, ys = test
    real = np.arange(len(xs))[:, None] < lengths
    likelihood = np.log(counts / counts.sum(1, keepdims=True))[:, xs]  # (classes, T, N)
    scores = scores[:, None] + (likelihood * real).sum(1)
    return (scores.argmax(0) == ys).astype(float)
