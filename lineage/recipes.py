"""What a parameter of a merge comes to: precedence, gradients over layers, and filters on names of tensors.

After mergekit 0.1.5, config.py: the nearest of source, slice, module and whole merge that answers is taken; a list of
numbers is interpolated over the layers of a slice; a list of `{filter, value}` answers by its first match.
"""

from __future__ import annotations

from collections.abc import Iterator

Scalar = float | int | bool | str
# Parameters of one model, and the share `t` between two, which layers and tensors may have their own of; all others
# (normalize, lambda …) hold for the merge and are no input's.
OF_ONE_INPUT = frozenset("weight density gamma epsilon scale alpha t".split())
EVERYTHING = "*"


def is_scalar(value: object) -> bool:
    return isinstance(value, float | int | bool | str)


def conditions_of(setting: object) -> list[dict]:
    """A setting as a list of `{value, filter}`, which says the same; what mergekit cannot read is left out.

    >>> conditions_of([{"filter": "mlp", "value": 1}, {"value": 0.5}])
    [{'value': 1, 'filter': 'mlp'}, {'value': 0.5}]
    """
    if isinstance(setting, dict):
        setting = [setting]
    if is_scalar(setting) or (isinstance(setting, list) and setting and all(is_scalar(each) for each in setting)):
        return [{"value": setting}]
    found = []
    for each in setting if isinstance(setting, list) else []:
        if isinstance(each, dict) and "value" in each:
            word = each.get("filter")
            is_bound = isinstance(word, str) and word != EVERYTHING
            found.append({"value": each["value"], "filter": word} if is_bound else {"value": each["value"]})
    return found


def in_order(*settings: object) -> object:
    """One setting that answers as a search through `settings` does, the nearest first; None where none is given.

    >>> in_order(None, 0.3, 0.9)
    0.3
    >>> in_order([{"filter": "mlp", "value": 1}], 0.5)
    [{'value': 1, 'filter': 'mlp'}, {'value': 0.5}]
    """
    found: list[dict] = []
    for setting in settings:
        for condition in conditions_of(setting):
            found.append(condition)
            if "filter" not in condition:
                return found if len(found) > 1 else found[0]["value"]
    return found or None


def merged(*levels: dict) -> dict:
    """The parameters of one model over all levels, the nearest first."""
    names = dict.fromkeys(name for level in levels for name in level)
    return {name: in_order(*(level[name] for level in levels if name in level)) for name in names}


def value_at(setting: object, tensor: str, t: float) -> Scalar | None:
    """The value for one tensor at `t`, which runs from 0 at a slice's first layer to 1 at its last; None: no answer.

    >>> value_at([0, 0.5, 1], "mlp", 0.25), value_at([{"filter": "mlp", "value": 1}], "self_attn", 0)
    (0.25, None)
    """
    for condition in conditions_of(setting):
        if condition.get("filter", "") in tensor:
            return along(condition["value"], t)
    return None


def along(value: object, t: float) -> Scalar | None:
    """A number as it is; of a list of numbers the point at `t`, of a list of words the word there."""
    if is_scalar(value):
        return value
    if not isinstance(value, list) or not value or not all(is_scalar(each) for each in value):
        return None
    scaled = min(max(t, 0.0), 1.0) * (len(value) - 1)
    first = int(scaled)
    if any(isinstance(each, str) for each in value):
        return value[first]
    last = min(first + 1, len(value) - 1)
    return (1 - (scaled - first)) * value[first] + (scaled - first) * value[last]


def points(value: object, layers: int) -> list[float]:
    """A gradient's value at each of `layers` layers; [] for what is no list of numbers.

    >>> points([0, 1], 5)
    [0.0, 0.25, 0.5, 0.75, 1.0]
    """
    if not isinstance(value, list) or len(value) < 2 or not all(type(each) in (int, float) for each in value):
        return []
    return [float(along(value, index / (layers - 1) if layers > 1 else 1)) for index in range(layers)]


def told(parameters: dict) -> Iterator[dict]:
    """Parameters as a reader needs them: one line for each name and filter, gradients as a way from value to value.

    >>> list(told({"t": [{"filter": "mlp", "value": [1, 0]}, {"value": 0.5}]}))
    [{'name': 't', 'filter': 'mlp', 'value': '1 → 0'}, {'name': 't', 'filter': 'all else', 'value': '0.5'}]
    """
    for name, setting in parameters.items():
        conditions = conditions_of(setting)
        if not conditions and setting is not None:
            yield {"name": name, "filter": "", "value": str(setting)}
        for condition in conditions:
            value = condition["value"]
            text = " → ".join(str(each) for each in value) if isinstance(value, list) else str(value)
            rest = "all else" if len(conditions) > 1 else ""
            yield {"name": name, "filter": condition.get("filter", rest), "value": text}
