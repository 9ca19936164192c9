"""`/api/v1/` refuses what it does not understand, in one sentence, and never with a 500."""

import io
import json

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.generics import ListAPIView
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from registry.strict import JSON_DEPTH_MOST, BoundedJSONParser, StrictParameters, is_deeper_than, refuse_unknown


class Walk(StrictParameters, APIView):
    parameters = frozenset({"depth"})
    permission_classes = ()
    throttle_classes = ()

    def get(self, request):
        return Response({"depth": request.query_params.get("depth")})

    def post(self, request):
        return Response({"given": request.data})


def ask(path, **more):
    return Walk.as_view()(APIRequestFactory().get(path, **more))


def test_a_known_parameter_reaches_the_view():
    assert ask("/walk?depth=2").data == {"depth": "2"}


def test_an_unknown_parameter_is_a_400_that_names_it_and_the_known_ones():
    answer = ask("/walk?dept=2")
    assert answer.status_code == 400
    assert answer.content_type == "application/problem+json"
    assert answer.data["errors"] == {"dept": ["Unknown parameter. Known here: depth."]}


@pytest.mark.parametrize("value", ["%00", "a%00b", "x" * 3000])
def test_a_value_that_no_database_stores_or_nobody_means_is_a_400(value):
    assert ask(f"/walk?depth={value}").status_code == 400


def test_a_parameter_given_twice_is_a_400_since_nobody_can_say_which_was_meant():
    assert ask("/walk?depth=1&depth=2").status_code == 400


def test_a_list_knows_the_parameters_of_its_pages_too():
    class Repos(StrictParameters, ListAPIView):
        pass

    view = Repos()
    view.request = APIRequestFactory().get("/")
    assert view.known_parameters() == {"cursor", "limit"}


@given(st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3))
def test_whatever_the_query_holds_is_either_known_or_refused(query):
    given_query = QueryDict(mutable=True)
    given_query.update(query)
    unknown = set(query) - {"depth"}
    try:
        refuse_unknown(given_query, {"depth"})
    except ValidationError as error:
        assert json.dumps(error.detail)
    else:
        assert not unknown


def post(body: bytes):
    return Walk.as_view()(APIRequestFactory().post("/walk", body, content_type="application/json"))


@pytest.mark.parametrize("depth", [JSON_DEPTH_MOST + 1, 5_000, 20_000, 1_000_000])
def test_json_nested_too_deep_is_a_400(depth):
    assert post(b"[" * depth + b"]" * depth).status_code == 400


def test_brackets_inside_strings_are_not_nesting():
    body = json.dumps({"card": "[" * 50_000 + '"\\' + "{" * 50_000})
    assert post(body.encode()).data == {"given": json.loads(body)}


@pytest.mark.parametrize("body", [b'{"a": NaN}', b'{"a": 1e999', b"\xff\xfe", b'{"a": ' + b"9" * 6_000 + b"}"])
def test_json_that_is_none_is_a_400(body):
    assert post(body).status_code == 400


json_values = st.recursive(
    st.none() | st.booleans() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)


@given(json_values)
def test_the_depth_read_from_the_text_is_the_is_deeper_than_the_value(value):
    def depth(part):
        if isinstance(part, dict):
            return 1 + max(map(depth, part.values()), default=0)
        return 1 + max(map(depth, part), default=0) if isinstance(part, list) else 0

    text = json.dumps(value)
    assert not is_deeper_than(text, depth(value))
    assert depth(value) == 0 or is_deeper_than(text, depth(value) - 1)


def test_a_parser_reads_what_json_can_say():
    assert BoundedJSONParser().parse(io.BytesIO(b'{"a": [1, "\\u00e9"]}')) == {"a": [1, "é"]}
    with pytest.raises(ParseError):
        BoundedJSONParser().parse(io.BytesIO(b"{"))
