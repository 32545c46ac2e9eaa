"""The skeleton of a report: one file that asks the network for nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.markup import Markup, join, tag
from pipelines.plots.drawing import DARK, LIGHT, PLOT_STYLE, variables

# Whatever slips in, the browser fetches nothing and runs nothing.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
COLOURS = f"""
:root{{color-scheme:light dark;--page:#f7f6f3;--accent:#2456a6;{variables(LIGHT)}}}
@media(prefers-color-scheme:dark){{:root{{--page:#15171b;--accent:#7fb0ff;{variables(DARK)}}}}}
"""
PAGE = """
*{box-sizing:border-box}
html{scroll-behavior:smooth;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);overflow-wrap:anywhere;
font:16px/1.55 system-ui,-apple-system,"Segoe UI",sans-serif}
header,main,footer{max-width:1080px;margin:0 auto;padding:0 16px}
header{padding-top:32px}
h1{font-size:1.9rem;line-height:1.2;margin:0 0 8px;letter-spacing:-.01em}
h2{font-size:1.45rem;line-height:1.25;margin:56px 0 12px;padding-top:16px;border-top:2px solid var(--ink)}
h3{font-size:1.1rem;margin:36px 0 10px}
h4{font-size:1rem;margin:0 0 6px}
h5{font-size:.92rem;margin:16px 0 6px}
p{margin:0 0 10px;max-width:72ch}
.note,small,figcaption{color:var(--soft);font-size:.85rem}
a{color:var(--accent)}
nav{margin:16px 0 0}
nav ul,.legend{display:flex;flex-wrap:wrap;gap:4px 18px;list-style:none;padding:0;margin:0}
nav a{display:inline-block;padding:6px 0}
.notice{border-left:4px solid var(--open);background:var(--card);
padding:10px 14px;margin:16px 0;max-width:76ch}
.notice p:last-child{margin:0}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,320px),1fr));gap:16px;align-items:start}
.figures{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,440px),1fr));gap:16px;align-items:start}
.card,figure,details{background:var(--card);border:1px solid var(--line);border-radius:8px}
.card{padding:14px 16px;min-width:0}
.card ul{margin:8px 0;padding-left:18px}
figure{margin:0;padding:14px 16px;min-width:0}
figcaption{margin-top:8px}
details{margin:12px 0;padding:0 16px}
.card details{margin:10px 0 0;padding:0 10px;background:none}
summary{cursor:pointer;padding:10px 0;font-weight:600}
details[open]{padding-bottom:14px}
code,pre{font:.85em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;color:var(--soft)}
pre{white-space:pre-wrap;margin:0}
table{border-collapse:collapse;width:100%;margin:12px 0;background:var(--card);font-size:.9rem}
caption{text-align:left;font-weight:600;padding:6px 0}
th,td{text-align:left;vertical-align:top;padding:8px 10px;border-bottom:1px solid var(--line)}
thead th{overflow-wrap:normal;color:var(--soft);font-size:.8rem;border-bottom:2px solid var(--line)}
tbody th{font-weight:600;min-width:9.5rem}
td small{display:block}
td{font-variant-numeric:tabular-nums}
.value{font-weight:600;white-space:nowrap}
.interval{color:var(--soft);font-size:.85em;white-space:nowrap}
.undefined{color:var(--soft)}
ul.plain{list-style:none;padding:0;margin:0}
ul.plain li{margin:0 0 8px}
dl div{display:grid;grid-template-columns:minmax(9rem,14rem) 1fr;gap:2px 14px;padding:6px 0}
dt{font-weight:600}
dd{margin:0;min-width:0}
blockquote{margin:8px 0;padding:4px 0 0 12px;border-left:3px solid var(--line)}
blockquote p{margin:0 0 4px}
q{quotes:"“" "”"}
.chip{display:inline-block;white-space:nowrap;
border:1px solid currentColor;border-radius:99px;padding:1px 10px;font-size:.85rem;
font-weight:600;color:var(--soft)}
.chip.supported{color:var(--right)}
.chip.contradicted{color:var(--wrong)}
.chip.not-resolved,.chip.mixed{color:var(--open)}
.mark{display:inline-block;min-width:5em;margin-right:8px;font-weight:600;color:var(--soft)}
.claim{display:grid;grid-template-columns:minmax(0,2fr) minmax(0,3fr);
gap:4px 28px;margin:0 0 12px}
.keys span{margin-right:14px}
.keys .key{margin-right:5px}
.reasons{margin:4px 0 10px;background:none}
.reasons td{border:0;padding:2px 10px 2px 0}
.reasons td:first-child{white-space:nowrap;font-weight:600;text-align:right;width:1%}
.mark.right{color:var(--right)}
.mark.wrong{color:var(--wrong)}
.cases{columns:2 420px;column-gap:16px}
.case{break-inside:avoid;margin:0 0 16px}
.pictures{display:flex;flex-wrap:wrap;gap:8px;margin:4px 0 10px}
.pictures img{max-width:100%;max-height:260px;border-radius:4px;border:1px solid var(--line)}
.missing{border:1px dashed var(--soft);border-radius:4px;padding:18px 14px;color:var(--soft);font-size:.85rem}
.document{white-space:pre-line;border-left:3px solid var(--line);padding-left:12px}
.answers{list-style:none;padding:0!important}
.answers li{border-top:1px solid var(--line);padding:6px 0}
.raw{margin:2px 0 0;color:var(--soft);font-size:.9rem;white-space:pre-line}
svg{display:block}
.plot{width:100%;max-width:560px;height:auto;margin:0 auto;overflow:visible}
.swatch{display:inline-block;width:24px;height:12px;vertical-align:middle;margin-right:6px}
.legend{margin-top:8px;font-size:.85rem}
.stack-bar{width:100%;height:12px;border-radius:3px;margin:8px 0}
.key{display:inline-block;width:10px;height:10px;border-radius:2px;margin-right:2px}
footer{padding:40px 16px;color:var(--soft);font-size:.85rem}
"""
NARROW = """
@media(max-width:760px){
h1{font-size:1.5rem}
h2{margin-top:40px}
table,tbody,tr,td,tbody th,caption{display:block}
thead{display:none}
tr{border:1px solid var(--line);border-radius:8px;margin:0 0 10px;padding:6px 12px}
td,tbody th{border:0;padding:4px 0}
td{display:grid;grid-template-columns:minmax(0,2fr) minmax(0,3fr);gap:0 12px}
td::before{content:attr(data-label);color:var(--soft);font-size:.85rem}
.plot text{font-size:12px}
.card,figure{padding:12px}
details{padding:0 12px}
table{background:none}
tr{background:var(--card)}
details tr{background:none}
dl div,.claim{grid-template-columns:1fr}
.reasons,.reasons tbody{display:block}
.reasons tr{display:grid;grid-template-columns:3.2em 1fr;border:0;padding:0;margin:0}
.reasons td{display:block}
.reasons td::before{content:none}
}
"""
STYLE = COLOURS + PAGE + PLOT_STYLE + NARROW


@dataclass(frozen=True)
class Section:
    """A heading with its content; `anchor` is the place the contents list leads to."""

    anchor: str
    title: str
    body: Markup


def page(title: str, lead: Markup, sections: Sequence[Section], closing: str) -> Markup:
    """The whole document."""
    contents = [tag("li", tag("a", section.title, href=f"#{section.anchor}")) for section in sections]
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
        tag("title", title),
        tag("link", rel="icon", href="data:,"),
        tag("style", Markup(STYLE)),
    )
    body = tag(
        "body",
        tag("header", tag("h1", title), lead, tag("nav", tag("ul", contents), aria_label="contents")),
        tag("main", [tag("section", tag("h2", one.title), one.body, id=one.anchor) for one in sections]),
        tag("footer", closing),
    )
    return join(Markup("<!doctype html>\n"), tag("html", head, body, lang="en"))
