"""The navigation of the staff's pages leads nowhere that the reader may not go."""

import re

import pytest

from tests.volunteers.cases import in_assessment


@pytest.mark.parametrize("name", ["aigul", "bolat", "dana", "ivan", "saule"])
def test_no_link_of_the_navigation_is_refused(cast, sign_in, name):
    case = in_assessment(cast)
    client = sign_in(getattr(cast, name))
    pages = ["/en/staff/applications/", f"/en/staff/applications/{case.uuid}/interview/", "/en/staff/appeals/"]
    opened = [page for page in map(client.get, pages) if page.status_code == 200]
    assert opened
    for page in opened:
        nav = re.search(r'<nav class="wrap".*?</nav>', page.content.decode(), re.DOTALL)[0]
        for link in re.findall(r'href="([^"]+)"', nav):
            assert client.get(link).status_code == 200, link
