"""Dump lines of repositories of our own, and the command that mirrors them."""

import gzip
import json
from datetime import UTC, datetime

from django.core.management import call_command

from registry.models import Harvest

CREATED = datetime(2024, 5, 1, 12, tzinfo=UTC)


def hub_id(number: int, created: datetime = CREATED) -> str:
    return f"{int(created.timestamp()):08x}{number:016x}"


def line(name="acme/tiny", number=1, *, card=None, files=None, **info):
    known = {"_id": hub_id(number), "createdAt": "2024-05-01T12:00:00.000Z", "lastModified": "2024-06-01T00:00:00.000Z"}
    known |= {"sha": f"{number:040x}", "siblings": [{"rfilename": "README.md"}, {"rfilename": "model.safetensors"}]}
    return {
        "kind": "model",
        "info": known | {"id": name, "tags": ["transformers", "license:mit"]} | info,
        "card": card,
    } | ({"files": files} if files else {})


def mirror(tmp_path, *lines, name="dump.jsonl"):
    """Mirror a dump of these lines; the harvest that it became."""
    path = tmp_path / name
    text = "".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in lines)
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    try:
        call_command("mirror", "--json", dump=path)
    except SystemExit:
        pass
    return Harvest.objects.latest("pk")
