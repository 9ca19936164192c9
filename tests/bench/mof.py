"""How many record files are classified a second, by both rubrics: `python -m tests.bench.mof 2000`."""

import json
import random
import sys
import time

from openness.mof_components import COMPONENTS
from openness.record_files import mof_line

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
