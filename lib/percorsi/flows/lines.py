"""The lines of all files of a flow, read together: their numbers, their shape, their fields."""

from collections import Counter, defaultdict
from functools import reduce
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from percorsi.errors import PercorsiError
from percorsi.flows import parquet
from percorsi.flows.content import SEPARATOR, Content, header_positions
from percorsi.flows.files import Refusal, literal_path
from percorsi.flows.layout import Layout
from percorsi.flows.rules import NO_TEXT, WRONG_FIELDS
from percorsi.small_frame import small_frame

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, Row, SparkSession

BLANKS = "' \\t\\r'"
_LAYOUT_STEP = "check that the name is that of its flow and that the separator is ~"
_WIDEST = 255  # wider lines are counted as that wide
_BLOCK_SCHEMA = (
    "path string, block long, first_id long, before long, file string, digest string, "
    "file_region string, file_year string, file_period string, width int, positions array<int>"
)


class FlowLines:
    """The files of one flow as Spark reads them: in one frame, never file by file.

    Spark splits a large file into blocks and packs small ones together. A line's number is its place in its block
    plus the lines of the blocks before it; both follow from one count a block, which `check` makes.
    """

    def __init__(self, spark: "SparkSession", layout: Layout, contents: list[Content]) -> None:
        self.spark = spark
        self.layout = layout
        self.contents = {str(c.file.address): c for c in contents}
        self._blocks: list[tuple] = []
        self._read = self._text([literal_path(a) for a, c in sorted(self._texts.items()) if c.lines])

    @property
    def _texts(self) -> dict[str, Content]:
        return {address: c for address, c in self.contents.items() if not c.file.parquet}

    def _text(self, paths: list[str]) -> "DataFrame":
        """The lines of some files. Files of no bytes are not among them: one that calls itself gzip cannot be read."""
        if not paths:
            return small_frame(self.spark, [], "value string, path string, block long, id long")
        return (
            self.spark.read.option("lineSep", "\n")
            .text(paths)
            .selectExpr(
                "value",
                "_metadata.file_path as path",
                "_metadata.file_block_start as block",
                "monotonically_increasing_id() as id",
            )
        )

    def check(self) -> list[Refusal]:
        """Refusals of files none of whose lines is of the layout; one Spark job for all files of the flow."""
        from pyspark.sql import functions as F

        cells = f"split(value, '{SEPARATOR}', -1)"
        flags = {
            "sound": "is_valid_utf8(value)",
            "foreign": self._marked(cells, "foreign"),
            "own": self._marked(cells, "own"),
            "blank": f"btrim(value, {BLANKS}) = ''",
        }
        flagged = ", ".join(f"'{name}', {sql}" for name, sql in flags.items())
        counted = (
            self._read.selectExpr(
                "path",
                "block",
                "id",
                f"least(size({cells}), {_WIDEST}) as width",
                f"named_struct({flagged}) as is",
            )
            .groupBy("path", "block", "width")
            .agg(
                F.count("*").alias("lines"),
                F.min("id").alias("first_id"),
                F.min_by("is", "id").alias("first"),
                *(F.count_if(F.col(f"is.{n}")).alias(n) for n in flags),
            )
        )
        by_file: dict[str, list[Row]] = defaultdict(list)
        for row in counted.collect():
            by_file[unquote(urlsplit(row["path"]).path)].append(row)
        refused = []
        for address, content in self._texts.items():
            rows = by_file[address]
            if sum(r["lines"] for r in rows) != content.lines:
                raise PercorsiError(
                    f"{content.file.path}: the file changed while it was read", next_step="ingest the delivery again"
                )
            self._note_blocks(content, rows)
            if reason := self._fault_throughout(content, rows):
                refused.append(Refusal.of(content.file, reason, _LAYOUT_STEP, 2, content.digest))
        return refused

    def _marked(self, cells: str, whose: str) -> str:
        """SQL: whether the field that tells two flows apart has the form it has in this flow, or in the other."""
        if not (mark := self.layout.apart):
            return "false"
        value = f"btrim(get({cells}, {self.layout.columns.index(mark.field)}), {BLANKS})"
        return f"coalesce({value} rlike '^({getattr(mark, whose)})$', false)"

    def leave_out(self, paths: set[str]) -> None:
        """Forget files, by their path below the delivery's folder: their lines are no records."""
        self.contents = {a: c for a, c in self.contents.items() if c.file.path not in paths}
        self._blocks = [b for b in self._blocks if b[4] not in paths]

    def _note_blocks(self, content: Content, rows: "list[Row]") -> None:
        """Where each block of a file begins: smallest id, lines before it; with what every line of it is given."""
        file = content.file
        if self.layout.national:
            positions = None
        else:
            found = header_positions(content.header, self.layout)
            positions = [found.get(c, -1) for c in self.layout.columns]
        lines: Counter[int] = Counter()
        for row in rows:
            lines[row["block"]] += row["lines"]
        before = 0
        for block in sorted(lines):
            here = [r for r in rows if r["block"] == block]
            self._blocks.append(
                (
                    *(here[0]["path"], block, min(r["first_id"] for r in here), before),
                    *(file.path, content.digest, file.region, file.year, file.period),
                    *(self._width(content), positions),
                )
            )
            before += lines[block]

    def _width(self, content: Content) -> int:
        return len(self.layout.columns) if self.layout.national else len(content.header)

    def _fault_throughout(self, content: Content, rows: "list[Row]") -> str:
        """Why no line after the header can be a record of this flow; '' where one can, or where there is none."""
        if not content.records:
            return ""
        width = self._width(content)
        head = min((r for r in rows if r["block"] == 0), key=lambda r: r["first_id"])

        def count(flag: str, of: "list[Row]") -> int:
            return sum(r[flag] for r in of) - (head in of and (flag == "lines" or head["first"][flag]))

        of_width = [r for r in rows if r["width"] == width]
        filled = content.records - count("blank", rows)
        if not filled:
            return ""
        if not count("sound", rows):
            return "no line is UTF-8 text"
        if not count("lines", of_width):
            common = max(rows, key=lambda r: r["lines"])["width"]
            return f"no line has the {width} fields of {content.file.flow}; most have {common}"
        if count("foreign", of_width) and not count("own", of_width):
            return f"the lines are those of another flow than {content.file.flow}"
        return ""

    def records(self) -> "DataFrame":
        """One row a line after the header: file, line, digest, what the file's name says, the fields as text.

        Fields are trimmed, empty ones null. A line with the wrong number of fields, or that is no UTF-8, has null
        fields, its `line_fault`, and its text in `broken_line`. Wants `check` called before. Parquet files come after
        the text, each row a line.
        """
        tables = [c for c in self.contents.values() if c.file.parquet]
        parts = [parquet.records(self.spark, self.layout, content, BLANKS) for content in tables]
        return reduce(lambda left, right: left.unionByName(right), parts, self._records_of_text())

    def _records_of_text(self) -> "DataFrame":
        from pyspark.sql import functions as F

        blocks = small_frame(self.spark, self._blocks, _BLOCK_SCHEMA)
        fault = (
            f"case when not is_valid_utf8(value) then '{NO_TEXT}' when size(parts) <> width then '{WRONG_FIELDS}' end"
        )
        return (
            self._read.join(F.broadcast(blocks), ["path", "block"])
            .selectExpr("*", "before + id - first_id + 1 as line")
            .where("line > 1")
            .selectExpr("*", f"split(value, '{SEPARATOR}', -1) as parts")
            .selectExpr("*", f"{fault} as line_fault")
            .withColumn("parts", F.expr("if(line_fault is null, parts, null)"))
            .selectExpr(
                *("file", "line", "digest", "file_region", "file_year", "file_period", "line_fault"),
                "if(line_fault is null, null, make_valid_utf8(value)) as broken_line",
                *(f"{self._field(at)} as `{column}`" for at, column in enumerate(self.layout.columns)),
            )
        )

    def _field(self, at: int) -> str:
        place = str(at) if self.layout.national else f"positions[{at}]"
        return f"nullif(btrim(get(parts, {place}), {BLANKS}), '')"
