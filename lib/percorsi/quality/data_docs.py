"""Data Docs that open without a network: the pages' addresses of styles and scripts elsewhere give way to one sheet.

Great Expectations' pages take their styles from public addresses. Behind a closed network they are unstyled, and
anywhere else opening a report would tell those addresses so.
"""

import re
import shutil
from pathlib import Path

STYLES = Path(__file__).with_name("data_docs.css")
_FOREIGN = re.compile(
    r"""<script\b.*?</script>  # calls the libraries taken away, or fetches them
      | <link\b[^>]*>
      | <img\b[^>]*>
      | <footer\b.*?</footer>  # an advertisement
      | url\('https?:[^)]*\)""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
_BODY = re.compile(r"<body\b[^>]*>", re.IGNORECASE)
_LONG_NUMBER = re.compile(r"(?<=>)0\.\d{5,}(?=<)")


def make_readable_offline(site: Path) -> None:
    """Rewrite all pages of a site in place; what they do not use any more (fonts, pictures) goes."""
    styles = f"<style>\n{STYLES.read_text(encoding='utf-8')}</style>\n</head>"
    for page in site.rglob("*.html"):
        text = _FOREIGN.sub("", page.read_text(encoding="utf-8"))
        text = _LONG_NUMBER.sub(lambda match: f"{float(match[0]):.4f}", text)
        page.write_text(text.replace("</head>", styles, 1), encoding="utf-8")
    shutil.rmtree(site / "static", ignore_errors=True)


def mark_pages(site: Path, words: str) -> None:
    """Put words at the top of every page of a site."""
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        page.write_text(_BODY.sub(rf"\g<0><p class='mark'>{words}</p>", text, count=1), encoding="utf-8")
