"""Running text names licences by their ids, their full names and their words in other languages."""

import pytest

from registry.licence_names import NAMES_MOST, named_licences
from registry.licences import read_licence

NAMED = [
    ("It is under the Apache License, Version 2.0.", ["Apache-2.0"]),
    ('BSD 3-Clause "New" license', ["BSD-3-Clause"]),
    ("GNU General Public License v3.0 (GPLv3)", ["GPL-3.0", "GPL-3.0"]),
    ("MIT-licensed, its data CC BY-SA 4.0", ["MIT", "CC-BY-SA-4.0"]),
    ("MIT 许可证", ["MIT"]),
    ("本项目基于Apache 2.0协议开源", ["Apache-2.0"]),
    ("steht unter der Apache-Lizenz 2.0", ["Apache-2.0"]),
    ("Use is subject to the Gemma Terms of Use", ["gemma"]),
    ("released under CC BY-NC-SA 3.0, or the Open Data Commons Attribution License", ["CC-BY-NC-SA-3.0", "ODC-By-1.0"]),
    ("the same as Wikipedia's, the GNU Free Documentation License", ["gfdl"]),
]
NOT_NAMED = [
    "Built with Meta Llama 3", "made by MIT and at MIT", "ein Modell mit 7B", "Apache Spark", "GNU make", "cc the boss",
    "an open model", "open source license", "the academic community", "", "Qwen2.5 was better",
]  # fmt: skip


@pytest.mark.parametrize(("text", "ids"), NAMED)
def test_the_longest_name_is_read(text, ids):
    found = list(named_licences(text))
    assert [each for named in found for each in named.reading.ids] == ids
    assert all(text[named.start : named.end].strip() for named in found)


@pytest.mark.parametrize("text", NOT_NAMED)
def test_words_that_mean_something_else_name_no_licence(text):
    assert not list(named_licences(text))


def test_no_more_than_a_bounded_number_is_named():
    assert len(list(named_licences("BSD-3-Clause x " * 1_000))) == NAMES_MOST


@pytest.mark.parametrize(
    ("name", "id"),
    [
        ("Creative Commons Attribution-NonCommercial-NoDerivs 3.0 Unported License", "CC-BY-NC-ND-3.0"),
        ("Creative Commons Attribution Share-Alike 2.5 Generic", "CC-BY-SA-2.5"),
        ("CC BY-SA-NC 4.0", "CC-BY-NC-SA-4.0"),
        ("Creative Commons BY-NC", "cc-by-nc"),
    ],
)
def test_full_names_of_creative_commons_are_read_in_any_version_and_order(name, id):
    assert read_licence(name).ids == (id,) and read_licence(name).known


@pytest.mark.parametrize("name", ["Creative Commons 3.0", "CC BY 9.9", "ccc", "Creative Commons Sampling Plus 1.0"])
def test_what_names_no_licence_of_creative_commons_stays_unknown(name):
    assert not read_licence(name).known
