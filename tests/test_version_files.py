"""A version is looked at before it is run: its files, what they may hold, and what its labels are called."""

import json
import os

import pytest

from lineage.label_spaces import BadLabels, label_notes
from lineage.version_files import BadVersion, VersionFiles, check_files, files_digest, folder_of, label_names

SHA = "0123456789abcdef0123456789abcdef01234567"


def folder(path, **files):
    path.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (path / name.replace("__", ".")).write_text(content if isinstance(content, str) else json.dumps(content))
    return VersionFiles("acme/m", path)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"config__json": {}, "pytorch_model__bin": "x"}, "only in pytorch_model.bin, whose reading can run code"),
        ({"config__json": {}, "model__joblib": "x"}, "whose reading can run code"),
        ({"config__json": {}, "model__pt2": "x"}, "is an exported program"),
        ({"config__json": {}}, "holds no safetensors"),
        ({"model__safetensors": "x"}, "is no model's folder"),
        (
            {"adapter_config__json": {"base_model_name_or_path": "a/b"}, "adapter_model__safetensors": "x"},
            "its base model 'a/b' was not found",
        ),
    ],
)
def test_what_may_not_or_cannot_be_run_is_refused_before_anything_is_opened(tmp_path, files, said):
    with pytest.raises(BadVersion, match=said):
        check_files(folder(tmp_path, **files))


def test_a_folder_of_versions_is_none_and_the_one_in_it_is_named(tmp_path):
    folder(tmp_path / "m" / "v1", config__json={}, model__safetensors="x")
    with pytest.raises(BadVersion, match="is no model's folder. Its folder v1 may be one."):
        check_files(VersionFiles("m", tmp_path / "m"))


def test_safetensors_beside_a_pickle_are_enough(tmp_path):
    check_files(folder(tmp_path, config__json={}, model__safetensors="x", pytorch_model__bin="x"))


def with_index(path, **files) -> VersionFiles:
    index = {"metadata": {}, "weight_map": {f"w{n}": file for n, file in enumerate(files["names"])}}
    version = folder(path / "m", config__json={}, a__safetensors="x")
    (version.folder / "model.safetensors.index.json").write_text(json.dumps(index))
    return version


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["a.safetensors", "../stolen.safetensors"], "names '../stolen.safetensors', which is no safetensors file"),
        (["/etc/passwd"], "names '/etc/passwd', which is no safetensors file beside it"),
        (["a.bin"], "names 'a.bin', which is no safetensors file"),
        (["b.safetensors"], "names 'b.safetensors', which is not there"),
        ([], "names no file of weights"),
    ],
)
def test_an_index_of_weights_names_safetensors_beside_it_and_nothing_else(tmp_path, names, said):
    (tmp_path / "stolen.safetensors").write_text("x")
    with pytest.raises(BadVersion, match=said):
        check_files(with_index(tmp_path, names=names))
    check_files(with_index(tmp_path, names=["a.safetensors"]))


def test_no_link_leads_out_of_a_version_but_into_the_store_of_the_cache_that_it_lies_in(tmp_path):
    (tmp_path / "outside").write_text("x")
    version = folder(tmp_path / "v", config__json={}, model__safetensors="x")
    (version.folder / "alias.safetensors").symlink_to("model.safetensors")
    check_files(version)
    for target in (tmp_path / "outside", "/dev/zero", "/etc", "../nowhere"):
        (version.folder / "tokenizer.json").symlink_to(target)
        with pytest.raises(BadVersion, match="a link out of its folder: 'tokenizer.json'"):
            check_files(version)
        (version.folder / "tokenizer.json").unlink()
    os.mkfifo(version.folder / "vocab.txt")
    with pytest.raises(BadVersion, match="holds what is no file: 'vocab.txt'"):
        check_files(version)
    cache = tmp_path / "models--acme--m"
    cached = folder(cache / "snapshots" / SHA, config__json={})
    folder(cache / "blobs", abc="x")
    (cached.folder / "model.safetensors").symlink_to("../../blobs/abc")
    check_files(cached)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"hidden_size": 10**12}, "gives hidden_size as 1,000,000,000,000; at most 1,048,576 is run"),
        ({"text_config": {"num_hidden_layers": 10**6}}, "gives num_hidden_layers as 1,000,000"),
        ({"vocab_size": 10**400}, "gives vocab_size as a number of more than 18 digits"),
        ({"_attn_implementation": "acme/kernels"}, "asks for the code of 'acme/kernels', which is not run"),
    ],
)
def test_sizes_that_no_model_has_are_refused_before_a_run_spends_its_time_on_them(tmp_path, config, said):
    with pytest.raises(BadVersion, match=said):
        check_files(folder(tmp_path, config__json=config, model__safetensors="x"))


def test_a_tokenizer_larger_than_any_is_refused_unread(tmp_path):
    version = folder(tmp_path, config__json={}, model__safetensors="x")
    with (tmp_path / "tokenizer.json").open("wb") as file:
        file.truncate(200 << 20)
    with pytest.raises(BadVersion, match="tokenizer.json has more than 104,857,600 bytes"):
        check_files(version)


def test_a_mirrored_model_is_found_by_its_whole_commit_alone(tmp_path):
    (tmp_path / "acme" / "m" / SHA).mkdir(parents=True)
    (tmp_path / "models--acme--n" / "snapshots" / SHA).mkdir(parents=True)
    assert folder_of("acme/m", SHA, [tmp_path]).is_dir()
    assert folder_of("acme/n", SHA, [tmp_path]).is_dir()
    with pytest.raises(BadVersion, match="not on this machine"):
        folder_of("acme/o", SHA, [tmp_path])
    for name, sha in (("acme/m", "main"), ("acme/m", SHA[:12]), ("../m", SHA), ("acme/../m", SHA), ("/etc", SHA)):
        with pytest.raises(BadVersion, match="names no commit in full"):
            folder_of(name, sha, [tmp_path])


def test_the_digest_of_a_version_moves_with_each_file_and_with_its_base(tmp_path):
    version = folder(tmp_path / "v", config__json={}, model__safetensors="x")
    base = folder(tmp_path / "b", model__safetensors="y").folder
    first = files_digest(version)
    with_base = files_digest(VersionFiles("v", version.folder, base))
    (base / "model.safetensors").write_text("z")
    other_base = files_digest(VersionFiles("v", version.folder, base))
    (version.folder / "more.txt").write_text("")
    assert len({first, with_base, other_base, files_digest(version)}) == 4


def test_a_file_whose_name_is_no_utf8_is_part_of_the_digest(tmp_path):
    version = folder(tmp_path, config__json={}, model__safetensors="x")
    first = files_digest(version)
    (tmp_path / os.fsdecode(b"\xff.txt")).write_text("x")
    check_files(version)
    assert files_digest(version) != first


def test_labels_are_read_from_the_configuration_in_the_order_of_their_numbers(tmp_path):
    names = {str(n): f"l{n}" for n in range(12)}
    assert label_names(folder(tmp_path / "a", config__json={"id2label": names})) == [f"l{n}" for n in range(12)]
    assert label_names(folder(tmp_path / "b", config__json={"num_classes": 9})) is None
    assert label_names(folder(tmp_path / "c", stemma_module__json={"labels": ["p", "q"]})) == ["p", "q"]
    with pytest.raises(BadVersion, match="cannot be read as JSON"):
        label_names(folder(tmp_path / "d", config__json="{"))


def test_labels_that_a_configuration_leaves_out_are_those_that_transformers_gives_them(tmp_path):
    """A saved configuration is silent on default names: unseen, a suite of other names would count all as broken."""
    assert label_names(folder(tmp_path / "a", config__json={})) == ["LABEL_0", "LABEL_1"]
    assert label_names(folder(tmp_path / "b", config__json={"num_labels": 3})) == ["LABEL_0", "LABEL_1", "LABEL_2"]


@pytest.mark.parametrize("names", [["a", "b"], {"zero": "a", "1": "b"}, {"0": None, "1": "b"}, {"0": "a", "2": "b"}, 7])
def test_labels_that_are_no_names_by_number_are_refused(tmp_path, names):
    with pytest.raises(BadVersion, match="id2label does not name the labels 0, 1, 2"):
        label_names(folder(tmp_path, config__json={"id2label": names}))


def test_new_and_lost_labels_are_said_and_another_numbering_is_no_flip():
    assert label_notes(["a", "b"], ["a", "b"], {"a"}, {}) == []
    assert label_notes(["a", "b"], ["b", "a"], {"a"}, {})[0].startswith("The two versions number the same labels")
    assert label_notes(["a", "b"], ["a", "c"], {"a"}, {}) == [
        "Only the newer version can answer 'c'.",
        "Only the older version can answer 'b'.",
    ]


def test_a_version_that_names_no_right_answer_is_refused_unless_the_suite_translates():
    with pytest.raises(BadLabels, match="The newer version calls its labels 'LABEL_0', 'LABEL_1'"):
        label_notes(["neg", "pos"], ["LABEL_0", "LABEL_1"], {"neg", "pos"}, {})
    names = {"LABEL_0": "neg", "LABEL_1": "pos"}
    assert label_notes(["neg", "pos"], ["LABEL_0", "LABEL_1"], {"neg", "pos"}, names) == []
