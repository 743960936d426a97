"""Small pictures drawn as SVG attributes: a strict Content-Security-Policy allows no style attribute."""

import hashlib
import math
from collections.abc import Sequence
from functools import cache

import lucide
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

HAIR = (
    '<path class="hair" d="M14 27c-1-13 8-19 18-19s19 6 18 19c-3-6-7-9-10-10-6 4-17 5-20 2-3 2-5 4-6 8z"/>',
    (
        '<path class="hair" d="M13 28c0-14 9-20 19-20s19 6 19 20c-2-4-4-8-8-9-9 3-17 2-23-1-3 2-6 6-7 10z"/>'
        '<circle class="hair" cx="12" cy="18" r="5.5"/><circle class="hair" cx="52" cy="18" r="5.5"/>'
    ),
    (
        '<path class="hair" d="M22 13c2-5 7-7 11-6-2 1-3 2-3 3 4-2 9-1 12 2-4-1-6 0-7 1 3 1 6 3 8 6-7-4-14-5-22 1'
        ' 0-3 0-5 1-7z"/>'
    ),
    (
        '<path class="hair" d="M12 36c-2-18 8-28 20-28s22 10 20 28c-3 2-5 1-6-2 1-5-1-10-4-13-7 3-16 3-21-1-3 4-4 9-3'
        ' 14-1 3-3 4-6 2z"/>'
    ),
    (
        '<path class="hair" d="M15 24c1-11 8-16 17-16s16 5 17 16c-4-5-9-8-17-8s-13 3-17 8z"/>'
        '<path class="hair" d="M30 9c-1-4 2-7 6-6-2 1-3 3-3 5z"/>'
    ),
)
MOUTH = (
    '<path class="mouth" d="M27 43q5 5 10 0"/>',
    '<path class="mouth-open" d="M27 42h10q-1 6-5 6t-5-6z"/>',
    '<path class="mouth" d="M28 43q4 3 8 0"/>',
)
FACE = (
    '<circle class="bg" cx="32" cy="32" r="32"/>'
    '<circle class="skin" cx="13.5" cy="35" r="4"/><circle class="skin" cx="50.5" cy="35" r="4"/>'
    '<circle class="skin" cx="32" cy="34" r="19"/>{hair}'
    '<circle class="cheek" cx="21.5" cy="40" r="3.6"/><circle class="cheek" cx="42.5" cy="40" r="3.6"/>'
    '<circle class="eye" cx="25" cy="34.5" r="2.1"/><circle class="eye" cx="39" cy="34.5" r="2.1"/>{mouth}'
)


@cache
def icon(name: str, size: int) -> SafeString:
    svg = lucide._render_icon(name, size, **{"class": "i", "aria-hidden": "true"})  # noqa: SLF001
    return mark_safe(" ".join(svg.split()).replace("> <", "><"))  # noqa: S308 -- from the icon package


def is_icon(name: str) -> bool:
    """For names that come from outside; the pages' own may fail loudly."""
    try:
        icon(name, 18)
    except lucide.IconDoesNotExist:
        return False
    return True


@cache
def face(name: str, size: int) -> SafeString:
    """A child's face, always the same for the same name."""
    draw = hashlib.sha256(name.encode()).digest()
    inside = FACE.format(hair=HAIR[draw[1] % len(HAIR)], mouth=MOUTH[draw[2] % len(MOUTH)])
    return format_html(
        '<svg class="face hue{} hair{}" viewBox="0 0 64 64" width="{}" height="{}" aria-hidden="true">{}</svg>',
        draw[0] % 8,
        draw[3] % 3,
        size,
        size,
        mark_safe(inside),  # noqa: S308 -- constants of this module
    )


def spark(values: Sequence[float], width: int, height: int) -> SafeString:
    if len(values) < 2:
        return SafeString("")
    low, high = min(values), max(values)
    step = (width - 3) / (len(values) - 1)
    scale = (height - 6) / ((high - low) or 1)
    points = [(i * step, height - 3 - (value - low) * scale) for i, value in enumerate(values)]
    line = "M" + " L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    end_x, end_y = points[-1]
    return format_html(
        '<svg class="spark" viewBox="0 0 {w} {h}" width="{w}" height="{h}" aria-hidden="true">'
        '<path class="spark-area" d="{line} L{x} {h} L0 {h} Z"/><path class="spark-line" d="{line}"/>'
        '<circle class="spark-dot" cx="{x}" cy="{y}" r="2.2"/></svg>',
        w=width,
        h=height,
        line=line,
        x=f"{end_x:.1f}",
        y=f"{end_y:.1f}",
    )


def _share(value: float | None) -> float:
    return max(0.0, min(100.0, float(value or 0)))


def bar(value: float | None, label: str, tone: str) -> SafeString:
    share = f"{_share(value):g}"
    return format_html(
        '<svg class="bar {}" role="img" aria-label="{} {}%">'
        '<rect class="bar-track" width="100%" height="100%" rx="3"/>'
        '<rect class="bar-fill" width="{}%" height="100%" rx="3"/></svg>',
        tone,
        label,
        share,
        share,
    )


def ring(value: float | None, size: int, width: int, tone: str) -> SafeString:
    middle, radius = size / 2, (size - width) / 2
    around = 2 * math.pi * radius
    return format_html(
        '<svg class="ring {tone}" viewBox="0 0 {s} {s}" width="{s}" height="{s}" aria-hidden="true">'
        '<circle class="ring-track" cx="{m}" cy="{m}" r="{r}" stroke-width="{w}"/>'
        '<circle class="ring-fill" cx="{m}" cy="{m}" r="{r}" stroke-width="{w}" stroke-linecap="round"'
        ' stroke-dasharray="{done} {around}" transform="rotate(-90 {m} {m})"/></svg>',
        tone=tone,
        s=size,
        m=middle,
        r=radius,
        w=width,
        done=f"{around * _share(value) / 100:.1f}",
        around=f"{around:.1f}",
    )
