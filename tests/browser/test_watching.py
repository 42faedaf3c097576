"""The judges themselves: what they have to notice, they notice."""

import pytest
from playwright.sync_api import Page, expect

from tests.support.chromium import NARROW, Check, Watch, violations


@pytest.mark.parametrize(
    ("script", "complaint"),
    [
        ("() => { document.body.innerHTML = '<p style=\"color: red\">' }", "Content Security Policy"),
        ("() => { setTimeout(() => { throw new Error('of a script') }) }", "of a script"),
        ("() => { console.error('told') }", "told"),
        ('() => { document.body.innerHTML = \'<img src="/nothing.png" alt="">\' }', "/nothing.png: 404"),
    ],
)
def test_complaints_of_the_browser_are_noted(page: Page, watch: Watch, script: str, complaint: str) -> None:
    page.goto("/login")
    page.evaluate(script)
    page.wait_for_load_state("networkidle")

    assert any(complaint in problem for problem in watch.problems), watch.problems
    watch.problems.clear()


def test_the_status_of_the_page_itself_is_for_the_test(page: Page) -> None:
    answer = page.goto("/me")

    assert answer is not None
    assert answer.status == 401
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_pages_that_keep_people_out_are_refused(page: Page, check: Check) -> None:
    page.goto("/login")
    page.evaluate("() => { document.body.innerHTML = '<main><h1>x</h1><input></main>' }")
    assert any(found.startswith("label:") for found in violations(page))
    page.evaluate("() => { document.querySelector('h1').textContent = 'm'.repeat(400); }")
    page.evaluate("() => { document.querySelector('h1').style.overflowWrap = 'normal'; }")

    page.set_viewport_size(NARROW)
    with pytest.raises(AssertionError, match="px sideways"):
        check(page, "a-page-that-is-refused")
