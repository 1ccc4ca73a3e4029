"""The costs as a picture: a line for each operation; flat is what it should be."""

from collections.abc import Mapping
from pathlib import Path

from matplotlib.figure import Figure

from bench.scale.measuring import Times

INCHES = (11, 4.6)


def draw(results: Mapping[str, Mapping[int, Times]], path: Path) -> None:
    """Draw the results, by database and size, into a PNG file."""
    figure = Figure(figsize=INCHES, layout="constrained")
    panels = figure.subplots(1, len(results), sharey=True, squeeze=False)[0]
    for panel, (database, by_size) in zip(panels, results.items(), strict=True):
        sizes = list(by_size)
        for name in by_size[sizes[0]]:
            panel.plot(sizes, [by_size[size][name] for size in sizes], marker="o", label=name)
        panel.set_xscale("log")
        panel.set_yscale("log")
        panel.set_title(database)
        panel.set_xlabel("messages in the store")
        panel.grid(visible=True, which="major", alpha=0.3)
    panels[0].set_ylabel("milliseconds (median)")
    panels[-1].legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize="small")
    figure.savefig(path, dpi=110)
