"""What the file list, the config and the library of a repository show of its components."""

from __future__ import annotations

from collections.abc import Iterator

from openness.mof.rubric import patterns, rubric
from openness.mof.signs import Sign, View, of_field, of_path, sign
from openness.mof.weights import LISTED, weights_of

MOST_REFS = 2000
MOST_REF_NAME = 200  # characters
CODE = ("architecture", "training-code", "inference-code", "evaluation-code", "data-preprocessing-code")
PLAIN = (*CODE[1:], "model-metadata", "supporting-libraries-and-tools", "evaluation-results", "sample-model-outputs")


def file_signs(view: View) -> Iterator[Sign]:
    """Everything that files show; nothing where the file list is not known."""
    yield from library_signs(view)
    yield from branch_signs(view)
    if view.paths is None:
        return
    yield from weight_signs(view)
    for slug in PLAIN:
        hits = [path for path in view.paths if patterns("files", slug).search(path.rsplit("/", 1)[-1].lower())]
        yield from (sign(slug, "A", of_path(path)) for path in hits[:LISTED])
    for path in view.paths:
        name = path.lower()
        if patterns("files", "trainer-results").search(name):
            yield sign("evaluation-results", "C", of_path(path), note="what it holds was not read")
        if name.startswith(".eval_results/") and name.endswith((".yaml", ".yml")):
            yield sign("evaluation-results", "A", of_path(path))
        elif name.endswith(".pdf"):
            yield _pdf(path)


def _pdf(path: str) -> Sign:
    name = path.rsplit("/", 1)[-1].lower()
    about = any(part in name for part in ("report", "paper", "tech", "arxiv"))
    return sign("technical-report" if "paper" not in name else "research-paper", "A" if about else "C", of_path(path))


def weight_signs(view: View) -> Iterator[Sign]:
    """Final parameters, and checkpoints of training: two or more, since a single one is what a trainer left behind."""
    weights = weights_of(view.state.files or ())
    gated = view.state.gated in ("auto", "manual")
    if weights.final and not weights.problem:
        grade, note = ("C", f"the weights are gated ({view.state.gated})") if gated else ("A", "")
        yield from (sign("final-model-parameters", grade, of_path(p), note=note) for p in weights.final[:LISTED])
    elif weights.final or weights.problem:
        where = weights.final[0] if weights.final else "files"
        yield sign("final-model-parameters", "C", of_path(where, weights.problem), note=weights.problem)
    elif weights.adapter:
        note = "only an adapter; the weights that it changes are another repository's"
        yield from (sign("final-model-parameters", "L", of_path(p), note=note) for p in weights.adapter[:LISTED])
    elif weights.checkpoints:
        note = "weights of checkpoints only"
        yield sign("final-model-parameters", "C", of_path(weights.checkpoints[0]), note=note)
    grade = "A" if len(weights.checkpoints) > 1 and not gated else "C"
    yield from (sign("intermediate-model-parameters", grade, of_path(p)) for p in weights.checkpoints[:LISTED])


def branch_signs(view: View) -> Iterator[Sign]:
    """Branches and tags named for a step of training, where the Hub's answer about references is kept.

    Two or more whose commits differ from each other and from the head's count; what only repeats one commit, and
    branches for precisions and quantizations, do not.
    """
    found: dict[str, str] = {}
    for name, commit in _references(view.state.info.get("refs")):
        is_step = patterns("weights", "checkpoint_ref").search(name)
        if is_step and not patterns("weights", "other_ref").search(name) and commit != view.state.info.get("sha"):
            found.setdefault(commit, name)
    grade = "B" if len(found) > 1 and view.state.gated not in ("auto", "manual") else "C"
    note = "branches or tags of one step each; their weights were not compared"
    for commit, name in list(found.items())[:LISTED]:
        shown = of_field(view, "refs", f"{name} at {commit[:12]}")
        yield sign("intermediate-model-parameters", grade, shown, note=note)


def _references(refs: object) -> Iterator[tuple[str, str]]:
    """The (name, commit) of each branch and tag in the Hub's answer about references."""
    for kind in ("branches", "tags"):
        listed = refs.get(kind) if isinstance(refs, dict) else None
        for ref in listed[:MOST_REFS] if isinstance(listed, list) else []:
            name, commit = (ref.get("name"), ref.get("targetCommit")) if isinstance(ref, dict) else (None, None)
            if isinstance(name, str) and isinstance(commit, str):
                yield name[:MOST_REF_NAME], commit


def library_signs(view: View) -> Iterator[Sign]:
    """Model code: the repository's own, else what a known library supplies, under that library's licence."""
    config = view.state.info.get("config")
    config = config if isinstance(config, dict) else {}
    own_code = [p for p in view.paths or () if patterns("files", "architecture").search(p.rsplit("/", 1)[-1].lower())]
    yield from (sign("model-architecture", "A", of_path(path)) for path in own_code[:LISTED])
    if config.get("auto_map") and not own_code:
        yield sign(
            "model-architecture", "C", of_field(view, "auto_map", config["auto_map"]), note="code lies elsewhere"
        )
    library = _library(view, config)
    if library:
        structured = _structured(view, config)
        is_adopted = config.get("model_type") in rubric()["adopted"]["model_types"]
        grade = "B" if structured and (not config.get("auto_map") or is_adopted) else "L"
        supplied = {
            "licence": library["licence"],
            "licence_from": f"library {library['name']}",
            "note": f"supplied by {library['name']}",
        }
        shown = of_field(view, "library_name", structured or library["name"])
        yield sign("model-architecture", grade, shown, **supplied)
        task = view.state.info.get("pipeline_tag") or view.metadata.get("pipeline_tag")
        runs = structured and (task or "For" in structured or "Pipeline" in structured)
        yield sign("inference-code", "B" if runs else "L", shown, **supplied)
        yield sign("supporting-libraries-and-tools", "B", shown, **supplied)


def _library(view: View, config: dict) -> dict | None:
    """The library that the Hub or the card names, else the one whose config or file format this is."""
    libraries = rubric()["libraries"]
    if view.library:
        return libraries.get(view.library)
    if "diffusers" in config:
        return libraries["diffusers"]
    if "gguf" in view.state.tags or isinstance(view.state.info.get("gguf"), dict):
        return libraries["gguf"]
    return libraries["transformers"] if config.get("architectures") else None


def _structured(view: View, config: dict) -> str:
    """The class or the format that a config names, so that the library's code is known and not guessed."""
    architectures = config.get("architectures")
    if isinstance(architectures, list) and architectures:
        return str(architectures[0])
    diffusers = config.get("diffusers")
    if isinstance(diffusers, dict) and diffusers.get("_class_name"):
        return str(diffusers["_class_name"])
    gguf = view.state.info.get("gguf")
    return str(gguf.get("architecture") or "") if isinstance(gguf, dict) else ""
