"""Figures 1-8 of the paper, as data, in per cent; values without a label are read from the vector marks."""

from collections.abc import Iterable

from repodojo.reporting.published import PublishedFigure


def _from(first: int, *values: float) -> tuple[tuple[int, float], ...]:
    """Number the values from ``first``."""
    return tuple(enumerate(values, start=first))


def _shares(values: Iterable[float]) -> tuple[tuple[int, float], ...]:
    return tuple(zip((25, 50, 100), values, strict=True))


FIGURES: dict[int, PublishedFigure] = {
    1: PublishedFigure(
        "Scaling of training and of inference, SWE-Bench Verified, 32B",
        "trajectories, or k",
        "resolve rate %",
        {
            "training": ((122, 10.8), (245, 16.8), (491, 20.6)),
            "inference": _from(
                *(2, 22.29, 24.59, 25.94, 27.0, 27.84, 28.5, 29.07, 29.57),
                *(30.02, 30.41, 30.81, 31.12, 31.37, 31.7, 31.95),
            ),
        },
        "Fits as published: 7.04 ln x - 22.65, R2 0.984; 4.53 ln k + 19.54, R2 0.997.",
    ),
    2: PublishedFigure(
        "Instances by repository",
        "repository",
        "instances",
        {
            "SWE-Gym": (
                ("pandas-dev/pandas", 737),
                ("Project-MONAI/MONAI", 374),
                ("getmoto/moto", 343),
                ("python/mypy", 257),
                ("iterative/dvc", 225),
                ("dask/dask", 145),
                ("modin-project/modin", 107),
                ("pydantic/pydantic", 83),
                ("conan-io/conan", 75),
                ("facebookresearch/hydra", 66),
                ("bokeh/bokeh", 26),
            ),
            "SWE-Gym Lite": (
                ("getmoto/moto", 59),
                ("python/mypy", 40),
                ("iterative/dvc", 36),
                ("Project-MONAI/MONAI", 27),
                ("pydantic/pydantic", 20),
                ("dask/dask", 14),
                ("conan-io/conan", 12),
                ("facebookresearch/hydra", 11),
                ("pandas-dev/pandas", 5),
                ("modin-project/modin", 5),
                ("bokeh/bokeh", 1),
            ),
        },
    ),
    3: PublishedFigure(
        "Successes of each instance over 30 rounds, Moatless 7B on SWE-Gym Lite",
        "instance, by falling successes",
        "successes",
        {
            "successes": _from(
                *(1, 20, 17, 12, 11, 10, 9, 9, 9, 9, 5, 5, 5, 4, 4, 4, 4, 4, 3, 3, 3, 2, 2, 2, 2, 2, 2),
                *(1,) * 10,
            )
        },
        "Instances that were never solved are not shown.",
    ),
    4: PublishedFigure(
        "Pass@k and Best@k, OpenHands 32B with a 32B verifier, SWE-Bench Verified",
        "k",
        "%",
        {
            "pass@k": _from(
                *(1, 20.6, 24.8, 28.8, 31.6, 33.6, 35.3, 36.7, 37.8),
                *(38.7, 39.6, 40.2, 40.8, 41.4, 41.9, 42.4, 42.8),
            ),
            "best@k": _from(
                *(1, 20.6, 22.2, 24.4, 25.9, 26.9, 28.0, 28.7, 29.3),
                *(29.8, 30.2, 30.6, 30.9, 31.2, 31.5, 31.8, 32.0),
            ),
        },
        "k = 1 is the greedy attempt, the other points are of attempts at temperature 0.5.",
    ),
    5: PublishedFigure(
        "Best@k by the verifier's training data, SWE-Bench Verified",
        "k",
        "%",
        {
            "mixture": _from(1, 20.6, 21.11, 22.88, 24.27, 25.23, 25.94, 26.53, 27.09),
            "on-policy": _from(1, 20.6, 20.88, 22.15, 22.96, 23.34, 23.47, 23.49, 23.37),
            "off-policy": _from(1, 20.6, 19.63, 20.25, 20.80, 21.14, 21.32, 21.46, 21.53),
            "off-policy, twice the negatives": _from(
                1, 20.6, 19.27, 20.09, 20.49, 20.98, 21.36, 21.57, 21.63
            ),
        },
        "The text gives 27.2 for the mixture at k = 8.",
    ),
    6: PublishedFigure(
        "Pass@k and Best@k with Moatless, SWE-Bench Lite",
        "k",
        "%",
        {
            "32B agent, pass@k": _from(1, 19.1, 24.4, 27.5, 29.6, 31.0, 32.1, 32.9, 33.3),
            "32B agent, 32B verifier": _from(1, 19.1, 21.6, 22.6, 23.5, 24.3, 24.9, 25.4, 26.0),
            "32B agent, 7B verifier": _from(1, 19.3, 19.9, 20.5, 20.9, 21.1, 21.2, 21.1, 21.0),
            "7B agent, pass@k": _from(1, 9.4, 13.5, 16.4, 18.3, 20.0, 21.4, 22.5, 23.3),
            "7B agent, 32B verifier": _from(1, 9.4, 11.6, 13.2, 14.0, 14.6, 14.7, 15.0, 15.0),
            "7B agent, 7B verifier": _from(1, 9.4, 12.2, 13.1, 13.5, 13.7, 13.7, 13.5, 13.3),
        },
    ),
    7: PublishedFigure(
        "Resolve rate by share of the training data, SWE-Bench Verified",
        "% of the trajectories",
        "resolve rate %",
        {"32B": _shares((10.8, 16.8, 20.6)), "7B": _shares((4.2, 10.0, 10.6))},
    ),
    8: PublishedFigure(
        "Resolve rate by the way of choosing, 32B, SWE-Bench Verified",
        "% of the trajectories",
        "resolve rate %",
        {
            "all successes": _shares((10.8, 16.8, 20.6)),
            "one per instance, by repository": _shares((13.4, 15.6, 18.8)),
            "one per instance, at random": _shares((10.8, 14.2, 18.8)),
        },
        "The points at 100 % of one per instance are one run.",
    ),
}
