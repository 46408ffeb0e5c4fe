"""The Spark session: Delta from two jars on disk, so that a start asks nobody and takes seconds."""

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from percorsi.errors import ConfigurationError
from percorsi.settings import Settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

DELTA_JARS = ("delta-spark_4.1_2.13-4.4.0.jar", "delta-storage-4.4.0.jar")


def jars_dir(settings: Settings) -> Path:
    """Where the Delta jars lie: PERCORSI_JARS, the settings, else beside the environment's Python."""
    return Path(os.environ.get("PERCORSI_JARS") or settings.spark.jars or Path(sys.prefix) / "jars")


def delta_jars(settings: Settings) -> list[Path]:
    """The two jars, found by their official names with or without the group before them.

    Raises ConfigurationError where one is missing.
    """
    folder = jars_dir(settings)
    found = []
    for name in DELTA_JARS:
        matches = sorted(folder.glob(f"*{name}")) if folder.is_dir() else []
        if not matches:
            raise ConfigurationError(
                f"{folder}: the jar {name} is missing",
                next_step="`make install` fetches it once; a cluster with no way out names a folder in PERCORSI_JARS",
            )
        found.append(matches[0])
    return found


def _need_java() -> None:
    """Raise ConfigurationError where there is no Java: Spark itself would say that a file was not found."""
    home = os.environ.get("JAVA_HOME")
    if not (Path(home, "bin", "java").is_file() if home else shutil.which("java")):
        raise ConfigurationError(
            f"Java 17 is needed, and there is no {Path(home, 'bin', 'java') if home else 'java on the path'}",
            next_step="`make install` says how to get one; JAVA_HOME names one that is elsewhere",
        )


def spark_session(settings: Settings, app: str = "percorsi") -> "SparkSession":
    """The session of an environment; the running one is given back as it is."""
    from pyspark.sql import SparkSession

    _need_java()
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.appName(app)
    if settings.spark.master:
        builder = builder.master(settings.spark.master)
    conf = {"spark.jars": ",".join(str(j) for j in delta_jars(settings)), **settings.spark.conf}
    conf.setdefault("spark.driver.extraJavaOptions", "")
    logging = Path(__file__).parent / "log4j2.properties"
    conf["spark.driver.extraJavaOptions"] += f" -Dlog4j2.configurationFile={logging.as_uri()}"
    for key, value in conf.items():
        builder = builder.config(key, value)
    return builder.getOrCreate()
