"""The pages of comparisons in a real browser: no complaint, nothing wider than a telephone, filters and print work."""

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from lineage.models import FlippedItem
from tests.browser.conftest import complaints
from tests.outcome_rows import rows
from tests.test_comparison_pages import comparison

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def made():
    """A comparison with everything that a page can show."""
    long_answer = "an answer of many words " * 40
    old = [row | {"margin": 1.0 + row["id"] / 60, "input": "What is it? " * 60, "slice": "s"} for row in rows("a" * 60)]
    new = [row | {"prediction": long_answer} if row["id"] < 55 else row for row in old]
    return comparison(old, new, budget=0.5, solid_budget=0.5, margin_band=1.5)


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("query", ["", "?view=print", "?direction=positive"])
def test_a_comparison_fits_its_window_without_a_complaint(browser, live_server, made, width, query):
    browser.set_window_size(width, 900)
    browser.get(f"{live_server.url}{made.get_absolute_url()}{query}")
    wide, window = (
        browser.execute_script(f"return document.documentElement.{name}") for name in ("scrollWidth", "clientWidth")
    )
    assert wide <= window
    assert browser.find_elements(By.CSS_SELECTOR, "svg.picture .rate")
    assert complaints(browser) == []


def shown(browser, number):
    """The rows of the items, once there are `number` of them: a page that was asked for takes its time to come."""

    def rows_of(page):
        found = page.find_elements(By.CSS_SELECTOR, ".flipped tbody tr")
        return found if len(found) == number and page.execute_script("return document.readyState") == "complete" else []

    return WebDriverWait(browser, 20).until(rows_of, f"{number} items")


def test_items_are_filtered_paged_and_opened(browser, live_server, made):
    browser.set_window_size(1280, 900)
    browser.get(f"{live_server.url}{made.get_absolute_url()}")
    assert len(browser.find_elements(By.CSS_SELECTOR, ".flipped tbody tr")) == 50
    browser.find_element(By.LINK_TEXT, "Next →").click()
    shown(browser, FlippedItem.objects.count() - 50)
    box = browser.find_element(By.NAME, "q")
    box.send_keys("54")
    box.submit()
    found = shown(browser, 1)
    assert "54" in found[0].text
    found[0].find_element(By.TAG_NAME, "summary").click()
    assert "What is it?" in found[0].text


def test_on_paper_the_frame_is_gone(browser, live_server, made):
    browser.get(f"{live_server.url}{made.get_absolute_url()}?view=print")
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    shown = [e.is_displayed() for e in browser.find_elements(By.CSS_SELECTOR, "header.site nav, .filters, footer.site")]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    assert shown and not any(shown)
