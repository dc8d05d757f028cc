"""Drawing in metres, onto SVG or PNG alike: polygons, lines and lettering."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import Protocol
from xml.sax.saxutils import escape

import numpy as np
from PIL import Image, ImageDraw, ImageFont

SUPERSAMPLING = 3
FONT = "Helvetica, Arial, DejaVu Sans, sans-serif"
Points = np.ndarray | Sequence[Sequence[float]]


class Canvas(Protocol):
    """A sheet of paper; points are (x, z) in metres, z up; widths and heights of letters are pixels."""

    def polygon(
        self, points: Points, *, fill: str | None = None, stroke: str | None = None, width: float = 1.0
    ) -> None:
        """A closed outline; colors are `#rrggbb`."""
        ...

    def line(self, points: Points, *, stroke: str, width: float = 1.0) -> None:
        """An open line through all points."""
        ...

    def dot(self, point: Sequence[float], *, radius: float, fill: str) -> None:
        """A filled circle; the radius is pixels."""
        ...

    def text(self, point: Sequence[float], words: str, *, height: float, fill: str, upright: bool = False) -> None:
        """One line of letters around a point; `upright` reads from below to above."""
        ...

    def finished(self) -> bytes:
        """The file's bytes."""
        ...


class Paper:
    """Where metres lie on the sheet, in pixels."""

    def __init__(self, low: Sequence[float], high: Sequence[float], px_per_m: float) -> None:
        self.low, self.high, self.px_per_m = np.asarray(low, float), np.asarray(high, float), px_per_m
        self.width, self.height = (math.ceil(size * px_per_m) for size in (self.high - self.low).tolist())

    def at(self, points: Points) -> np.ndarray:
        """(n, 2) pixels, y down, of points (n, 2)."""
        plan = np.asarray(points, float).reshape(-1, 2)
        return np.stack([plan[:, 0] - self.low[0], self.high[1] - plan[:, 1]], axis=1) * self.px_per_m


def letter_width(words: str, height: float) -> float:
    """Width in pixels of a line of letters."""
    return float(_font(height).getlength(words))


def _font(height: float) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size=height)
    assert isinstance(font, ImageFont.FreeTypeFont), "Pillow without FreeType"
    return font


class SvgCanvas(Canvas):
    """A `Canvas` that is an SVG file."""

    def __init__(self, paper: Paper, background: str) -> None:
        self._paper = paper
        size = f'width="{paper.width}" height="{paper.height}" viewBox="0 0 {paper.width} {paper.height}"'
        self._lines = [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="{FONT}" text-anchor="middle">',
            f'<rect width="100%" height="100%" fill="{background}"/>',
        ]

    def polygon(
        self, points: Points, *, fill: str | None = None, stroke: str | None = None, width: float = 1.0
    ) -> None:
        style = f'fill="{fill or "none"}"' + (f' stroke="{stroke}" stroke-width="{width:g}"' if stroke else "")
        self._lines.append(f'<polygon points="{self._list(points)}" {style} stroke-linejoin="round"/>')

    def line(self, points: Points, *, stroke: str, width: float = 1.0) -> None:
        style = f'fill="none" stroke="{stroke}" stroke-width="{width:g}" stroke-linecap="square"'
        self._lines.append(f'<polyline points="{self._list(points)}" {style}/>')

    def dot(self, point: Sequence[float], *, radius: float, fill: str) -> None:
        x, y = self._paper.at([point])[0]
        self._lines.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" fill="{fill}"/>')

    def text(self, point: Sequence[float], words: str, *, height: float, fill: str, upright: bool = False) -> None:
        x, y = self._paper.at([point])[0]
        turn = f' transform="rotate(-90 {x:.1f} {y:.1f})"' if upright else ""
        style = f'font-size="{height:g}" fill="{fill}" dominant-baseline="central"{turn}'
        self._lines.append(f'<text x="{x:.1f}" y="{y:.1f}" {style}>{escape(words)}</text>')

    def finished(self) -> bytes:
        return "\n".join([*self._lines, "</svg>", ""]).encode()

    def _list(self, points: Points) -> str:
        return " ".join(f"{x:.1f},{y:.1f}" for x, y in self._paper.at(points))


class PngCanvas(Canvas):
    """A `Canvas` that is a PNG file: drawn larger and averaged, so that edges are smooth."""

    def __init__(self, paper: Paper, background: str) -> None:
        self._paper = paper
        self._image = Image.new("RGB", (paper.width * SUPERSAMPLING, paper.height * SUPERSAMPLING), background)
        self._draw = ImageDraw.Draw(self._image)

    def polygon(
        self, points: Points, *, fill: str | None = None, stroke: str | None = None, width: float = 1.0
    ) -> None:
        corners = self._list(points)
        if fill:
            self._draw.polygon(corners, fill=fill)
        if stroke:
            self._draw.line([*corners, *corners[:2]], fill=stroke, width=self._wide(width), joint="curve")

    def line(self, points: Points, *, stroke: str, width: float = 1.0) -> None:
        wide = self._wide(width)
        corners = self._list(points)
        self._draw.line(corners, fill=stroke, width=wide, joint="curve")
        if wide > 2 * SUPERSAMPLING:
            for x, y in (corners[0], corners[-1]):
                self._draw.rectangle((x - wide / 2, y - wide / 2, x + wide / 2, y + wide / 2), fill=stroke)

    def dot(self, point: Sequence[float], *, radius: float, fill: str) -> None:
        ((x, y),) = self._list([point])
        reach = radius * SUPERSAMPLING
        self._draw.ellipse((x - reach, y - reach, x + reach, y + reach), fill=fill)

    def text(self, point: Sequence[float], words: str, *, height: float, fill: str, upright: bool = False) -> None:
        ((x, y),) = self._list([point])
        font = _font(height * SUPERSAMPLING)
        if not upright:
            self._draw.text((x, y), words, fill=fill, font=font, anchor="mm")
            return
        size = math.ceil(font.getlength(words)) + 4, math.ceil(1.6 * height * SUPERSAMPLING)
        mask = Image.new("L", size)
        ImageDraw.Draw(mask).text((size[0] / 2, size[1] / 2), words, fill=255, font=font, anchor="mm")
        mask = mask.transpose(Image.Transpose.ROTATE_90)
        self._image.paste(fill, (round(x - mask.width / 2), round(y - mask.height / 2)), mask)

    def finished(self) -> bytes:
        buffer = io.BytesIO()
        self._image.reduce(SUPERSAMPLING).save(buffer, "PNG")
        return buffer.getvalue()

    def _list(self, points: Points) -> list[tuple[float, float]]:
        return [(x, y) for x, y in (self._paper.at(points) * SUPERSAMPLING).tolist()]

    def _wide(self, width: float) -> int:
        return max(1, round(width * SUPERSAMPLING))
