"""The pages that show the API: from local files, for those who are known."""

import re

import pytest
from django.contrib.staticfiles import finders

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("address", ["docs/", "docs/?script=", "redoc/"])
def test_page_names_no_other_host(client, address):
    response = client.get(f"/api/v1/{address}")
    page = response.content.decode()

    assert response.status_code == 200
    assert re.findall(r"(?:https?:)?//[\w.-]+\.\w+", page) == []
    assert "'unsafe-eval'" not in response["Content-Security-Policy"]
    assert "script-src 'self';" in response["Content-Security-Policy"]


@pytest.mark.parametrize("address", ["docs/", "redoc/"])
def test_page_loads_what_is_there_and_nothing_inline(client, address):
    page = client.get(f"/api/v1/{address}").content.decode()
    loaded = re.findall(r'(?:src|href)="/static/([^"?]+)"', page)

    assert loaded
    assert [name for name in loaded if finders.find(name) is None] == []
    assert re.findall(r"<style|<script>|<script (?!src)| style=", page) == []
