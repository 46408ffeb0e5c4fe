"""The digest of the code that a stage's tables were made with: whatever decides a row makes them new."""

import ast
import shutil
from pathlib import Path

import pytest

from percorsi import digests
from percorsi.features.stage import ROOMS

LIBRARY = Path(digests.__file__).parent
DECIDES_NO_ROW = {"digests.py", "errors.py", "home.py"}  # what is told, what is named, where it lies


def imported(path: Path) -> set[str]:
    """Rooms and modules at the top of the library, those without a room by their file, that a module imports."""
    names = {
        f"{n.module}.{a.name}"
        for n in ast.walk(ast.parse(path.read_text()))
        if isinstance(n, ast.ImportFrom) and n.module and n.module.startswith("percorsi")
        for a in n.names
    }
    first = {name.split(".")[1] for name in names}
    return {name if (LIBRARY / name).is_dir() else f"{name}.py" for name in first}


@pytest.mark.parametrize("rooms", [ROOMS, ("conformed",)], ids="-".join)
def test_all_that_rooms_import_is_in_their_digest(rooms: tuple[str, ...]) -> None:
    shared = set(digests._SHARED)
    modules = [path for room in rooms for path in (LIBRARY / room).rglob("*.py")]
    found = set().union(*map(imported, [*modules, *(LIBRARY / name for name in shared)]))
    assert found - {*rooms, *shared} <= DECIDES_NO_ROW


@pytest.fixture
def library(tmp_path: Path, monkeypatch) -> Path:
    """A copy of the library's code, which digests are then of."""
    copied = tmp_path / "percorsi"
    shutil.copytree(LIBRARY, copied, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(digests, "__file__", str(copied / "digests.py"))
    return copied


def of_code(*rooms: str) -> str:
    return digests.code_digest.__wrapped__(*rooms)


@pytest.mark.parametrize(
    ("file", "written", "instead"),
    [
        ("code_lists.py", "def drug_class_sql(name: str,", "def drug_class_sql(named: str,"),
        ("settings.py", "therapy_gap_days: int = Field(30,", "therapy_gap_days: int = Field(31,"),
        (
            "small_frame.py",
            "def small_frame(",
            "def small_frame_(",
        ),
        ("intervals/runs.py", '_END = "x"', '_END = "y"'),
        ("features/stage.py", 'STAGE = "features"', 'STAGE = "feature"'),
    ],
)
def test_a_change_of_what_decides_a_row_makes_the_features_new(library, file, written, instead) -> None:
    before, path = of_code(*ROOMS), library / file
    assert of_code(*ROOMS) == before
    text = path.read_text()
    path.write_text(text.replace(written, instead))
    assert path.read_text() != text
    assert of_code(*ROOMS) != before


def test_what_no_table_rests_on_leaves_the_features_as_they_are(library) -> None:
    before, everything = of_code(*ROOMS), of_code()
    (library / "release" / "readme.py").write_text("")
    assert of_code(*ROOMS) == before
    assert of_code() != everything
