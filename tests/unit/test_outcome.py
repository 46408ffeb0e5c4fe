"""What a run says at its end of the regions that the nation is without."""

import pandas as pd
import pytest

from percorsi.errors import ConfigurationError
from percorsi.outcome import Outcome
from percorsi.session import spark_session
from percorsi.settings import load_settings


def values(*rows: tuple) -> pd.DataFrame:
    columns = ["code", "level", "area", "left_out", "reason"]
    return pd.DataFrame(rows, columns=columns).assign(sex="", age_class="", component="")


def test_regions_left_out_are_told_with_the_reason_of_each():
    found = values(
        ("S1", "nation", "IT", "120,180,200", None),
        ("S1", "region", "120", None, "window_not_covered"),
        ("S1", "region", "180", None, "quality"),
        ("S1", "region", "200", None, "window_not_covered"),
        ("S1", "region", "030", None, None),
        ("S2", "nation", "IT", "120,180,200", None),
        ("S2", "region", "120", None, "window_not_covered"),
        ("S2", "region", "180", None, "quality"),
        ("S2", "region", "200", None, "window_not_covered"),
        ("S3", "nation", "IT", "180", None),
        ("S3", "region", "180", None, "missing_flow"),
        ("S4", "nation", "IT", None, None),
    )
    told = Outcome(None, None, "run", None, found, None).left_out()
    assert told == [
        "S1, S2: without the regions 120, 200 (window_not_covered); 180 (quality)",
        "S3: without the regions 180 (missing_flow)",
    ]


def test_without_java_it_is_java_that_is_missing(tmp_path, monkeypatch):
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(ConfigurationError, match="Java 17 is needed"):
        spark_session(load_settings("local"))
    monkeypatch.delenv("JAVA_HOME")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigurationError, match="java on the path"):
        spark_session(load_settings("local"))
