"""Two small nations, one clean and one with errors."""

import pytest
from synthetic_nation import YEARS, Nation

from percorsi.synthetic import synthesize


@pytest.fixture(scope="session")
def clean(tmp_path_factory) -> Nation:
    out = tmp_path_factory.mktemp("clean")
    return Nation(synthesize(out, 0.001, 7, YEARS, error_rate=0.0, workers=1))


@pytest.fixture(scope="session")
def spoilt(tmp_path_factory) -> Nation:
    out = tmp_path_factory.mktemp("spoilt")
    return Nation(synthesize(out, 0.002, 7, YEARS, workers=2))
