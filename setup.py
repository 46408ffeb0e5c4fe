"""Packaging of percorsi: the library lies in lib/percorsi, its configuration beside it."""

from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent


def installed_files(*tops: str) -> list[tuple[str, list[str]]]:
    """Configuration, expectations and clinical cases travel with the wheel, below share/percorsi."""
    found = []
    for top in map(ROOT.joinpath, tops):
        for folder in [top, *(p for p in sorted(top.rglob("*")) if p.is_dir())]:
            files = [str(f.relative_to(ROOT)) for f in sorted(folder.iterdir()) if f.is_file()]
            if files:
                found.append((f"share/percorsi/{folder.relative_to(top.parent)}", files))
    return found


setup(
    name="percorsi",
    version="0.1.0",
    description="Care pathways of severe mental disorders, measured on Italy's national health flows",
    python_requires=">=3.11,<3.12",
    package_dir={"": "lib"},
    packages=find_packages("lib"),
    package_data={
        "percorsi": [
            "log4j2.properties",
            "quality/data_docs.css",
            "quality/page/style.css",
            "quality/page/templates/*.html",
        ]
    },
    data_files=installed_files("conf", "expectations", "tests/cases"),
    install_requires=[
        "pyspark",
        "delta-spark",
        "deltalake",
        "great-expectations",
        "mlflow",
        "pandas",
        "pyarrow",
        "numpy",
        "scipy",
        "sqlglot",
        "pydantic",
        "pyyaml",
        "typer",
        "rich",
        "filelock",
        "frictionless",
        "openpyxl",
        "importlib_metadata",
        "jinja2",
        "markupsafe",
    ],
    extras_require={
        "test": ["pytest", "pytest-xdist", "hypothesis", "ruff", "nbclient", "nbformat", "ipykernel", "altair"],
        "benchmarks": ["duckdb"],
        "browser": ["playwright"],
    },
    entry_points={"console_scripts": ["percorsi=percorsi.cli:main"]},
)
