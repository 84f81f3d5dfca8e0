"""metrics.csv: its lines, and one page of curves of them that needs nothing else."""
import csv
import html
from pathlib import Path

import numpy as np

from checkpoint import replace

WIDTH, HEIGHT, POINTS = 560, 150, 500  # px of a curve, and means that it is drawn of, at most
PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Training</title>
<style>
:root { color-scheme: light dark }
body { font: 14px system-ui, sans-serif; margin: 1.5rem }
main { display: grid; grid-template-columns: repeat(auto-fill, minmax(36rem, 1fr)); gap: 1rem }
figure { margin: 0 } code { overflow-wrap: anywhere }
svg { border: 1px solid #888; overflow: visible } path { fill: none; stroke: #3a8fd0; stroke-width: 1.5 }
</style>
<h1>Training</h1>
"""


def rows(path, done=None):
    """Titles and whole lines of a metrics file, of up to done transitions, as text."""
    if not Path(path).exists():
        return [], []
    with open(path, newline="") as f:
        titles, *lines = [*csv.reader(f)] or [[]]
    return titles, [line for line in lines if len(line) == len(titles) and (done is None or int(line[0]) <= done)]


def taken_up(path, done):
    """Drops what a killed run wrote after its last checkpoint, which had done transitions."""
    titles, lines = rows(path, done)
    if titles:
        replace(path, lambda f: f.write("".join(",".join(line) + "\r\n" for line in [titles, *lines]).encode()))


def page(path, command):
    """Draws metrics.csv at path as the page beside it."""
    titles, lines = rows(path)
    if not lines:
        return
    at, *columns = np.array(lines, float).T
    text = f"<p><code>{html.escape(command)}</code></p>\n<p>{at[-1]:.4g} transitions, from left to right. Each curve runs from its lowest to its highest value.</p>\n<main>\n"
    for name, v in zip(titles[1:], columns):
        parts = np.array_split(np.arange(len(v)), min(POINTS, len(v)))
        x, y = np.array([(at[p[0]], np.nanmean(v[p])) for p in parts if not np.isnan(v[p]).all()]).reshape(-1, 2).T
        if not len(y):
            continue
        low, high = y.min(), y.max()
        points = zip(WIDTH * x / at[-1], HEIGHT * (1 - (y - low) / max(high - low, 1e-12)))
        d = "".join(f"{'L' if i else 'M'}{a:.1f} {b:.1f}" for i, (a, b) in enumerate(points))
        name = html.escape(name)
        text += f"""<figure><figcaption><b>{name}</b> {y[-1]:.4g} now; {low:.4g} to {high:.4g}</figcaption>
<svg width="{WIDTH}" height="{HEIGHT}" role="img" aria-label="{name}"><path d="{d}"/></svg></figure>
"""
    replace(Path(path).with_suffix(".html"), lambda f: f.write((PAGE + text + "</main>\n</html>\n").encode()))
