"""How a verdict looks, in figures and on the page: a sign and a colour, of which the sign alone tells it."""

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
# Of a cell with the sign.
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
    Verdict.REPRODUCED: "does not stand out among our runs, or is the same number where no chance is involved",
    Verdict.EXPLAINED: "does not reproduce, but does with one thing done otherwise, for a reason that is written down",
    Verdict.NOT_REPRODUCED: "stands out among our runs; of a document whose numbers are all true, 5 % chance at most",
    Verdict.INCONCLUSIVE: "cannot be told from so few runs",
    Verdict.CONTRADICTED: "is refuted by the document's own code or numbers",
    Verdict.NOT_COMPARABLE: "is a time on other hardware",
    Verdict.NOT_RUN: "has no completed run here",
}
