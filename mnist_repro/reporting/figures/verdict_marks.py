"""The look of a verdict in figures and on the page: a sign, which alone identifies it, and a colour."""

from __future__ import annotations

from mnist_repro.reporting.figures.style import CARD, DOCUMENT, GRID
from mnist_repro.verdicts.finding import Verdict

AGREEING = "#edf4fa"

SIGNS = {
    Verdict.EXACT: "=",
    Verdict.REPRODUCED: "\N{CHECK MARK}",
    Verdict.EXPLAINED: "e",
    Verdict.NOT_REPRODUCED: "\N{MULTIPLICATION X}",
    Verdict.NOT_EXACT: "\N{ALMOST EQUAL TO}",
    Verdict.DOUBTFUL: "?",
    Verdict.CONSISTENT: "~",
    Verdict.INCONCLUSIVE: "\N{HORIZONTAL ELLIPSIS}",
    Verdict.CHOSE: "o",
    Verdict.CONTRADICTED: "!",
    Verdict.NOT_COMPARABLE: "\N{NOT EQUAL TO}",
    Verdict.NOT_RUN: "\N{EN DASH}",
}
# Background of the sign.
COLOURS = {
    Verdict.EXACT: AGREEING,
    Verdict.REPRODUCED: AGREEING,
    Verdict.EXPLAINED: AGREEING,
    Verdict.NOT_REPRODUCED: DOCUMENT,
    Verdict.NOT_EXACT: DOCUMENT,
    Verdict.DOUBTFUL: CARD,
    Verdict.CONSISTENT: GRID,
    Verdict.INCONCLUSIVE: CARD,
    Verdict.CHOSE: CARD,
    Verdict.CONTRADICTED: GRID,
    Verdict.NOT_COMPARABLE: CARD,
    Verdict.NOT_RUN: CARD,
}
MEANINGS = {
    Verdict.EXACT: "is equal in every printed digit; chance has no part in it",
    Verdict.REPRODUCED: "could have been refuted, and is not; where no chance is involved, is the same number",
    Verdict.EXPLAINED: "fails as described, but reproduces after one documented change",
    Verdict.NOT_REPRODUCED: "stands out among our runs; over all true runs of a document this happens in 5 % at most",
    Verdict.NOT_EXACT: "differs in a printed digit, though chance has no part in it",
    Verdict.DOUBTFUL: "stands out among our runs, but not after adjustment for the document's other runs",
    Verdict.CONSISTENT: "does not stand out, but with so few of our runs nothing could have been refuted",
    Verdict.INCONCLUSIVE: "too few runs to decide",
    Verdict.CHOSE: "was used to choose the protocol, and so judges nothing",
    Verdict.CONTRADICTED: "is refuted by the code or the numbers of the document itself",
    Verdict.NOT_COMPARABLE: "is a run time; our hardware differs",
    Verdict.NOT_RUN: "has no completed run in this environment",
}
