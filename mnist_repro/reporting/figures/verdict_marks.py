"""The look of a verdict in figures and on the page: a sign, which alone identifies it, and a colour."""

from __future__ import annotations

from mnist_repro.reporting.figures.style import CARD, DOCUMENT, GRID
from mnist_repro.verdicts.finding import Verdict

AGREEING = "#edf4fa"

SIGNS = {
    Verdict.REPRODUCED: "\N{CHECK MARK}",
    Verdict.EXPLAINED: "e",
    Verdict.NOT_REPRODUCED: "\N{MULTIPLICATION X}",
    Verdict.INCONCLUSIVE: "?",
    Verdict.CONTRADICTED: "c",
    Verdict.NOT_COMPARABLE: "\N{NOT EQUAL TO}",
    Verdict.NOT_RUN: "\N{EN DASH}",
}
# Background of the sign.
COLOURS = {
    Verdict.REPRODUCED: AGREEING,
    Verdict.EXPLAINED: AGREEING,
    Verdict.NOT_REPRODUCED: DOCUMENT,
    Verdict.INCONCLUSIVE: CARD,
    Verdict.CONTRADICTED: GRID,
    Verdict.NOT_COMPARABLE: CARD,
    Verdict.NOT_RUN: CARD,
}
MEANINGS = {
    Verdict.REPRODUCED: "does not stand out among our runs; where no chance is involved, is the same number",
    Verdict.EXPLAINED: "fails as described, but reproduces after one documented change",
    Verdict.NOT_REPRODUCED: "stands out among our runs; chance of a wrong verdict over a whole document: at most 5 %",
    Verdict.INCONCLUSIVE: "too few runs to decide",
    Verdict.CONTRADICTED: "is refuted by the code or the numbers of the document itself",
    Verdict.NOT_COMPARABLE: "is a run time; our hardware differs",
    Verdict.NOT_RUN: "has no completed run in this environment",
}
