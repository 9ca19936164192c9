"""How many record files are classified and how many repositories assessed a second: `python -m tests.bench.mof 2000`.

The repositories are the real records beside the checkout; without them only record files are measured.
"""

import json
import random
import sys
import time
from collections import Counter

from openness.mof import assess
from openness.mof.components import COMPONENTS
from openness.record_files import mof_line
from tests.hub_records import folder, states
from tests.hub_records import records as records_of_the_hub

RESULTS = [component.slug for component in COMPONENTS].index("evaluation-results")
LICENCES = ["MIT", "Apache-2.0", "CC-BY-4.0", "apache 2", "llama3", "MIT OR CC0-1.0", "", "nobody knows", None]


def records(count: int, seed: int = 7) -> list[bytes]:
    """Records like the tool's own, in YAML, some five thousand bytes each."""
    draw = random.Random(seed)
    found = []
    for number in range(count):
        lines = [
            "framework:",
            "  name: Model Openness Framework",
            "release:",
            f"  name: model-{number}",
            "  components:",
        ]
        for component in COMPONENTS:
            licence = draw.choice(LICENCES)
            lines.append(f"    - name: {component.name}\n      description: '{'what it is ' * 20}'")
            if licence is not None:
                lines.append(f"      license: '{licence}'")
        found.append("\n".join(lines).encode())
    return found


def repositories() -> dict:
    """Assess every model of the real records, and count the classes they reach."""
    if folder() is None:
        return {"repositories": None}
    models = [state for state in states(records_of_the_hub()) if state.kind == "model"]
    began = time.perf_counter()
    answers = [assess(state).extra for state in models]
    took_s = time.perf_counter() - began
    reached = {
        level: dict(sorted(Counter(answer[level]["class"] for answer in answers).items()))
        for level in ("confirmed", "possible")
    }
    by_rules = {
        f"{rubric} {level}": dict(
            sorted(Counter(answer["rules"][rubric][level]["class"] for answer in answers).items())
        )
        for rubric in ("mof-parity/1", "mof-strict/1")
        for level in ("confirmed", "possible")
    }
    copied = sum(a["components"][RESULTS]["presence"] == "L" for a in answers)
    lacking = Counter(len(answer["next_step"]["components"]) for answer in answers if answer["next_step"])
    return {
        "repositories": len(models),
        "seconds": round(took_s, 2),
        "repositories_per_s": round(len(models) / took_s),
        "class_counts": reached | by_rules,
        "results_copied_from_a_parent": copied,
        "components_to_the_next_class": dict(sorted(lacking.items())),
    }


def main(count: int = 2000) -> dict:
    files = records(count)
    began = time.perf_counter()
    classes = [mof_line("record", data)["class"] for data in files]
    took_s = time.perf_counter() - began
    return {
        "records": count,
        "bytes_each": round(sum(map(len, files)) / count),
        "seconds": round(took_s, 2),
        "records_per_s": round(count / took_s),
        "unclassified": classes.count(0),
    }


if __name__ == "__main__":
    print(json.dumps(main(*(int(argument) for argument in sys.argv[1:2]))))
    print(json.dumps(repositories()))
