"""Colours and style rules of plots, as a part of a page's style sheet and inside files of their own."""

from __future__ import annotations

import re
from collections.abc import Mapping

SERIES = 8  # colours of runs; more runs than that begin again with dashes
LIGHT: Mapping[str, str] = {
    "card": "#fff", "ink": "#1d1f23", "soft": "#5a5f69", "line": "#dedbd3", "right": "#1c7a45",
    "wrong": "#b3341f", "open": "#7a5a00", "s0": "#2456a6", "s1": "#c2571a", "s2": "#1c7a5b", "s3": "#8a3fa0",
    "s4": "#a8324f", "s5": "#6b6a1a", "s6": "#1f7f96", "s7": "#6b4a34", "on-cell": "#fff",
}  # fmt: skip
DARK: Mapping[str, str] = {
    "card": "#1e2127", "ink": "#e8e6e1", "soft": "#a4a9b3", "line": "#363b45", "right": "#68cf93",
    "wrong": "#ff8f7a", "open": "#e6c35c", "s0": "#7fb0ff", "s1": "#ffa566", "s2": "#5fd3ac", "s3": "#d59bea",
    "s4": "#ff8fa8", "s5": "#d3d16a", "s6": "#6fd0e6", "s7": "#d1a88c", "on-cell": "#10131a",
}  # fmt: skip
PLOT_STYLE = """
.plot text{font-size:10.5px;fill:var(--soft)}
.plot .bar-label,.plot .bar-value{fill:var(--ink);paint-order:stroke;stroke:var(--card);stroke-width:3px}
.plot .bar-label{font-weight:600}
.plot line.grid,.plot line.tick{stroke:var(--line);stroke-width:1}
.plot .whisker{stroke:var(--ink);stroke-width:1.3}
.plot .reference{stroke:var(--ink);stroke-width:1.3;stroke-dasharray:4 3}
.plot .reference-1{stroke:var(--wrong)}
.plot .cell{fill:var(--s1)}
.plot .right-cell{fill:var(--s0)}
.plot .cell-text{fill:var(--ink)}
.plot .cell-text.strong{fill:var(--on-cell)}
.plot .small{font-size:8.5px}
.thin-bar{opacity:.45}
.curve{fill:none;stroke-width:2}
.dashed.curve{stroke-dasharray:5 3}
.band{opacity:.1;stroke:none}
.kept{fill:var(--right);background:var(--right)}
.dropped{fill:var(--open);background:var(--open)}
.failed{fill:var(--wrong);background:var(--wrong)}
""" + "\n".join(
    f".series-{n}{{stroke:var(--s{n});fill:var(--s{n})}} .curve.series-{n}{{fill:none}} "
    f".bar.series-{n},.thin-bar.series-{n},.band.series-{n}{{stroke:none}}"
    for n in range(SERIES)
)
# Not every program that draws such files knows variables of style sheets.
FILE_STYLE = "text{font-family:sans-serif}" + re.sub(
    r"var\(--([\w-]+)\)", lambda name: LIGHT[name[1]], PLOT_STYLE
)


def variables(colours: Mapping[str, str]) -> str:
    """The colours as declarations of a style sheet."""
    return "".join(f"--{name}:{colour};" for name, colour in colours.items())
