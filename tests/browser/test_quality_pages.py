"""The steward's pages in a real browser, at the width of a desk and of a phone."""

import re

import pytest
from playwright.sync_api import expect

from percorsi.quality.page.links import WORKBOOK, area_page
from quality_findings import BAD, HOSTILE

# Text against the nearest ground below it that is not transparent, as WCAG 2 counts contrast: what has less than 4.5:1.
CONTRAST = """() => {
  const rgb = text => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(c => c / 255)
    .map(c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, at) => sum + c * [0.2126, 0.7152, 0.0722][at], 0);
  const ground = element => {
    for (let at = element; at; at = at.parentElement) {
      const found = rgb(getComputedStyle(at).backgroundColor);
      if (found.length === 3 || found[3] === 1) return found;
    }
    return [255, 255, 255];
  };
  const faint = [];
  let seen = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode());) {
    if (!node.data.trim()) continue;
    const element = node.parentElement;
    const style = getComputedStyle(element);
    const over = light(rgb(element.closest('svg') ? style.fill : style.color));
    const under = light(ground(element));
    seen += 1;
    const ratio = (Math.max(over, under) + 0.05) / (Math.min(over, under) + 0.05);
    if (ratio < 4.5) faint.push(`${node.data.trim()}: ${ratio.toFixed(2)}`);
  }
  return [seen, faint];
}"""
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
REGION, CHECK, ITEM = "regione-180.html", "controllo-care_episode-diagnosis_usable.html", "voce-service-seats.html"


def test_no_page_is_wider_than_the_screen(opened, site, width):
    names = sorted(path.name for path in site.glob("*.html"))
    assert len(names) == 31
    for name in names:
        opened.open(name)
        assert opened.evaluate("innerWidth") == width, name
        assert opened.evaluate(OVERFLOW) == 0, name
        opened.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        assert opened.evaluate(OVERFLOW) == 0, f"{name}, unfolded"


def test_pages_open_without_a_network_and_without_complaints(opened, site):
    for name in ("index.html", REGION, area_page(BAD), CHECK, ITEM):
        opened.open(name)
    assert opened.complaints == []
    assert [url for url in opened.asked if not url.startswith(site.as_uri())] == []
    assert len(opened.asked) == 5  # the pages, and nothing that they need


def test_a_script_in_a_name_stays_text(opened):
    opened.on("dialog", lambda dialog: opened.complaints.append(dialog.message))
    opened.open(area_page(BAD))
    expect(opened.locator("h1")).to_contain_text(HOSTILE)
    assert opened.complaints == []


def test_drill_down_from_the_nation_to_a_department_and_back(opened):
    opened.open("index.html")
    opened.locator("table.heat").get_by_role("link", name="Calabria").click()
    expect(opened.locator("h1")).to_have_text("Calabria")
    opened.locator("table.heat").get_by_role("link", name=re.compile("^Dipartimentodisalute")).click()
    expect(opened.locator("h1")).to_contain_text("Dipartimentodisalutementale")
    rows = opened.locator("table").first.locator("tbody tr")
    expect(rows.nth(3)).to_contain_text("30,0%")
    crumbs = opened.get_by_role("navigation", name="Percorso")
    crumbs.get_by_role("link", name="Calabria").click()
    expect(opened.locator("h1")).to_have_text("Calabria")
    crumbs.get_by_role("link", name="Italia").click()
    expect(opened.locator("h1")).to_have_text("Qualità dei dati sulla salute mentale, 2015")


def test_another_item_can_be_chosen(opened):
    opened.open("index.html")
    opened.get_by_role("link", name="Altre voci", exact=True).click()
    opened.locator("summary", has_text="Registro dei servizi").click()
    opened.get_by_role("link", name="seats", exact=True).click()
    expect(opened.locator("h1")).to_contain_text("seats")
    expect(opened.locator("table.heat").get_by_role("row", name=re.compile("Piemonte"))).to_contain_text("100,0%")


def test_the_heat_map_opens_at_the_latest_semester(opened):
    opened.open("index.html")
    box = opened.get_by_role("region", name=re.compile("completezza per regione"))
    last = box.locator("thead th").last
    expect(last).to_have_text("2° sem. 2015")
    name = box.locator("tbody th").first
    outer, inner, named = box.bounding_box(), last.bounding_box(), name.bounding_box()
    assert inner["x"] + inner["width"] <= outer["x"] + outer["width"] + 1
    assert named["x"] >= outer["x"] - 1  # the names of the regions stay in sight
    assert inner["x"] >= named["x"] + named["width"] - 1


def test_the_keyboard_reaches_content_boxes_and_folds(opened, width):
    opened.open("index.html")
    opened.keyboard.press("Tab")
    expect(opened.get_by_role("link", name="Vai al contenuto")).to_be_focused()
    opened.keyboard.press("Enter")
    assert opened.url.endswith("#contenuto")
    box = opened.get_by_role("region", name=re.compile("completezza per regione"))
    box.focus()
    before = box.evaluate("element => element.scrollLeft")
    opened.keyboard.press("ArrowLeft")
    if width == 390:
        opened.wait_for_function("([box, before]) => box.scrollLeft < before", arg=[box.element_handle(), before])
    fold = opened.locator("details").first
    fold.locator("summary").focus()
    opened.keyboard.press("Enter")
    expect(fold).to_have_attribute("open", "")


def test_text_stands_out_against_what_lies_under_it(opened):
    for name in ("index.html", REGION, "regione-200.html", area_page(BAD), CHECK, ITEM):
        opened.open(name)
        opened.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        seen, faint = opened.evaluate(CONTRAST)
        assert seen > 30 and faint == [], name


def test_every_table_has_a_caption_and_heads_that_say_what_they_head(opened):
    for name in ("index.html", REGION, area_page(BAD), CHECK, ITEM):
        opened.open(name)
        for table in opened.locator("table").all():
            assert table.locator("caption").count() == 1
            assert table.locator("thead th:not([scope=col])").count() == 0
            assert table.locator("tbody th:not([scope])").count() == 0
            assert table.locator("tbody tr:not(.group)").count() == table.locator("tbody th[scope=row]").count()


def test_the_workbook_can_be_had_from_the_page(opened, site):
    opened.open("index.html")
    with opened.expect_download() as download:
        opened.get_by_role("link", name="Scarica tutto in Excel").click()
    assert download.value.suggested_filename == WORKBOOK
    assert download.value.path().read_bytes() == (site / WORKBOOK).read_bytes()


@pytest.mark.parametrize("name", ["index.html", REGION])
def test_all_can_be_read_without_scripts(without_scripts, site, name):
    without_scripts.goto((site / name).as_uri())
    assert without_scripts.locator("table.heat tbody tr").count() == (22 if name == "index.html" else 3)
    expect(without_scripts.locator("summary", has_text="indicatori").first).to_be_visible()
