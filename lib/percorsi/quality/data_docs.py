"""Data Docs that open without a network: the pages' addresses of styles and scripts elsewhere give way to one sheet.

Great Expectations' pages take their styles from public addresses. Behind a closed network they are unstyled, and
anywhere else opening a report would tell those addresses so.
"""

import re
import shutil
from pathlib import Path

_STYLES = Path(__file__).with_name("data_docs.css")
_FOREIGN = re.compile(
    r"""<script\b[^>]*\bsrc="(?:https?:)?//[^"]*"[^>]*>\s*</script>
      | <link\b[^>]*\bhref="(?:https?:)?//[^"]*"[^>]*>
      | <img\b[^>]*\bsrc="(?:https?:)?//[^"]*"[^>]*>
      | <script\b[^>]*>(?:(?!</script>).)*</script>""",  # what is left calls the libraries taken away
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)


def make_readable_offline(site: Path) -> None:
    """Rewrite all pages of a site in place; what they do not use any more (fonts, pictures) is removed."""
    styles = f"<style>\n{_STYLES.read_text(encoding='utf-8')}</style>\n</head>"
    for page in site.rglob("*.html"):
        text = _FOREIGN.sub("", page.read_text(encoding="utf-8"))
        page.write_text(text.replace("</head>", styles, 1), encoding="utf-8")
    for unused in ("fonts", "images"):
        shutil.rmtree(site / "static" / unused, ignore_errors=True)
