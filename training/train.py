"""Train the model on the training part of the sentences and write ``app/intake/model.bin``.

Logistic regression of scikit-learn, one for each label of a head, on the features of
``app.intake.features``. Weights are rounded to one byte. The bound above which a text counts as
danger comes from cross-validation on the training part alone. Nothing here reads the test part.
"""

from __future__ import annotations

import argparse
import json
import zlib
from array import array
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from app.intake import load_script, set_aside
from app.intake.features import list_pieces, list_runs
from app.intake.model import load_model
from training.corpus import Sentence, read_training_part
from training.heads import LESSONS, Lesson
from training.plain import list_plain_sentences

_FILE = Path(__file__).resolve().parents[1] / "app" / "intake" / "model.bin"
_COMMON = 3  # words of as many sentences are worked out once by the service
_CALM_TAKEN = 0.08  # the share of calm sentences that may count as danger, in cross-validation


def main() -> None:
    """Train all heads, or the ones named, and write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("only", nargs="*", help="heads to train; the file keeps the others")
    only = parser.parse_args().only
    sentences = [*read_training_part(), *list_plain_sentences()]
    own = load_script().own
    words = {sentence: set_aside(sentence.text, own).words for sentence in sentences}
    counts = Counter(word for row in words.values() for word in set(row))
    heads, tables = {}, array("b")
    for lesson in LESSONS:
        if only and lesson.name not in only:
            described, weights = _keep(lesson.name)
        else:
            described, weights = _train(lesson, lesson.collect(sentences), words)
        heads[lesson.name] = described
        tables.extend(weights)
    common = sorted(word for word, count in counts.items() if count >= _COMMON)
    facts = json.dumps({"heads": heads, "words": common}, ensure_ascii=False, sort_keys=False)
    packed = zlib.compress(facts.encode() + b"\n" + tables.tobytes(), 9)
    _FILE.write_bytes(packed)
    print(f"{_FILE.name}: {len(packed):,} bytes, {len(sentences):,} sentences")


def _keep(name: str) -> tuple[dict[str, Any], array[int]]:
    head, weights = load_model()[name], array("b")
    for table in head.tables:
        weights.extend(table)
    return {
        "labels": head.labels,
        "bits": head.mask.bit_length(),
        "scale": head.scale,
        "bias": head.bias,
        "bounds": head.bounds,
    }, weights


def _train(
    lesson: Lesson, taught: Sequence[tuple[Sentence, str]], words: dict[Sentence, list[str]]
) -> tuple[dict[str, Any], array[int]]:
    labels = np.array([label for _, label in taught])
    rows = _make_rows([words[sentence] for sentence, _ in taught], lesson.bits)
    spread = np.asarray((rows > 0).sum(0)).ravel()
    used = np.flatnonzero(spread >= lesson.rare)
    weight = np.log((1 + len(taught)) / (1 + spread[used])) + 1
    scaled = rows[:, used] @ sparse.diags(weight)
    bounds = _find_bounds(lesson, scaled, labels, taught)
    order = sorted(set(labels))
    if len(order) == 2:
        order = order[1:]
    learners = [_make_learner(lesson).fit(scaled, labels == label) for label in order]
    found = np.vstack([learner.coef_[0] for learner in learners])
    bias = [learner.intercept_[0] for learner in learners]
    table, scales = array("b"), []
    whole = np.zeros((len(found), 1 << lesson.bits))
    whole[:, used] = found * weight
    for row in whole:
        scale = float(np.abs(row).max()) / 127 or 1.0
        scales.append(scale)
        table.frombytes(np.round(row / scale).astype(np.int8).tobytes())
    print(f"{lesson.name}: {len(taught)} sentences, {', '.join(order)}")
    return {
        "labels": [str(label) for label in order],
        "bits": lesson.bits,
        "scale": [round(scale, 9) for scale in scales],
        "bias": [round(float(value), 6) for value in bias],
        "bounds": bounds,
    }, table


def _make_rows(texts: Sequence[list[str]], bits: int) -> sparse.csr_matrix:
    """Return one row per text: how often each feature occurs, over the root of their number."""
    mask = (1 << bits) - 1
    at, features, values = [], [], []
    for number, words in enumerate(texts):
        pieces = [piece for word in words for piece in list_pieces(word)]
        for group in (pieces, list_runs(words)):
            for feature, count in Counter(feature & mask for feature in group).items():
                at.append(number)
                features.append(feature)
                values.append(count / len(group) ** 0.5)
    return sparse.csr_matrix((values, (at, features)), shape=(len(texts), 1 << bits))


def _make_learner(lesson: Lesson) -> LogisticRegression:
    return LogisticRegression(
        C=lesson.strength, class_weight="balanced", solver="liblinear", random_state=1
    )


def _find_bounds(
    lesson: Lesson,
    rows: sparse.csr_matrix,
    labels: Any,
    taught: Sequence[tuple[Sentence, str]],
) -> dict[str, float]:
    """Return by language the score above which a text is danger, from cross-validation."""
    if lesson.name != "danger":
        return {}
    folds = StratifiedKFold(5, shuffle=True, random_state=1)
    scores = cross_val_predict(
        _make_learner(lesson), rows, labels == "danger", cv=folds, method="decision_function"
    )
    languages = np.array([sentence.language for sentence, _ in taught])
    calm = np.array([sentence.tier is None for sentence, _ in taught])
    bounds = {}
    for language in sorted(set(languages)):
        here = languages == language
        bound = float(np.quantile(scores[calm & here], 1 - _CALM_TAKEN))
        found = float((scores[(labels == "danger") & here] > bound).mean())
        print(f"  {language}: recall {found:.3f} at {_CALM_TAKEN:.0%} of calm taken")
        bounds[str(language)] = round(bound, 4)
    return bounds


if __name__ == "__main__":
    main()
