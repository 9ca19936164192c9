"""Cards that try to run a script, in a real browser: nothing of them runs, asks another server, or covers the page."""

import pytest
from selenium.webdriver.common.by import By

from tests.browser.conftest import complaints
from tests.mirrored import mirrored

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
RUN = "window.struck=1"
VECTORS = [
    f"<script>{RUN}</script>",
    f"<img src=x onerror={RUN}>",
    f"<svg onload={RUN}><circle r=9></svg>",
    f'<iframe src="javascript:parent.{RUN}"></iframe>',
    f'<iframe srcdoc="<script>parent.{RUN}</script>"></iframe>',
    f"<details open ontoggle={RUN}><summary>x</summary></details>",
    f'<form action="javascript:{RUN}"><input type=submit id=go></form>',
    f"[strike](javascript:{RUN})",
    f"[strike](  JaVaScRiPt:{RUN})",
    f'<a href="vbscript:{RUN}">strike</a>',
    f'<a href="data:text/html,<script>opener.{RUN}</script>">strike</a>',
    f'<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror={RUN}&gt;">',
    f'<noscript><p title="</noscript><img src=x onerror={RUN}>">',
    "<style>*{display:none}</style>",
    '<div style="position:fixed;inset:0;z-index:9" id=cover>x</div>',
    f'<body onload={RUN}><base href="https://evil.example/">',
    f"<input autofocus onfocus={RUN}>",
    "![tracker](https://evil.example/pixel.png)",
    f'<a href="https://x" onmouseover={RUN}>strike</a>',
]


@pytest.mark.parametrize("number", range(len(VECTORS)))
def test_no_vector_strikes_and_none_asks_another_server(browser, live_server, number):
    """Each in a card of its own: one that never closes may swallow all that follows it."""
    mirrored("acme/evil", card=f"# Evil\n\nBefore it.\n\n{VECTORS[number]}\n")
    browser.get(f"{live_server.url}/models/acme/evil")
    for link in browser.find_elements(By.CSS_SELECTOR, ".card-text a"):
        assert (link.get_attribute("href") or "https:").split(":")[0] in ("http", "https", "mailto")
    assert browser.execute_script("return window.struck") is None
    assert "Before it." in browser.find_element(By.CSS_SELECTOR, ".card-text").text
    held = browser.find_elements(By.CSS_SELECTOR, ".card-text :is(script, iframe, form, input, style, svg, img, base)")
    assert held == []
    asked = browser.execute_script("return performance.getEntriesByType('resource').map(each => each.name)")
    assert all(address.startswith(live_server.url) for address in asked)
    assert complaints(browser) == []


def test_the_policy_of_the_page_would_stop_what_the_sanitiser_let_through(browser, live_server):
    """The second wall by itself: the same script, put into the page by hand, does not run."""
    mirrored("acme/plain", card="# Plain\n\nText.\n")
    browser.get(f"{live_server.url}/models/acme/plain")
    put = "document.querySelector('.card-text').innerHTML = arguments[0]"
    browser.execute_script(put, f"<img src=x onerror={RUN}><iframe srcdoc='<script>parent.{RUN}</script>'></iframe>")
    browser.execute_async_script("setTimeout(arguments[0], 500)")
    assert browser.execute_script("return window.struck") is None
    assert any("Content Security Policy" in said for said in complaints(browser))
