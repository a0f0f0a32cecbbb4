"""Prometheus' text format (version 0.0.4), as much of it as is needed here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Sample:
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)
    suffix: str = ""  # of a histogram: _bucket, _sum, _count


@dataclass(frozen=True, slots=True)
class Metric:
    name: str
    kind: str  # counter, gauge, histogram
    help: str
    samples: Sequence[Sample]


def expose(metrics: Sequence[Metric]) -> str:
    lines = []
    for metric in metrics:
        lines += [f"# HELP {metric.name} {_escaped(metric.help)}", f"# TYPE {metric.name} {metric.kind}"]
        for sample in metric.samples:
            labels = ",".join(f'{name}="{_quoted(value)}"' for name, value in sample.labels.items())
            lines.append(f"{metric.name}{sample.suffix}{'{' + labels + '}' if labels else ''} {sample.value:.15g}")
    return "\n".join(lines) + "\n"


def histogram(name: str, help_text: str, series: Sequence[tuple[Mapping[str, str], Mapping[float, int], float, int]]) -> Metric:
    """Each series: its labels, how many were at most so long, the sum, and how many there are."""
    samples = []
    for labels, at_most, total, count in series:
        for bound in sorted(at_most):
            samples.append(Sample(at_most[bound], {**labels, "le": f"{bound:g}"}, "_bucket"))
        samples.append(Sample(count, {**labels, "le": "+Inf"}, "_bucket"))
        samples += [Sample(total, labels, "_sum"), Sample(count, labels, "_count")]
    return Metric(name, "histogram", help_text, samples)


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n")


def _quoted(text: str) -> str:
    return _escaped(text).replace('"', r"\"")
