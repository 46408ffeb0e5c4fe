"""One Spark session for all tests: starting it is most of what a small test costs."""

from pathlib import Path

import pytest

from percorsi.home import Home
from percorsi.settings import Settings, load_settings
from percorsi.storage import Store


@pytest.fixture(scope="session")
def settings() -> Settings:
    """The local environment, with shuffles for frames of a few rows."""
    settings = load_settings("local")
    small = {
        "spark.sql.shuffle.partitions": "2",
        "spark.default.parallelism": "2",
        "spark.driver.memory": "2g",
        "spark.driver.extraJavaOptions": "-XX:+UseSerialGC",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
    }
    spark = settings.spark.model_copy(
        update={"conf": {**settings.spark.conf, **small}, "master": "local[2]", "person_partitions": 2}
    )
    return settings.model_copy(update={"spark": spark})


@pytest.fixture(scope="session")
def spark(settings: Settings):
    from percorsi.session import spark_session

    session = spark_session(settings, "percorsi-tests")
    yield session
    session.stop()


@pytest.fixture(scope="module", autouse=True)
def forgotten_homes():
    """Delta keeps for an hour what it read of every table. The homes of a test file are gone after it, and these fill
    the memory of those that come."""
    yield
    from pyspark.sql import SparkSession

    session = SparkSession.getActiveSession()
    if session is not None:
        session._jvm.org.apache.spark.sql.delta.DeltaLog.clearCache()


@pytest.fixture(scope="session")
def case_frames(spark) -> dict:
    """The feature frames of all clinical cases, made once for all tests that ask something of them."""
    from clinical_cases import built_cases

    return built_cases(spark)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def store(home: Home, spark) -> Store:
    return Store(home, spark)
