"""The API's documentation in a real browser: offline, under our content security policy."""

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from tests.browser.conftest import complaints

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_docs_list_every_operation_without_the_network_and_without_a_report(browser, live_server):
    browser.get(f"{live_server.url}/api/v1/docs")
    WebDriverWait(browser, 20).until(lambda b: b.find_elements(By.CSS_SELECTOR, ".opblock"))
    shown = browser.find_element(By.ID, "swagger-ui").text
    assert "/api/v1/repos/{kind}/{name}" in shown
    assert complaints(browser) == []


def test_the_policy_is_not_loosened_for_them(browser, live_server):
    browser.get(f"{live_server.url}/api/v1/docs")
    browser.execute_script("document.body.innerHTML = '<img src=x onerror=1>'")
    said = WebDriverWait(browser, 5).until(complaints)
    assert "Content Security Policy" in said[0]


def test_an_operation_can_be_opened_and_tried(browser, live_server):
    browser.get(f"{live_server.url}/api/v1/docs")
    wait = WebDriverWait(browser, 20)
    wait.until(lambda b: b.find_elements(By.CSS_SELECTOR, "#operations-harvests-harvests_list button"))[0].click()
    wait.until(lambda b: b.find_elements(By.CSS_SELECTOR, ".try-out__btn"))[0].click()
    wait.until(lambda b: b.find_elements(By.CSS_SELECTOR, "button.execute"))[0].click()
    live = wait.until(
        lambda b: b.find_elements(By.CSS_SELECTOR, ".live-responses-table .response .response-col_status")
    )
    assert live[0].text.startswith("200")
    assert complaints(browser) == []
