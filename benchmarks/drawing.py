"""What the pictures are made of: SVG, written by hand so that nothing is needed to draw it.

It follows the reader's choice of a light or dark page. What a picture shows is in `bars` and
`lines`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

WIDTH: Final = 880
MARGIN: Final = 32

# Ink on paper, and one accent: everything that is not kvput stays in greys.
_STYLE: Final = """
  .paper { fill: #fbfaf8; } .edge { stroke: #e4e0da; fill: none; }
  text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #57534e; }
  .title { font-size: 17px; font-weight: 600; fill: #1c1917; }
  .head { font-size: 14px; font-weight: 600; fill: #292524; }
  .note { font-size: 12px; fill: #78716c; }
  .name, .own { paint-order: stroke; stroke: #fbfaf8; stroke-width: 4px; }
  .number { font-variant-numeric: tabular-nums; }
  .own { fill: #0f766e; font-weight: 600; }
  .bar { fill: #948e87; } .bar-own { fill: #0f766e; }
  .hollow { fill: none; stroke: #948e87; stroke-width: 1.5; stroke-dasharray: 4 3; }
  .grid { stroke: #e4e0da; } .axis { stroke: #a8a29e; }
  .line { fill: none; stroke: #948e87; stroke-width: 1.75; }
  .dot { fill: #78716c; stroke: #fbfaf8; }
  .line-own { fill: none; stroke: #0f766e; stroke-width: 3; }
  .dot-own { fill: #0f766e; stroke: #fbfaf8; }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #1c1b1a; } .name, .own { stroke: #1c1b1a; } .edge { stroke: #3a3734; }
    text { fill: #b6b0a9; } .title { fill: #f5f3f0; } .head { fill: #e7e3de; }
    .note { fill: #8f8881; } .own { fill: #5ec4b6; }
    .bar { fill: #8f8881; } .bar-own { fill: #2fa395; } .hollow { stroke: #8f8881; }
    .grid { stroke: #34312e; } .axis { stroke: #6f6962; }
    .line { stroke: #8f8881; } .dot { fill: #b6b0a9; stroke: #1c1b1a; }
    .line-own { stroke: #2fa395; } .dot-own { fill: #2fa395; stroke: #1c1b1a; }
  }
"""


@dataclass(frozen=True, slots=True)
class Point:
    """A place on the picture."""

    x: float
    y: float


def picture(height: float, about: str, parts: Sequence[str]) -> str:
    """A whole file."""
    extent = f'width="{WIDTH}" height="{height:.0f}"'
    inner = f'x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1:.0f}"'
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" {extent} '
        f'role="img" aria-label="{about}">'
    )
    paper = [f'<rect class="paper" {extent} rx="10"/>', f'<rect class="edge" {inner} rx="9.5"/>']
    named = [f"<title>{about}</title>", f"<style>{_STYLE}</style>"]
    return "\n".join([head, *named, *paper, *parts, "</svg>\n"])


def text(place: Point, words: str, kind: str, anchor: str = "start") -> str:
    """A line of text."""
    aligned = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return (
        f'<text class="{kind}" x="{place.x:.1f}" y="{place.y:.1f}"{aligned}>{escape(words)}</text>'
    )
