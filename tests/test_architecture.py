"""The arrows between the apps point one way: openness → lineage → registry. Lazy and type-only imports count."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MAY_IMPORT = {
    "registry": {"registry"},
    "lineage": {"registry", "lineage"},
    "openness": {"registry", "lineage", "openness"},
}
PURE = {"django", "rest_framework", "celery", "huggingface_hub", "requests", "httpx", "httpx2"}


def imports(file: Path) -> set[str]:
    """The top-level packages that a source file names in any import, wherever it stands."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text("utf8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("app", MAY_IMPORT)
def test_an_app_imports_only_those_below_it(app):
    for file in (ROOT / app).rglob("*.py"):
        assert imports(file) & set(MAY_IMPORT) <= MAY_IMPORT[app], file.relative_to(ROOT)


def test_only_the_hub_border_imports_the_hub_client():
    users = {
        f.relative_to(ROOT).as_posix()
        for app in MAY_IMPORT
        for f in (ROOT / app).rglob("*.py")
        if "huggingface_hub" in imports(f)
    }
    assert users <= {"registry/hub.py"}
