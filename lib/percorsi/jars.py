"""Set-up: fetch the two Delta jars once, with Spark's own Ivy, into the folder every later start reads them from.

Run as `python -m percorsi.jars`. A cluster with no way out needs none of this: it names a folder that holds the
jars in PERCORSI_JARS.
"""

import shutil
import sys
import tempfile
from pathlib import Path

from percorsi.errors import ConfigurationError, PercorsiError
from percorsi.session import DELTA_JARS, delta_jars, jars_dir
from percorsi.settings import Settings, load_settings


def _coordinates(jar: str) -> str:
    artifact, version = jar.removesuffix(".jar").rsplit("-", 1)
    return f"ivy://io.delta:{artifact}:{version}?transitive=false"


def fetch(settings: Settings) -> list[Path]:
    """The jars' paths; fetched where they are not there yet.

    Raises ConfigurationError where they cannot be had.
    """
    try:
        return delta_jars(settings)
    except ConfigurationError:
        pass
    from pyspark.sql import SparkSession

    folder = jars_dir(settings)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as cache:
        builder = SparkSession.builder.master("local[1]").config("spark.jars.ivy", cache)
        local = {k: v for k, v in settings.spark.conf.items() if k.startswith(("spark.driver.", "spark.ui."))}
        for key, value in local.items():
            builder = builder.config(key, value)
        spark = builder.getOrCreate()
        try:
            for jar in DELTA_JARS:
                spark.sql(f"ADD JAR {_coordinates(jar)}")
                found = next(Path(cache).rglob(jar), None) or next(Path(cache).rglob(f"*{jar}"))
                draft = folder / f"{jar}.part"
                shutil.copyfile(found, draft)
                draft.rename(folder / jar)
        except Exception as error:  # whatever Ivy met: the reader needs to know what could not be had
            raise ConfigurationError(
                f"the jar {jar} could not be fetched ({type(error).__name__})",
                next_step=f"allow the way to Maven Central, or put {' and '.join(DELTA_JARS)} into {folder}",
            ) from error
        finally:
            spark.stop()
    return delta_jars(settings)


if __name__ == "__main__":
    try:
        for path in fetch(load_settings("local")):
            print(path.name)
    except PercorsiError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
