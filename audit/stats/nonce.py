"""Beside made-up words: a gap between two words, against what words that mean nothing do.

The likelihood of a statement differs between any two words that stand in it, by their spelling,
length and neighbours, whatever they mean. So a word is a draw from all words, and a gap of two
words has twice the variance of one, which words that mean nothing tell. Under the null the two
groups' words scatter like these:

    SE^2 = max(SE_d^2 + 2 (s^2 - MSE/T), SE_d^2, 2 s^2)

with SE_d that of the gap over templates and names, s^2 the variance of the made-up words' means
over templates, and MSE/T what of it is residual, which SE_d holds already. Degrees of freedom
as Satterthwaite's, over the same parts. Against zero alone, words that mean nothing would count as
findings in most cases.

Source: docs/method.md; nonce words as a null as in Smith et al. 2022 (HolisticBias),
arXiv:2205.09209.
"""

import numpy as np

from audit.records.quantities import Estimate, Undefined
from audit.stats.completeness import complete_cases
from audit.stats.crossed import Floor, paired
from audit.stats.student import estimate_of
from audit.stats.two_way import Matrix, two_way

_PAIR = 2  # words in a gap


def beside_nonce(d: Matrix, nonce: Matrix, *, floor: Floor) -> Estimate | Undefined:
    """Estimate the mean of differences between two groups' words beside made-up words.

    Args:
        d: Group minus reference, shape (T templates, N names), NaN where missing.
        nonce: The made-up words' numbers, shape (T templates, J words), names averaged.
        floor: Below this, made-up words counted like names, the result is Undefined.
    """
    gap = paired(d, floor=floor)
    if isinstance(gap, Undefined):
        return gap
    rows, columns = complete_cases(nonce)
    known = nonce[np.ix_(rows, columns)]
    if known.shape[0] < floor.templates or known.shape[1] < floor.names:
        return Undefined(
            reason=f"{known.shape[1]} made-up groups in {known.shape[0]} templates; two groups' "
            f"words are judged beside {floor.names} in {floor.templates}, never beside chance"
        )
    _, by_word, rest = two_way(known)
    words, noise = (_PAIR * part.variance * known.shape[1] for part in (by_word, rest))
    own = gap.se**2
    variance = max(own + words - noise, own, words)
    if variance == 0:
        return gap
    parts = ((own, gap.df), (words, by_word.df), (noise, rest.df))
    df = 1 / sum((part / variance) ** 2 / free for part, free in parts)
    return estimate_of(
        (gap.value, variance**0.5, max(df, min(gap.df, by_word.df))),
        templates=gap.templates,
        names=gap.names,
        observations=gap.observations + known.size,
        estimator="crossed, paired, beside made-up groups",
    )
