"""A line of a card says something, sends the reader elsewhere, or says nothing in one of many ways."""

import pytest

from openness.cards.substance import CONTENT, NOTHING, PLACEHOLDER, POINTER, STOCK, judge_line


@pytest.mark.parametrize(
    "line",
    [
        "[More Information Needed]",
        "[More Information Needed](https://github.com/acme/cards/blob/main/CONTRIBUTING.md)",
        "[Needs More Information]",
        "More information needed.",
        " information needed",
        "More information needed for further recommendations.",
        "*More information needed*",
        '{{ get_started_code | default("[More Information Needed]", true)}}',
        "[@github-username]",
        "[Dataset Name]",
        "TODO",
        "TODO: describe the data",
        "TBD",
        "tba.",
        "Coming soon!",
        "Paper coming soon",
        "N/A",
        "n/a",
        "None",
        "—",
        "...",
        "?",
        "To be added",
        "will be updated soon",
        "Work in progress",
        "Not available",
        "Add your description here",
        "Thanks to [@github-username](https://github.com/x) for adding this dataset.",
        "This dataset was created by:",
    ],
)
def test_a_placeholder_is_not_an_answer(line):
    assert judge_line(line, 1).kind == PLACEHOLDER


@pytest.mark.parametrize(
    "line",
    [
        "Users (both direct and downstream) should be made aware of the risks, biases and limitations of the model.",
        "This is the model card of a 🤗 transformers model that has been pushed on the Hub.",
        "Use the code below to get started with the model.",
        "Provide a quick summary of what the model is/does.",
        "[TODO: provide examples of latent issues and potential remediations]",
        "TODO - say of which towns and years the letters are that we found in the attic",
        "Describe the data collection process. Say in which towns, years and archives it was found.",
        "If applicable, describe the annotation process and any tools used. Name the people, and what they were paid.",
        "[If known, name and email of at least one person whom the reader can write to.]()",
        "- `example_field`: description of `example_field`",
    ],
)
def test_what_a_template_says_by_itself_is_not_an_answer(line):
    assert judge_line(line, 1).kind == PLACEHOLDER


@pytest.mark.parametrize(
    "line",
    [
        "Todo el texto viene de libros antiguos.",
        "To do this, poems were split into lines.",
        "We describe the data below.",
    ],
)
def test_words_like_a_template_s_are_an_answer(line):
    assert judge_line(line, 1).kind == CONTENT


@pytest.mark.parametrize(
    "line",
    [
        "Thanks to [@ann](https://github.com/ann) for adding this dataset.",
        "This model was converted to GGUF format from `acme/tiny` using llama.cpp.",
        "This llama model was trained 2x faster with [Unsloth](https://github.com/x).",
    ],
)
def test_a_tool_s_sentence_is_stock(line):
    assert judge_line(line, 1).kind == STOCK


@pytest.mark.parametrize(
    "line",
    [
        "https://example.org/paper.pdf",
        "[paper](https://example.org/paper.pdf)",
        "See the [paper](https://example.org) for details.",
        "Please refer to our paper.",
        "For more information, see the original repository.",
        "Details can be found in the [technical report](https://example.org).",
        "Check out the GitHub repository.",
    ],
)
def test_a_line_that_only_sends_elsewhere_is_a_pointer(line):
    assert judge_line(line, 1).kind == POINTER


@pytest.mark.parametrize(
    "line",
    [
        "MIT",
        "The model repeats itself on prompts of more than 2,000 tokens.",
        "It was fine-tuned for three epochs; see the paper for the data.",
        "Adding more information needed two annotators.",
        "No speaker can be identified, since names were removed.",
        "模型在长文本上会重复。",
    ],
)
def test_words_of_its_own_are_an_answer(line):
    assert judge_line(line, 1).kind == CONTENT


@pytest.mark.parametrize("line", ["![figure](a.png)", "<br>", "- [Uses](#uses)", "[1]: https://example.org"])
def test_marks_pictures_and_tables_of_contents_say_nothing(line):
    assert judge_line(line, 1).kind == NOTHING


@pytest.mark.parametrize("line", ["No", "None.", "No additional known limitations.", "There are no names in the data."])
def test_no_is_known_as_an_answer_where_a_question_allows_it(line):
    assert judge_line(line, 1).is_no
