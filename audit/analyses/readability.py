"""Readability: is the group, and is the outcome, linearly readable at each layer?

A regularised logistic regression is fitted to standardised states and tried on templates that it
was not fitted on, and again on names that it was not fitted on, in five grouped folds; the
interval has templates (or names) as clusters. Beside it stand what always saying the most
frequent class gets, what a classifier of the case's bare words gets, and *selectivity*: the
accuracy minus that for labels shuffled over (group, name), which a reader that learns by heart
reaches too. Readable is not used: whether an answer rests on it, interventions tell.

A variant that stands in several pairs is one sample. Of many layers a dozen are read, evenly
spread, the first and the last among them.

Reads:  views of `diagnostic_classifier`.
Gives:  for each axis, target and place a curve over layers with its baselines.
Source: Alain & Bengio 2016, arXiv:1610.01644; selectivity, Hewitt & Liang 2019,
        arXiv:1909.03368.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from audit.analyses.contract import Account, View
from audit.records.digests import content_seed
from audit.records.inside import Inside
from audit.records.quantities import Amount, Quantity, Undefined
from audit.records.readings import Accuracy, Readability
from audit.stats.clusters import mean_over_clusters
from audit.stats.proportions import clustered

QUESTION = "diagnostic_classifier"

_FOLDS = 5
_LAYERS = 12
_FEWEST = 3  # clusters that carry an interval
_FEWEST_SAMPLES = 20
_PENALTY = 0.1  # inverse strength; the states are standardised and many

Array = NDArray[np.float64]
Labels = NDArray[np.str_]
Target = Literal["group", "outcome"]
Place = Literal["span", "answer"]

_TASKS: tuple[tuple[Target, Place], ...] = (
    ("group", "span"),
    ("group", "answer"),
    ("outcome", "answer"),
)


class Sample(NamedTuple):
    """One variant; `states` is (places, layers, width)."""

    group: str
    name: str
    template: str
    words: tuple[str, ...]
    states: NDArray[np.float32]
    log_odds: float


@dataclass(frozen=True)
class Task:
    """What is read, off which samples.

    Attributes:
        labels: (samples,).
        types: (group, name) of each sample, as one word.
        states: (samples, layers, width).
    """

    labels: Labels
    templates: Labels
    names: Labels
    types: Labels
    states: NDArray[np.float32]
    words: tuple[tuple[str, ...], ...]


def readability(views: Mapping[str, Iterable[View]]) -> Iterator[Inside]:
    by_axis: dict[str, dict[str, Sample]] = defaultdict(dict)
    for view in views[QUESTION]:
        for variant, sample in _samples(view):
            by_axis[view.look.axis].setdefault(variant, sample)
    for axis, found in sorted(by_axis.items()):
        samples = [found[variant] for variant in sorted(found)]
        for target, place in _TASKS:
            yield from _readings(axis, target, place, samples)


def accuracy(
    states: Array, labels: Labels, groups: Labels, clusters: Labels | None = None
) -> tuple[Array, Labels]:
    """Return whether each sample was read rightly off states of other groups.

    Args:
        states: (samples, width).
        labels: What is to be read.
        groups: Samples of one group are never on both sides of a fold.
        clusters: What the answer is told by; the groups themselves if None.

    Returns:
        (samples,) one for right, and each sample's cluster; empty where a fold cannot be made.
    """
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 (slow to import)
    from sklearn.preprocessing import StandardScaler  # noqa: PLC0415

    told = groups if clusters is None else clusters
    right = np.full(len(labels), np.nan)
    for held in folds(groups):
        fitted = labels[~held]
        if len(np.unique(fitted)) < 2:  # noqa: PLR2004
            continue
        scaler = StandardScaler().fit(states[~held])
        reader = LogisticRegression(C=_PENALTY, tol=1e-3, max_iter=500)
        reader.fit(scaler.transform(states[~held]), fitted)
        right[held] = reader.predict(scaler.transform(states[held])) == labels[held]
    known = ~np.isnan(right)
    return right[known], told[known]


def folds(groups: Labels) -> Iterator[NDArray[np.bool_]]:
    """Yield which samples are held out, whole groups at a time, in the order of their digests."""
    distinct = sorted(set(groups.tolist()), key=lambda one: (content_seed("fold", one), one))
    count = min(_FOLDS, len(distinct))
    if count < 2:  # noqa: PLR2004
        return
    for fold in range(count):
        yield np.isin(groups, distinct[fold::count])


def _samples(view: View) -> Iterator[tuple[str, Sample]]:
    look, states = view.look, view.arrays["states"]
    sides = (
        (look.variant, look.group, look.name, "group word"),
        (look.reference_variant, look.reference, look.reference_name, "reference word"),
    )
    for side, (variant, group, name, words) in enumerate(sides):
        log_odds = float(view.arrays["log_odds"][side])
        found = (group, name, look.template, look.labels[words], states[side], log_odds)
        yield variant, Sample(*found)


def _readings(
    axis: str, target: Target, place: Place, samples: Sequence[Sample]
) -> Iterator[Readability]:
    task = _task(target, place, samples)
    if len(task.labels) < _FEWEST_SAMPLES or len(set(task.labels.tolist())) < 2:  # noqa: PLR2004
        return
    layers = _layers(task.states.shape[1])
    columns = [task.states[:, layer].astype(np.float64) for layer in layers]
    control = _shuffled(axis, target, task)
    yield Readability(
        axis=axis,
        target=target,
        place=place,
        classes=tuple(sorted(set(task.labels.tolist()))),
        samples=len(task.labels),
        layers=tuple(layer - 1 for layer in layers),
        by_template=tuple(_read(*accuracy(x, task.labels, task.templates)) for x in columns),
        by_name=tuple(_read(*accuracy(x, task.labels, task.names)) for x in columns),
        selectivity=tuple(_selective(x, task, control) for x in columns),
        majority=Amount(value=_majority(task)),
        bag_of_words=_read(*accuracy(_counts(task.words), task.labels, task.templates)),
    )


def _task(target: Target, place: Place, samples: Sequence[Sample]) -> Task:
    middle = float(np.median([one.log_odds for one in samples]))
    labels = (
        [one.group for one in samples]
        if target == "group"
        else ["likelier" if one.log_odds > middle else "less likely" for one in samples]
    )
    return Task(
        labels=np.array(labels),
        templates=np.array([one.template for one in samples]),
        names=np.array([one.name for one in samples]),
        types=np.array([f"{one.group} {one.name}" for one in samples]),
        states=np.stack([one.states[("span", "answer").index(place)] for one in samples]),
        words=tuple(one.words for one in samples),
    )


def _layers(count: int) -> list[int]:
    return sorted({round(n) for n in np.linspace(0, count - 1, min(count, _LAYERS)).tolist()})


def _shuffled(axis: str, target: Target, task: Task) -> Labels:
    """Return labels drawn anew for each (group, name), in the frequencies of the true ones."""
    rng = np.random.default_rng(content_seed("shuffled labels", axis, target))
    distinct = sorted(set(task.types.tolist()))
    drawn = dict(zip(distinct, rng.choice(task.labels, len(distinct)).tolist(), strict=True))
    return np.array([drawn[one] for one in task.types.tolist()])


def _selective(states: Array, task: Task, control: Labels) -> Quantity:
    right, clusters = accuracy(states, task.labels, task.templates)
    by_heart, _ = accuracy(states, control, task.templates)
    if right.shape != by_heart.shape:
        return Undefined(reason="the shuffled labels leave a fold with one class")
    gains = right - by_heart
    means = np.array([gains[clusters == one].mean() for one in np.unique(clusters)])
    return mean_over_clusters(means, floor=_FEWEST, observations=gains.size, names=0)


def _majority(task: Task) -> float:
    """Return how often the most frequent class of the fitted part is right."""
    right = []
    for held in folds(task.templates):
        known, counts = np.unique(task.labels[~held], return_counts=True)
        right += (task.labels[held] == known[counts.argmax()]).tolist()
    return float(np.mean(right)) if right else 0.0


def _counts(words: Sequence[tuple[str, ...]]) -> Array:
    from sklearn.feature_extraction.text import CountVectorizer  # noqa: PLC0415 (slow to import)

    counter: Any = CountVectorizer(analyzer=list)
    counts: Array = counter.fit_transform(words).toarray().astype(np.float64)
    return counts


def _read(right: Array, clusters: Labels) -> Accuracy | Undefined:
    """Return the share read rightly, with its interval over clusters."""
    distinct = np.unique(clusters)
    if len(distinct) < _FEWEST:
        return Undefined(reason="too few templates or names to hold any out")
    hits = np.array([int(right[clusters == one].sum()) for one in distinct], dtype=np.intp)
    trials = np.array([int((clusters == one).sum()) for one in distinct], dtype=np.intp)
    low, high = clustered(hits, trials)
    count, of = int(hits.sum()), int(trials.sum())
    return Accuracy(right=count, of=of, value=count / of, low=low, high=high)


PLUGIN = Account(
    name="readability",
    question="Is the group, and is the outcome, linearly readable at each layer?",
    source="Alain & Bengio 2016, arXiv:1610.01644; Hewitt & Liang 2019, arXiv:1909.03368",
    reads=(QUESTION,),
    answer=readability,
)
