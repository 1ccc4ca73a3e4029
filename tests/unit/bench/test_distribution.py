"""Percentiles are values that were measured, and histograms count each value once."""

from bench.distribution import histogram, percentile


def test_a_percentile_is_a_measured_value() -> None:
    """Nearest rank: no value is made up between two others."""
    values = [float(value) for value in range(100, 0, -1)]

    assert [50.0, 90.0, 99.0, 100.0] == [
        percentile(values, share) for share in (0.5, 0.9, 0.99, 1.0)
    ]


def test_the_percentiles_of_one_value_are_that_value() -> None:
    assert [3.5, 3.5] == [percentile([3.5], share) for share in (0.0, 0.99)]


def test_a_histogram_counts_each_value_in_one_class() -> None:
    lines = histogram([-0.2, 0.4, 2.0, 2.9, 40.0, 5000.0])

    counts = [int(line.partition("ms")[2].split()[0]) for line in lines]

    assert 6 == sum(counts)
    assert lines[0].strip().startswith("0 to 1 ms    2")
    assert lines[-1].strip().startswith("over 1000 ms    1")


def test_a_histogram_keeps_the_empty_classes_between() -> None:
    assert ["0 to 1 ms    1", "1 to 2 ms    0", "2 to 3 ms    1"] == [
        line.strip("█ ") for line in histogram([0.5, 2.5])
    ]


def test_a_histogram_of_nothing_has_no_line() -> None:
    assert [] == histogram([])
