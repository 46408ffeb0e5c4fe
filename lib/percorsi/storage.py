"""Delta tables of a home: read at a version, written whole or slice by slice, each write with its digest.

The digest that a write carries is what the table was made from (versions of its inputs, definitions, parameters,
code). A stage that finds its own digest on its outputs has nothing to do: that is how a run resumes.
"""

import contextlib
import hashlib
import json
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

from percorsi.errors import ConfigurationError, PercorsiError, ResultUnavailable
from percorsi.home import Home

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession

# A published value must be reproducible for years: neither the log nor the files of old versions are cleaned away.
_KEEP = {
    "delta.logRetentionDuration": "interval 3650 days",
    "delta.deletedFileRetentionDuration": "interval 3650 days",
}
_PERSON_BITS = 60
_FULL_DISK = ("No space left on device", "Disk quota exceeded", "File too large")
_COMMIT_NOTE = "spark.databricks.delta.commitInfo.userMetadata"
_ONE_NOTE = threading.Lock()  # the session has one setting for all tables that are written at once


class Store:
    """The tables below a home, by slash names such as `conformed/person`."""

    def __init__(self, home: Home, spark: "SparkSession") -> None:
        self.home = home
        self.spark = spark

    def path(self, name: str) -> str:
        return str(self.home.tables / name)

    def exists(self, name: str) -> bool:
        """Whether the table has a first commit; a killed first write leaves a log's folder and no table."""
        return any((self.home.tables / name / "_delta_log").glob("*.json"))

    def read(self, name: str, version: int | None = None) -> "DataFrame":
        """The table, at a version where one is given. Raises ResultUnavailable where it is not there."""
        self._require(name)
        reader = self.spark.read.format("delta")
        if version is not None:
            reader = reader.option("versionAsOf", version)
        return reader.load(self.path(name))

    def _require(self, name: str) -> None:
        if not self.exists(name):
            raise ResultUnavailable(
                f"the table {name} does not exist in {self.home.path}",
                next_step="run the stage that writes it (`percorsi --help` lists the stages in their order)",
            )

    def version(self, name: str) -> int:
        """The number of the latest version. Raises ResultUnavailable where the table is not there."""
        return self._last_commit(name)[0]

    def digest(self, name: str) -> str | None:
        """The digest that the last write carried; None where there is no table or it carried none."""
        return self._note(name).get("digest")

    def parts(self, name: str) -> dict[str, str]:
        """The digest of each part of the table, as the last write noted them; {} where there are none."""
        return self._note(name).get("parts") or {}

    def _note(self, name: str) -> dict:
        return json.loads(self._last_commit(name)[1] or "{}") if self.exists(name) else {}

    def state(self, name: str) -> tuple[int, str, str | None]:
        """Version, address and digest of the latest commit of a table that exists."""
        version, metadata = self._last_commit(name)
        return version, self.path(name), json.loads(metadata or "{}").get("digest")

    def _last_commit(self, name: str) -> tuple[int, str | None]:
        """Version and note of the latest commit, read from the log itself: milliseconds instead of a Spark job."""
        from deltalake import DeltaTable

        self._require(name)
        commit = DeltaTable(self.path(name)).history(1)[0]
        return commit["version"], commit.get("userMetadata")

    def write(
        self,
        df: "DataFrame",
        name: str,
        *,
        digest: str | None = None,
        parts: dict[str, str] | None = None,
        partition_by: tuple[str, ...] = (),
        replace_where: str | None = None,
        properties: dict[str, str] | None = None,
    ) -> int:
        """Replace the table, or the slice that `replace_where` describes, in one commit; gives its version.

        `parts` are the digests of all parts that the table then has, those left as they were included. Writing the
        same frame again ends in the same table: nothing is ever appended blindly. Raises PercorsiError where the disk
        is full.
        """
        with _full_disk_told(name):
            return self._replace(df, name, digest, parts, partition_by, replace_where, properties)

    def _replace(
        self,
        df: "DataFrame",
        name: str,
        digest: str | None,
        parts: dict[str, str] | None,
        partition_by: tuple[str, ...],
        replace_where: str | None,
        properties: dict[str, str] | None,
    ) -> int:
        note = json.dumps({"digest": digest} | ({} if parts is None else {"parts": parts}))
        if not self.exists(name):
            self._create(df, name, note, partition_by, {**_KEEP, **(properties or {})})
            return 0
        writer = df.write.format("delta").mode("overwrite").option("userMetadata", note)
        if replace_where:
            writer = writer.option("replaceWhere", replace_where).option("mergeSchema", "true")
        else:
            writer = writer.option("overwriteSchema", "true")
        if partition_by:
            writer = writer.partitionBy(*partition_by)
        writer.save(self.path(name))
        if self._note(name) != json.loads(note):
            self._commit_note(name, note)
        return self.version(name)

    def _commit_note(self, name: str, note: str) -> None:
        """A commit for the note alone: Delta makes none where nothing takes the place of nothing."""
        address = self.path(name).replace("`", "``")
        mark = hashlib.sha256(note.encode()).hexdigest()[:16]
        with _ONE_NOTE:
            self.spark.conf.set(_COMMIT_NOTE, note)
            try:
                self.spark.sql(f"alter table delta.`{address}` set tblproperties ('percorsi.noted' = '{mark}')")
            finally:
                self.spark.conf.unset(_COMMIT_NOTE)

    def _create(
        self, df: "DataFrame", name: str, note: str, partition_by: tuple[str, ...], properties: dict[str, str]
    ) -> None:
        """The table with its properties and its first rows in one commit (a plain write can set Delta's own only)."""
        from pyspark.sql import functions as F

        address = self.path(name).replace("`", "``")
        creation = df.writeTo(f"delta.`{address}`").using("delta").option("userMetadata", note)
        for key, value in properties.items():
            creation = creation.tableProperty(key, value)
        if partition_by:
            creation = creation.partitionedBy(*map(F.col, partition_by))
        creation.createOrReplace()  # a killed first write left a log without a commit

    def property(self, name: str, key: str) -> str | None:
        """One property of a table; None where the table or the property is missing."""
        from deltalake import DeltaTable

        if not self.exists(name):
            return None
        return DeltaTable(self.path(name)).metadata().configuration.get(key)

    def refuse_other_key(self, name: str, fingerprint: str) -> None:
        """Raise ConfigurationError where a table was made with another key for `person_id`."""
        made_with = self.property(name, "percorsi.keyFingerprint")
        if made_with is not None and made_with != fingerprint:
            raise ConfigurationError(
                f"the table {name} was made with another key for person_id",
                next_step="give the key it was made with, or start a new home",
            )


@contextlib.contextmanager
def _full_disk_told(name: str) -> Iterator[None]:
    """A disk without space is told as that, and not in the words of whoever met it."""
    try:
        yield
    except Exception as error:
        if any(words in str(error) for words in _FULL_DISK):
            raise PercorsiError(
                f"the disk is full: {name} was not written; what was written before it stays",
                next_step="free some space and give the command again: it goes on where it was",
            ) from None
        raise


def by_person(df: "DataFrame", partitions: int, *order: str) -> "DataFrame":
    """Sorted by `person_id` (60 bits, uniform) in `partitions` ranges that do not overlap, in one exchange.

    The range of a person follows from its number, so that no sample of the data has to be drawn; within a range
    the rows are sorted by person and then by `order`. Shape and columns stay as they are.
    """
    return df.repartitionById(partitions, person_range(partitions)).sortWithinPartitions("person_id", *order)


def by_region(df: "DataFrame", tasks: dict[str, range], *order: str) -> "DataFrame":
    """Sorted by `region` and `person_id` in one exchange, for a table that lies by region.

    `tasks` are the partitions that the rows of each region go to, one for each range of persons; several regions may
    share one. Rows of other regions are none.
    """
    return df.repartitionById(task_count(tasks), region_task(tasks)).sortWithinPartitions("region", "person_id", *order)


def region_task(tasks: dict[str, range]) -> "Column":
    """The number, from 0, of the partition that a row goes to by its region and the range of its `person_id`."""
    from pyspark.sql import functions as F

    task = F
    for region, own in tasks.items():
        task = task.when(F.col("region") == region, person_range(len(own)) + own.start)
    return F.lit(0) if task is F else task.otherwise(0)


def task_count(tasks: dict[str, range]) -> int:
    """How many partitions there are, one at least."""
    return max((own.stop for own in tasks.values()), default=1)


def person_range(partitions: int) -> "Column":
    """The number, from 0, of the range that a `person_id` lies in: the same border in every table."""
    from pyspark.sql import functions as F

    width = -(-(1 << _PERSON_BITS) // partitions)  # rounded up
    return F.expr(f"cast(person_id div {width} as int)")
