"""A corpus of any size for benchmarks and query-count tests: skewed like the Hub, the same rows for the same seed."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from django.utils.timezone import now

from lineage.models import Closure, Node, Relation
from openness.models import Assessment
from registry.models import Account, Alias, Repo, RepoTag, Revision, Tag

BATCH = 2_000
LICENCES = ["apache-2.0", "mit", "llama3.1", "gemma", "cc-by-nc-4.0", "other", ""]
TASKS = ["text-generation", "text-classification", "fill-mask", "image-classification", ""]
LIBRARIES = ["transformers", "diffusers", "sentence-transformers", "peft", ""]
KINDS = ["finetune", "adapter", "quantized", "merge"]
CARD_KINDS = ["written", "written", "written", "empty", "trainer", "trainer", "trl", "partial_template"]
MARK_WEIGHTS = [12, 2, 16, 15, 50, 1, 1]
EPOCH = datetime(2022, 3, 2, tzinfo=UTC)


def fill(repos: int, seed: int = 7) -> None:
    """Insert `repos` repositories with heads, tags, parents, closure rows and assessments into the open database."""
    rng, at = random.Random(seed), now()
    accounts = Account.objects.bulk_create([Account(name=f"account-{n:05d}") for n in range(max(repos // 20, 1))])
    tags = {name: Tag.objects.create(name=name) for name in [*LIBRARIES, *TASKS] if name}
    tags |= {f"license:{name}": Tag.objects.create(name=f"license:{name}") for name in LICENCES if name}
    for start in range(0, repos, BATCH):
        rows = [make_repo(rng, n, rng.choice(accounts), at) for n in range(start, min(start + BATCH, repos))]
        Repo.objects.bulk_create(rows)
        heads = Revision.objects.bulk_create(
            [Revision(repo=r, sha=f"{r.pk:040x}", first_seen_at=at, committed_at=r.hub_modified_at) for r in rows]
        )
        for repo, head in zip(rows, heads, strict=True):
            repo.head = head
        Repo.objects.bulk_update(rows, ["head"])
        Alias.objects.bulk_create([Alias(repo=r, kind=r.kind, name=r.name, valid_from=at) for r in rows])
        RepoTag.objects.bulk_create([RepoTag(repo=r, tag=tags[name]) for r in rows for name in r.tags])
        Assessment.objects.bulk_create([make_assessment(rng, r, at) for r in rows])
    add_lineage(rng, list(Repo.objects.filter(kind="model").order_by("pk").only("pk", "name", "kind")), at)


def make_repo(rng: random.Random, n: int, account: Account, at: datetime) -> Repo:
    licence, task, library = rng.choice(LICENCES), rng.choice(TASKS), rng.choice(LIBRARIES)
    created = EPOCH + timedelta(minutes=n)
    return Repo(
        kind="dataset" if n % 10 == 9 else "model",
        hub_id=f"{int(created.timestamp()):08x}{n:016x}",
        name=f"{account.name}/repo-{n:07d}",
        account=account,
        gated="no",
        hub_created_at=created,
        hub_modified_at=created + timedelta(days=rng.randrange(900)),
        downloads=int(rng.paretovariate(0.6)) if rng.random() < 0.9 else None,
        likes=int(rng.paretovariate(0.9)) - 1,
        licence=licence,
        pipeline_tag=task,
        library_name=library,
        tags=[name for name in (library, task, licence and f"license:{licence}") if name],
        state_digest=f"{n:064x}",
        info_digest=f"{n:064x}",
        first_seen_at=at,
        observed_at=at,
    )


def make_assessment(rng: random.Random, repo: Repo, at: datetime) -> Assessment:
    score = round(rng.uniform(0, 100), 1)
    rubric = f"{'data' if repo.kind == 'dataset' else 'model'}-card/1.0"
    return Assessment(
        repo=repo,
        revision=repo.head,
        name=rubric.partition("/")[0],
        rubric=rubric,
        reader="bench",
        state_digest=repo.state_digest,
        score=score if score > 20 else None,
        assessed_weight=60,
        label=rng.choice(CARD_KINDS),
        marks="".join(rng.choices("sbep-n?", MARK_WEIGHTS, k=25)),
        assessed_at=at,
    )


def add_lineage(rng: random.Random, models: list[Repo], at: datetime) -> None:
    """Two thirds of the models get a parent among the earlier ones; the first model becomes a hub."""
    nodes = Node.objects.bulk_create([Node(kind=r.kind, name=r.name, repo=r) for r in models], batch_size=BATCH)
    ancestors: list[list[tuple[int, int]]] = [[]]
    relations, closure = [], []
    for n in range(1, len(nodes)):
        ancestors.append([])
        if rng.random() > 0.66:
            continue
        parent = 0 if rng.random() < 0.3 else int(n * rng.random() ** 3)
        kind = rng.choice(KINDS)
        relations.append(Relation(child=nodes[n], parent=nodes[parent], kind=kind, first_seen_at=at, last_seen_at=at))
        ancestors[n] = [(parent, 1), *((a, d + 1) for a, d in ancestors[parent])]
        closure += [Closure(descendant=nodes[n], ancestor=nodes[a], depth=d) for a, d in ancestors[n]]
    Relation.objects.bulk_create(relations, batch_size=BATCH)
    Closure.objects.bulk_create(closure, batch_size=BATCH)
