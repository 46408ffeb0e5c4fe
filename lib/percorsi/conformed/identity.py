"""The number of a person: 60 bits of HMAC-SHA256 of the identity under the home's key, in Spark expressions.

The key travels as a broadcast frame of one row that comes from an RDD: the optimizer can neither see nor fold it, so
that no plan, log or page of Spark shows it. HMAC is spelled out (FIPS 198-1): Spark has SHA-256 and no HMAC.
"""

import hashlib
from typing import TYPE_CHECKING

from percorsi.errors import PercorsiError

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession

KEY_FINGERPRINT = "percorsi.keyFingerprint"
# The CUNI of everybody without one: rule B17 of the flow DIR.
ANONYMOUS_CUNI = "TGIN+o+fB0m+hf4iyd2fYF6kjRqEpa6+TPiiNfAvE0M=9wmFXLxmSeuWHV0HIMjYtoyCAOT+Dms+s2mz2P3x90Y="
ANONYMOUS_TYPES = ("98", "99")
_BLOCK_BYTES = 64  # of SHA-256
_ID_HEX_DIGITS = 15  # 60 bits
_LOCAL_PREFIX = "record|"


def fingerprint(key: bytes) -> str:
    """What tables say of the key they were made with: enough to refuse another one, nothing to guess it from."""
    return hashlib.sha256(key).hexdigest()[:16]


def tells_nobody_apart(cuni: str, cuni_type: str | None = None) -> "Column":
    """Whether a CUNI is that of everybody: anonymous, empty, or of a type that names nobody (manual, section 2)."""
    from pyspark.sql import functions as F

    anonymous = F.coalesce(F.trim(F.col(cuni)), F.lit("")).isin("", ANONYMOUS_CUNI)
    if cuni_type is None:
        return anonymous
    return anonymous | F.coalesce(F.col(cuni_type), F.lit("")).isin(*ANONYMOUS_TYPES)


def cuni_identity(cuni: str) -> "Column":
    """The identity of a person with a CUNI: the same text in every flow, region and semester."""
    from pyspark.sql import functions as F

    return F.trim(F.col(cuni))


def local_identity() -> "Column":
    """The identity of a person whose CUNI tells nobody apart: region, azienda, DSM and Id_Rec."""
    from pyspark.sql import functions as F

    return F.concat(F.lit(_LOCAL_PREFIX), F.concat_ws("|", "region", "azienda", "dsm", "id_rec"))


def with_person_id(df: "DataFrame", identity: "Column", key: bytes) -> "DataFrame":
    """`df` with `person_id` (bigint, 0 .. 2^60 - 1) made from the text `identity`; null where that is null."""
    from pyspark.sql import functions as F

    inner = F.unhex(F.sha2(F.concat("_inner_key", F.encode(identity, "utf-8")), 256))
    outer = F.sha2(F.concat(F.col("_outer_key"), inner), 256)
    number = F.conv(F.substring(outer, 1, _ID_HEX_DIGITS), 16, 10).cast("bigint")
    keys = F.broadcast(_key_frame(df.sparkSession, key))
    return df.crossJoin(keys).withColumn("person_id", number).drop("_inner_key", "_outer_key")


def of_somebody(df: "DataFrame", key: bytes, cuni_type: str | None = None) -> "DataFrame":
    """The records whose CUNI names a person, with `person_id` in the place of `cuni` (and of its type).

    Those of nobody, by an empty or anonymous CUNI or a type that names nobody, are left out.
    """
    named = df.where(~tells_nobody_apart("cuni", cuni_type))
    return with_person_id(named, cuni_identity("cuni"), key).drop("cuni", *([cuni_type] if cuni_type else []))


def _key_frame(spark: "SparkSession", key: bytes) -> "DataFrame":
    """One row: the two padded keys of HMAC."""
    block = (key if len(key) <= _BLOCK_BYTES else hashlib.sha256(key).digest()).ljust(_BLOCK_BYTES, b"\0")
    row = tuple(bytearray(byte ^ pad for byte in block) for pad in (0x36, 0x5C))
    return spark.createDataFrame(spark.sparkContext.parallelize([row], 1), "_inner_key binary, _outer_key binary")


def identity_hash(identity: "Column") -> "Column":
    """A second, independent number of an identity: two identities that share a person differ in it."""
    from pyspark.sql import functions as F

    return F.xxhash64(identity)


def refuse_collision(persons: "DataFrame") -> None:
    """Raise PercorsiError where one `person_id` stands for two identities: `identity_low` and `identity_high` differ.

    `persons` has one row a person, with the least and the greatest `identity_hash` of its records.
    """
    if not persons.where("identity_low <> identity_high").isEmpty():
        raise PercorsiError(
            "two identities have the same person_id: their records cannot be told apart",
            next_step="start a new home with another key, and load the deliveries into it",
        )
