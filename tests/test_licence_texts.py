"""Which licence a LICENSE file holds."""

import pytest

from registry.licence_table import licences, table
from registry.licence_texts import is_licence_file, match_text

TEXTS = {
    "MIT License\nPermission is hereby granted, free of charge, to any person\nobtaining a copy": "MIT",
    "Modified MIT License\nPermission is hereby granted, free of charge, to any person obtaining": "modified-mit",
    "          Apache License\n     Version 2.0, January 2004\n 2. Grant of Copyright License.": "Apache-2.0",
    'Licensed under the Apache License, Version 2.0 (the "License")': "Apache-2.0",
    "GNU GENERAL PUBLIC LICENSE\n  Version 3, 29 June 2007": "GPL-3.0",
    "GNU AFFERO GENERAL PUBLIC LICENSE\n  Version 3, 19 November 2007\n ... GNU General Public License": "AGPL-3.0",
    "META LLAMA 3 COMMUNITY LICENSE AGREEMENT": "llama3",
    "LLAMA 3.1 COMMUNITY LICENSE AGREEMENT": "llama3.1",
    "Attribution-NonCommercial 4.0 International": "CC-BY-NC-4.0",
    "Attribution 4.0 International": "CC-BY-4.0",
    "CreativeML Open RAIL-M\ndated August 22, 2022": "creativeml-openrail-m",
    "CreativeML Open RAIL++-M License": "openrail++",
    "Gemma Terms of Use": "gemma",
}


@pytest.mark.parametrize(("text", "meant"), TEXTS.items())
def test_a_text_is_known_by_its_own_phrases(text, meant):
    assert match_text(text).id == meant


def test_other_texts_are_not_guessed():
    assert match_text("You may use this model for good.") is None
    assert match_text("") is None


def test_every_fingerprint_is_of_a_known_licence_and_is_not_hidden_by_an_earlier_one():
    for row in table()["text"]:
        assert row["id"] in licences()
        assert match_text(" ".join(row["all"])) is not None


def test_licence_files_are_known_by_their_name():
    names = ["LICENSE", "LICENSE.md", "LICENCE-CODE", "COPYING", "UNLICENSE", "license.txt"]
    assert all(map(is_licence_file, names))
    assert not any(map(is_licence_file, ["licensing.py", "docs/LICENSE", "README.md"]))
