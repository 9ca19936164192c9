"""What every page shares: the frame, signing in and out, and the pages of errors."""

import pytest
from django.contrib.auth.models import User

pytestmark = pytest.mark.django_db


def test_signing_in_leads_back_to_where_one_came_from(client):
    User.objects.create_user("ada", password="a long pass phrase")
    answer = client.post("/sign-in", {"username": "ada", "password": "a long pass phrase", "next": "/harvests"})
    assert (answer.status_code, answer["Location"]) == (302, "/harvests")


def test_signing_in_never_leads_to_another_site(client):
    User.objects.create_user("ada", password="a long pass phrase")
    answer = client.post("/sign-in", {"username": "ada", "password": "a long pass phrase", "next": "//evil.example/"})
    assert answer["Location"] == "/"


def test_signing_out_needs_a_post(client):
    assert client.get("/sign-out").status_code == 405


def test_an_address_without_a_page_says_so_in_the_frame(client):
    answer = client.get("/nowhere")
    assert answer.status_code == 404
    assert b"Nothing is here" in answer.content


def test_a_page_carries_the_content_security_policy_and_neither_inline_script_nor_style(client):
    answer = client.get("/sign-in")
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    text = answer.content.decode()
    assert "style=" not in text and "<style" not in text and "onclick" not in text
    assert all(" src=" in tag for tag in text.split("<script")[1:])
