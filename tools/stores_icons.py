"""The icons of the stores' app, drawn anew: `python tools/stores_icons.py` writes providers/web/public/icon-*.png.

A house with one key in it, in the app's green; the maskable one keeps to the inner four fifths that every telephone shows.
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw

PUBLIC = Path(__file__).resolve().parent.parent / "providers" / "web" / "public"
GREEN, WHITE, RED = "#00573a", "#ffffff", "#d9301a"
FINE = 4  # drawn larger, then made smooth


def icon(side: int, *, maskable: bool) -> Image.Image:
    whole = side * FINE
    picture = Image.new("RGBA", (whole, whole), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    if maskable:
        draw.rectangle((0, 0, whole, whole), fill=GREEN)
    else:
        draw.rounded_rectangle((0, 0, whole - 1, whole - 1), radius=whole * 0.2, fill=GREEN)
    size = whole * (0.6 if maskable else 0.72)
    left, top = (whole - size) / 2, (whole - size) / 2

    def at(x: float, y: float) -> tuple[float, float]:
        return left + size * x, top + size * y

    draw.polygon([at(0.5, 0.0), at(1.0, 0.45), at(0.87, 0.45), at(0.87, 1.0), at(0.13, 1.0), at(0.13, 0.45), at(0.0, 0.45)], fill=WHITE)
    (x0, y0), (x1, y1) = at(0.3, 0.44), at(0.7, 0.84)
    draw.ellipse((x0, y0, x1, y1), fill=RED)
    return picture.resize((side, side), Image.Resampling.LANCZOS)


def main() -> None:
    for name, side, maskable in (("icon-192", 192, False), ("icon-512", 512, False), ("icon-maskable-512", 512, True)):
        icon(side, maskable=maskable).save(PUBLIC / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
