"""Reading a page of HTML with what Python brings: its tables, links, anchors, and whether its elements are closed."""

from html.parser import HTMLParser

_EMPTY = {"meta", "br", "hr", "img", "link", "input", "line", "polyline", "circle"}


class Page(HTMLParser):
    """`tables`: caption -> rows of texts; `links` and `ids` in their order; `text` of the whole, spaces made one."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tables: dict[str, list[list[str]]] = {}
        self.links: list[str] = []
        self.ids: list[str] = []
        self.tags: list[str] = []
        self._open: list[str] = []
        self._words: list[str] = []
        self._cell: list[str] | None = None
        self.feed(html)
        self.close()
        assert not self._open, f"not closed: {self._open}"
        self.text = " ".join(" ".join(self._words).split())

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        self.tags.append(tag)
        self.links += [named["href"]] if "href" in named else []
        self.ids += [named["id"]] if "id" in named else []
        if tag not in _EMPTY:
            self._open.append(tag)
        if tag == "table":
            self._rows: list[list[str]] = []
        elif tag == "tr":
            self._rows.append([])
        elif tag in ("td", "th", "caption"):
            self._cell = []

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag
        if tag == "caption":
            self.tables[_joined(self._cell)] = self._rows
        elif tag in ("td", "th"):
            self._rows[-1].append(_joined(self._cell))
        if tag in ("td", "th", "caption"):
            self._cell = None

    def handle_data(self, data):
        if self._open and self._open[-1] == "style":
            return
        self._words.append(data)
        if self._cell is not None:
            self._cell.append(data)


def _joined(words: list[str]) -> str:
    return " ".join("".join(words).split())
