"""The style sheet and the script of the HTML report."""

from __future__ import annotations

from typing import Final

from pages._view.theme import FONT_FAMILY, PAGES, Page


def _colours(page: Page) -> str:
    """Name a page's colours for the style sheet."""
    return (
        f"--background:{page.background};--surface:{page.surface};--text:{page.text};"
        f"--muted:{page.muted};--grid:{page.grid};"
    )


_RULES: Final = """
* { box-sizing: border-box; }
body { margin: 0; background: var(--background); color: var(--text);
  font: 17px/1.5 FONTS; }
main { max-width: 1400px; margin: 0 auto; padding: 1.5rem clamp(1rem, 3vw, 3rem); }
h1 { font-size: 2rem; line-height: 1.2; margin: 0 0 .5rem; }
h2 { font-size: 1.6rem; margin: 2.5rem 0 1rem; padding-top: 1rem;
  border-top: 2px solid var(--grid); }
h3 { font-size: 1.15rem; margin: 1.5rem 0 .4rem; }
header ul { margin: .5rem 0; padding-left: 1.2rem; color: var(--muted); }
.badge { display: inline-block; vertical-align: middle; font-size: .95rem;
  font-weight: 600; border: 2px solid #CC79A7; border-radius: .4rem;
  padding: .1rem .6rem; margin-left: .4rem; }
.warn { border-left: 5px solid #CC79A7; background: var(--surface);
  padding: .6rem 1rem; }
.tiles { display: grid; gap: 1rem; margin: 1rem 0;
  grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); }
.tile { background: var(--surface); border-radius: .6rem; padding: .8rem 1rem; }
.tile b { display: block; font-size: 1.8rem; line-height: 1.2; }
.tile span { color: var(--muted); }
figure { margin: 1.6rem 0 2.2rem; break-inside: avoid; }
figure.empty { background: var(--surface); border-radius: .6rem;
  padding: .2rem 1rem 1rem; }
figcaption { color: var(--text); max-width: 75ch; padding: .4rem .6rem 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .95rem; margin: .5rem 0; }
th, td { padding: .35rem .6rem; text-align: left;
  border-bottom: 1px solid var(--grid);
  vertical-align: top; overflow-wrap: anywhere; }
th { color: var(--muted); font-weight: 600; overflow-wrap: normal;
  vertical-align: bottom; }
td.short { white-space: nowrap; }
td.number { text-align: right; font-variant-numeric: tabular-nums;
  white-space: nowrap; }
details { margin: .8rem 0; }
summary { cursor: pointer; font-weight: 600; padding: .3rem 0; }
footer { margin: 3rem 0 1rem; padding-top: 1rem; border-top: 2px solid var(--grid);
  color: var(--muted); }
@page { size: A4 landscape; margin: 10mm; }
@media print {
  details.screen { display: none; }
  body { font-size: 11pt; }
  main { max-width: none; padding: 0; }
  .scroll { overflow: visible; }
  table { font-size: 8pt; }
  th, td { padding: .15rem .3rem; }
  h2, h3 { break-after: avoid; }
}
"""

STYLE: Final = (
    f":root{{{_colours(PAGES['light'])}}}"
    f"@media screen and (prefers-color-scheme: dark)"
    f"{{:root{{{_colours(PAGES['dark'])}}}}}" + _RULES.replace("FONTS", FONT_FAMILY)
)

SCRIPT: Final = """
const dark = window.matchMedia('(prefers-color-scheme: dark)');
// what A4 and Letter leave between their margins, whatever the window's width
const PAPER_PX = 960;
let printing = false;
function side() { return dark.matches && !printing ? 'dark' : 'light'; }
function drawAll(first) {
  for (const box of document.querySelectorAll('.chart')) {
    if (first) {
      const figure = JSON.parse(box.querySelector('script').textContent);
      figure.layout.template = TEMPLATES[side()];
      box.replaceChildren();
      Plotly.newPlot(box, figure.data, figure.layout,
        {responsive: true, displaylogo: false});
    } else {
      Plotly.relayout(box, {template: TEMPLATES[side()],
        width: printing ? PAPER_PX : null, autosize: !printing});
    }
  }
}
document.addEventListener('DOMContentLoaded', () => drawAll(true));
dark.addEventListener('change', () => drawAll(false));
window.addEventListener('beforeprint', () => {
  printing = true;
  document.querySelectorAll('details:not(.screen)').forEach(f => { f.open = true; });
  drawAll(false);
});
window.addEventListener('afterprint', () => { printing = false; drawAll(false); });
"""
