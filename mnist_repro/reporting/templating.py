"""The templates of the report's pages: Jinja2, with what formats numbers and words."""

from __future__ import annotations

import re

from jinja2 import ChoiceLoader, Environment as Templates, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from mnist_repro.comparison.versions.defaults import list_defaults
from mnist_repro.comparison.versions.verdict_history import list_undecided
from mnist_repro.reporting.figures.verdict_marks import MEANINGS, SIGNS
from mnist_repro.reporting.html.palette import name_look
from mnist_repro.reporting.html.strips import STEPS
from mnist_repro.reporting.wording import numbers as formats
from mnist_repro.reporting.wording.causes import (
    format_cause,
    format_sensitivity,
    list_cause_cells,
    list_rounding_cells,
    summarize_causes,
)
from mnist_repro.reporting.wording.experiments import describe_convergence, describe_protocol, list_snapshot_cells
from mnist_repro.reporting.wording.gates import (
    format_detections,
    format_false_alarms,
    format_launch_ratios,
    format_remedy,
    format_shift,
    format_speed_trials,
    list_trial_cells,
)
from mnist_repro.reporting.wording.numbers import STAND_IN_WARNING, format_estimate
from mnist_repro.reporting.wording.speed import (
    format_efficiency,
    format_processors,
    format_throughput,
    list_ratio_cells,
    list_ratio_headings,
    list_study_figures,
    list_throughput_headings,
    list_throughputs,
    list_time_cells,
    list_time_headings,
    name_engine,
    order_engines,
)
from mnist_repro.reporting.wording.versions import (
    format_agreement,
    format_counts,
    format_default,
    format_drift,
    format_first_call,
    format_horizon,
    format_loss_difference,
    format_memory,
    format_pairs,
    format_repetition,
    format_same_version,
    format_size,
    format_state,
    format_step,
    format_trial,
    format_way,
    summarize_departures,
    summarize_differences,
    summarize_states,
)
from mnist_repro.studies.first_layer import find_snapshots
from mnist_repro.verdicts.finding import Verdict


def load_templates() -> Templates:
    """Return the templates of all pages, with the functions by which they format."""
    templates = Templates(
        loader=ChoiceLoader(
            [PackageLoader("mnist_repro.reporting.markdown"), PackageLoader("mnist_repro.reporting.html")]
        ),
        # In Markdown, what is not ours goes through the filter `text` instead.
        autoescape=select_autoescape(enabled_extensions=("html.j2",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    templates.filters.update(text=formats.escape_markdown, sentence=formats.format_sentence, inline=_mark_inline)
    templates.globals.update(
        describe_convergence=describe_convergence,
        describe_protocol=describe_protocol,
        find_snapshots=find_snapshots,
        format_agreement=format_agreement,
        format_cause=format_cause,
        format_counts=format_counts,
        format_default=format_default,
        format_detections=format_detections,
        format_difference=formats.format_difference,
        format_difference_interval=formats.format_difference_interval,
        format_drift=format_drift,
        format_efficiency=format_efficiency,
        format_environment=formats.format_environment,
        format_estimate=format_estimate,
        format_false_alarms=format_false_alarms,
        format_first_call=format_first_call,
        format_half_unit=formats.format_half_unit,
        format_horizon=format_horizon,
        format_interval=formats.format_interval,
        format_launch_ratios=format_launch_ratios,
        format_left_out=formats.format_left_out,
        format_loss_difference=format_loss_difference,
        format_lines=formats.format_lines,
        format_mean=formats.format_mean,
        format_memory=format_memory,
        format_outcome=formats.format_outcome,
        format_remedy=format_remedy,
        format_repetition=format_repetition,
        format_pairs=format_pairs,
        format_processors=format_processors,
        format_reported=formats.format_reported,
        format_same_version=format_same_version,
        format_sensitivity=format_sensitivity,
        format_shift=format_shift,
        format_size=format_size,
        format_state=format_state,
        format_speed_trials=format_speed_trials,
        format_step=format_step,
        format_subject=formats.format_subject,
        format_throughput=format_throughput,
        format_trial=format_trial,
        format_verdict=formats.format_verdict,
        format_verdicts=formats.format_verdicts,
        format_way=format_way,
        list_cause_cells=list_cause_cells,
        list_defaults=list_defaults,
        list_family_cells=formats.list_family_cells,
        list_ratio_cells=list_ratio_cells,
        list_ratio_headings=list_ratio_headings,
        list_rounding_cells=list_rounding_cells,
        list_snapshot_cells=list_snapshot_cells,
        list_study_figures=list_study_figures,
        list_throughput_headings=list_throughput_headings,
        list_throughputs=list_throughputs,
        list_time_cells=list_time_cells,
        list_time_headings=list_time_headings,
        list_trial_cells=list_trial_cells,
        list_undecided=list_undecided,
        list_verdicts=list(Verdict),
        name_engine=name_engine,
        name_look=name_look,
        order_engines=order_engines,
        stand_in_warning=STAND_IN_WARNING,
        strip_steps=STEPS,
        summarize_causes=summarize_causes,
        summarize_departures=summarize_departures,
        summarize_differences=summarize_differences,
        summarize_states=summarize_states,
        verdict_meanings=MEANINGS,
        verdict_signs=SIGNS,
    )
    return templates


def _mark_inline(text: str) -> Markup:
    """Return our own short Markdown as HTML: what is strong, and what is code. All else stays text."""
    strong = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", str(escape(text)))
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", strong))  # noqa: S704 - escaped above
