"""The report as one page: it holds all that the others do, nothing foreign enters it, and it stands by itself."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hostile import HOSTILE, UNSEEN
from made_up_pages import HOSTILE_NAME, Structure, poison_results, render

from mnist_repro.comparison.results import Artifacts, Results
from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.reporting.escaping import show_unseen
from mnist_repro.reporting.figures.overview import PREVIEW_SIZE
from mnist_repro.reporting.html.page import render_play
from mnist_repro.reporting.templating import load_templates
from mnist_repro.reporting.wording.reported_runs import summarize_headline
from mnist_repro.verdicts.finding import Basis, Verdict

VOID = frozenset({"br", "hr", "img", "input", "link", "meta"})


@pytest.fixture(scope="module")
def page(results: Results, folder: Path) -> str:
    """Return the page with these results."""
    return render(results, folder)


def leave_out_parts(results: Results) -> Results:
    """Return the results of one environment, of which nothing was compared or timed."""
    alone = results.shown[:1]
    untimed = {alone[0].name: Artifacts()}
    return replace(results, shown=alone, artifacts=untimed, atlas=None, versions=None, gate=None, speed_gate=None)


@pytest.fixture(params=["page of results", "runs alone"])
def either(request: pytest.FixtureRequest, results: Results, page: str) -> str:
    """Return the page, then that of the runs whose marks can be moved."""
    return page if request.param == "page of results" else render_play(results, templates=load_templates()) or ""


def test_render_page_every_claim_has_a_row_and_every_number_its_place(results: Results, page: str) -> None:
    """Claims, comparisons and statements of each environment are rows; each number stands there as it is printed."""
    rows = Structure(page).find("tbody")
    claims = [claim for document in results.documents.values() for claim in document.claims]
    said = sum(len(each.comparisons) + len(each.statements) for each in results.documents.values())
    families = len({claim.family for claim in claims})

    keys = [row["id"] for row in rows if "id" in row]

    assert len(keys) == len(set(keys)) == len(results.shown) * (families + said)
    assert len({key.split("-")[1] for key in keys}) == 2
    printed = Counter(re.findall(r"<td><code>([^<]+)</code>", page))
    assert all(printed[claim.printed] >= 2 for claim in claims)
    assert all(f"line {claim.line}, {claim.cell}" in page for claim in claims)


def test_render_page_verdicts_are_the_findings(results: Results, page: str) -> None:
    """The rows of an environment carry as many of each verdict as there are, and the filter counts them."""
    rows = [row for row in Structure(page).find("tbody") if "id" in row]

    for result in results.shown:
        own = Counter(row["data-verdict"] for row in rows if row["data-environment"] == result.name)
        assert own == Counter(finding.verdict.value.replace(" ", "-") for finding in result.findings)
    options = re.findall(r'<option value="([a-z-]+)">[a-z ]+ \((\d+)\)', page)
    assert {name: int(count) for name, count in options} == Counter(row["data-verdict"] for row in rows)


def test_render_page_strip_has_a_dot_for_each_run(results: Results, page: str) -> None:
    """Of every number of a run there are as many dots as runs that completed; what did not complete has none."""
    dots = re.findall(r'<path class="dots[^"]*" d="([^"]*)"', page)

    assert len(dots) > 100
    assert {path.count("h0") for path in dots} == {20}
    assert all(len(experiment.records) == 21 for result in results.shown for experiment in result.experiments)


def test_render_page_has_all_parts(page: str) -> None:
    """Each part is there, has a heading, and is in the list at the beginning."""
    structure = Structure(page)

    parts = [section["id"] for section in structure.find("section")]

    assert parts == ["outcome", "claims", "atlas", "curves", "versions", "causes", "speed", "gate", "making"]
    assert len(structure.find("details", class_="part")) == len(parts) - 3
    assert all(structure.find("h2", id=f"{part}-title") and structure.find("a", href=f"#{part}") for part in parts)


def test_render_page_surprises_are_what_is_contradicted_or_refuted(results: Results, page: str) -> None:
    """Every contradiction and miss is linked before the claims; a time on other hardware surprises nobody."""
    expected = {Verdict.CONTRADICTED, Verdict.NOT_REPRODUCED, Verdict.EXPLAINED, Verdict.DOUBTFUL}
    surprising = [f for r in results.shown for f in r.findings if f.verdict in expected and f.basis is not Basis.FACT]

    before, _, _ = page.partition('id="claims"')

    links = [a["href"] for a in Structure(before).find("a") if a["href"].startswith("#claim-")]
    assert Counter(link.split("-", 2)[2] for link in links) == Counter(finding.family for finding in surprising)
    assert len(surprising) > 10


def test_render_page_wrong_unit_is_shown_as_it_is_printed(page: str) -> None:
    """An error that is printed in percent and is a fraction stands in the table as it is printed."""
    claim = next(c for d in load_catalogue().documents.values() for c in d.claims if c.printed_unit)

    (row,) = re.findall(rf'id="claim-1-{claim.id}".*?</tr>', page, flags=re.DOTALL)

    assert f">{claim.printed} %</td>" in row


def test_render_page_promises_and_targets_have_our_mean(page: str) -> None:
    """Beside what a document promises or aims at stands what our runs reach."""
    claims = [c for d in load_catalogue().documents.values() for c in d.claims if c.metric.startswith("accuracy_")]

    for claim in claims:
        (row,) = re.findall(rf'id="claim-1-{claim.id}".*?</tr>', page, flags=re.DOTALL)
        assert re.search(r">\d\d\.\d\d % \(\d\d\.\d\d to \d\d\.\d\d %\)</td>", row)
    assert claims


def test_render_page_pasted_link_says_what_was_found(results: Results, page: str) -> None:
    """The description, for people and for previews of links, is the sentence with which the page begins."""
    structure = Structure(page)
    (said,) = (meta["content"] for meta in structure.find("meta", name="description"))

    assert said == " ".join(map(summarize_headline, results.shown))
    assert structure.find("meta", property="og:description", content=said)
    assert structure.find("meta", property="og:image", content="figures/preview.png")
    sides = [structure.find("meta", property=f"og:image:{side}")[0]["content"] for side in ("width", "height")]
    assert sides == [str(pixels) for pixels in PREVIEW_SIZE]


def test_render_page_without_comparison_speed_and_gate_leaves_their_parts_out(results: Results, folder: Path) -> None:
    """What was not measured has no part, and no link to one."""
    structure = Structure(render(leave_out_parts(results), folder))

    assert [s["id"] for s in structure.find("section")] == ["outcome", "claims", "curves", "causes", "making"]
    assert not structure.find("select", name="environment")


def test_render_page_links_within_it_lead_somewhere(page: str) -> None:
    """Every link to a part of the page has its target, and no id is there twice."""
    structure = Structure(page)
    ids = Counter(attributes["id"] for _, attributes in structure.elements if "id" in attributes)

    targets = {attributes["href"][1:] for attributes in structure.find("a") if attributes["href"].startswith("#")}

    assert targets <= set(ids)
    assert set(ids.values()) == {1}


def test_render_page_loads_nothing(either: str) -> None:
    """No element loads another file, its icon is in it, and a policy forbids all but this style and this script."""
    structure = Structure(either)
    (policy,) = (meta["content"] for meta in structure.find("meta") if "http-equiv" in meta)
    (style,) = re.findall(r"<style>(.*?)</style>", either, flags=re.DOTALL)
    (script,) = re.findall(r'<script type="module">(.*?)</script>', either, flags=re.DOTALL)

    def name(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    assert policy.split("; ") == [
        "default-src 'none'",
        f"style-src {name(style)}",
        f"script-src {name(script)}",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    assert not [tag for tag, attributes in structure.elements if "src" in attributes or tag == "iframe"]
    assert all(link["href"].startswith("data:image/svg+xml,") for link in structure.find("link"))
    assert not [
        1 for _, attributes in structure.elements if "style" in attributes or any(k[:2] == "on" for k in attributes)
    ]
    assert "url(" not in style
    assert "@import" not in style


def test_render_page_hostile_text_stays_text(results: Results, folder: Path, page: str) -> None:
    """Hostile text in every field of documents, protocols, records and measurements adds no element or attribute."""
    hostile = render(poison_results(results), folder)

    structure = Structure(hostile)

    # Remarks on a document may have code and strong words.
    marked = [("code", ()), ("strong", ())]
    shapes = [[each for each in found.shape if each not in marked] for found in (structure, Structure(page))]
    assert shapes[0] == shapes[1]
    assert len(structure.find("script")) == 1
    assert "alert" not in "".join(structure.comments)
    # It is there: in texts, and in attributes.
    shown = show_unseen(HOSTILE)
    assert not UNSEEN.search(hostile)
    assert sum(shown in text for _, text in structure.texts) > 500
    assert sum(shown in value for _, attributes in structure.elements for value in attributes.values()) > 100
    assert not [text for tag, text in structure.texts if tag in {"script", "style"} and "alert(1)" in text]


def test_render_page_hostile_name_of_an_environment_stays_text(page: str) -> None:
    """The name of a folder of records is text, and the value of a filter."""
    structure = Structure(page)

    assert structure.find("option", value=HOSTILE_NAME)
    assert not structure.find("img")


@pytest.mark.parametrize(
    ("url", "linked"),
    [
        ('https://example.org/a?b="c"', True),
        ("http://example.org", True),
        ("javascript:alert(1)", False),
        (" javascript:alert(1)", False),
        ("data:text/html,<script>alert(1)</script>", False),
        (None, False),
    ],
)
def test_render_page_links_a_document_only_on_the_web(
    results: Results, folder: Path, url: str | None, *, linked: bool
) -> None:
    """A document's address is a link where it is one of the web; else its title is plain."""
    documents = {name: replace(document, url=url) for name, document in results.documents.items()}

    structure = Structure(render(replace(leave_out_parts(results), documents=documents), folder))

    assert bool([a for a in structure.find("a") if a["href"] == url]) is linked
    assert not [a for a in structure.find("a") if a["href"].strip().startswith(("javascript:", "data:"))]


def test_render_page_tables_can_be_read_aloud(page: str) -> None:
    """Each table has a caption, each heading cell says for what it stands, and each part is a landmark."""
    structure = Structure(page)
    counts = Counter(tag for tag, _ in structure.elements)

    assert counts["table"] == counts["caption"] > 10
    assert {cell.get("scope") for cell in structure.find("th")} == {"col", "row"}
    assert [counts[tag] for tag in ("header", "nav", "main", "footer", "h1")] == [1, 1, 1, 1, 1]
    assert structure.find("html", lang="en")
    assert structure.find("a", class_="skip", href="#claims-table")
    assert structure.find("p", role="status")
    labelled = [svg for svg in structure.find("svg") if svg.get("role") == "img"]
    assert all(svg["aria-label"] for svg in labelled)


def test_render_page_elements_are_closed(either: str) -> None:
    """Every element that is opened is closed, in the right order."""
    opened = []
    markup = re.sub(r"<(script|style)[^>]*>.*?</\1>|<!--.*?-->", "", either, flags=re.DOTALL)
    for closing, tag, alone in re.findall(r"<(/?)([a-zA-Z][\w]*)(?:[^<>\"]|\"[^\"]*\")*?(/?)>", markup):
        if closing:
            assert opened.pop() == tag
        elif not alone and tag not in VOID:
            opened.append(tag)
    assert opened == []


def test_render_page_says_what_every_verdict_on_it_means(results: Results, page: str) -> None:
    """Each verdict that is given is explained once, by a sign that only it has."""
    meanings = re.findall(r'<dt><span class="verdict"><span [^>]*>(.)</span> ([a-z ]+)</span></dt>', page)

    assert {name for _, name in meanings} == {
        finding.verdict.value for result in results.shown for finding in result.findings
    }
    assert len({sign for sign, _ in meanings}) == len(meanings) <= len(Verdict)


def test_render_page_without_a_test_offers_no_mark_to_move(results: Results, folder: Path, page: str) -> None:
    """Where no run is tested nothing says that a mark can be dragged, and no run stands alone."""
    untested = [
        replace(each, runs=tuple(replace(run, verdict=replace(run.verdict, standing=None)) for run in each.runs))
        for each in results.shown
    ]
    others = replace(results, shown=untested)

    assert render_play(others, templates=load_templates()) is None
    assert [text.count('<span class="hint"') for text in (page, render(others, folder))] == [2, 0]


def test_render_page_again_is_the_same(results: Results, folder: Path, page: str) -> None:
    """The same results give the same bytes."""
    assert render(results, folder) == page
