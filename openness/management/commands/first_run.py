"""Fills a new installation, so that its first page shows something: mirror, trace, assess, and an administrator."""

import secrets
from collections import defaultdict
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command

from lineage.models import Comparison
from registry.cli import YES, StemmaCommand
from registry.hub import Hub, HubError
from registry.models import Repo

FIRST_REPOS = Path(settings.BASE_DIR) / "registry" / "data" / "first_repos.txt"
BUNDLED = FIRST_REPOS.with_name("bundled.ndjson")
PROBE_TIMEOUT_S = 5.0
EXAMPLE_OLD, EXAMPLE_NEW = "stemma-examples/reviews-v1", "stemma-examples/reviews-v2"


def first_repos() -> dict[str, list[str]]:
    """The names to mirror first, by kind."""
    names = defaultdict(list)
    for line in FIRST_REPOS.read_text("utf8").splitlines():
        if line and not line.startswith("#"):
            kind, name = line.split()
            names[kind].append(name)
    return names


def hub_answers() -> bool:
    """Whether the Hub can be reached, asked once and with little patience."""
    try:
        Hub(settings.HF_ENDPOINT, settings.HF_TOKEN, timeout_s=PROBE_TIMEOUT_S, patience_s=0).info(
            "model", first_repos()["model"][0]
        )
    except HubError:
        return False
    return True


class Command(StemmaCommand):
    help = "Mirror, trace and assess a first set of repositories, and create a demonstration administrator."

    def work(self, **options) -> int:
        if Repo.objects.exists():
            self.stderr.write("The registry is filled already; nothing is mirrored anew.")
        else:
            self.fill()
        call_command("trace", stdout=self.stderr)
        call_command("assess", stdout=self.stderr)
        if not Comparison.objects.exists() and Repo.objects.named("model", EXAMPLE_NEW).exists():
            self.compare_examples()
        self.put({"repositories": Repo.objects.count(), **self.administrator()}, "Ready.")
        return YES

    def fill(self) -> None:
        """The real repositories where the Hub answers; our own records of them where it does not."""
        if not hub_answers():
            self.stderr.write(f"{settings.HF_ENDPOINT} cannot be reached: using the bundled records instead.")
            self.mirror("--from", str(BUNDLED))
            return
        for kind, names in first_repos().items():
            self.mirror(*names, "--kind", kind)

    def compare_examples(self) -> None:
        """Two invented versions over invented reviews, so that the page of a comparison has something to show."""
        outcomes = Path(settings.BASE_DIR) / "lineage" / "data"
        files = [str(outcomes / f"example_{version}.jsonl") for version in ("old", "new")]
        call_command(
            "compare", "--outcomes", *files, "--old-repo", EXAMPLE_OLD, "--new-repo", EXAMPLE_NEW, stdout=self.stderr
        )

    def mirror(self, *arguments: str) -> None:
        """Run `mirror`; one repository that cannot be read does not stop the rest."""
        try:
            call_command("mirror", *arguments, stdout=self.stderr)
        except SystemExit as ended:
            self.stderr.write(f"mirror ended with status {ended.code}; /harvests says why")

    def administrator(self) -> dict:
        """Create the demonstration administrator once, with a password that is generated and shown only now."""
        users = get_user_model().objects
        if users.filter(is_superuser=True).exists():
            return {}
        password = secrets.token_urlsafe(12)
        users.create_superuser("admin", password=password)
        self.stderr.write(f"Administrator for /admin/: admin, password {password} (shown this once)")
        return {"administrator": "admin"}
