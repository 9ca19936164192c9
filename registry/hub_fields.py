"""The fields of a repository's JSON on the Hub: which can be asked for, which come unasked, and which we ask for."""

EXPANDABLE = {
    "model": (
        "author baseModels cardData childrenModelCount config createdAt disabled downloads downloadsAllTime "
        "evalResults gated gguf inference inferenceProviderMapping lastModified library_name likes mask_token "
        "model-index pipeline_tag private resourceGroup safetensors sha siblings spaces tags transformersInfo "
        "trendingScore usedStorage widgetData xetEnabled"
    ).split(),
    "dataset": (
        "author cardData citation createdAt description disabled downloads downloadsAllTime gated lastModified likes "
        "mainSize paperswithcode_id private resourceGroup sha siblings tags trendingScore usedStorage xetEnabled"
    ).split(),
    "space": (
        "author cardData createdAt datasets disabled lastModified likes models private region resourceGroup runtime "
        "sdk sha siblings subdomain tags trendingScore usedStorage xetEnabled"
    ).split(),
}

# What a listing of ours asks for: all that describes a repository, and nothing that describes a person or a service.
_UNASKED = {
    "inference",
    "inferenceProviderMapping",
    "mask_token",
    "region",
    "resourceGroup",
    "runtime",
    "subdomain",
    "widgetData",
    "xetEnabled",
}
ASKED = {kind: [f for f in fields if f not in _UNASKED] for kind, fields in EXPANDABLE.items()}

# What a repository's own JSON leaves out unless it is asked for by name.
ONLY_EXPANDED = {
    "model": ["baseModels", "childrenModelCount", "downloadsAllTime", "evalResults"],
    "dataset": ["downloadsAllTime", "mainSize"],
    "space": [],
}

# What a record of a listing holds beside `_id` and `id`, without and with `full`.
DEFAULT_FIELDS = {
    "model": "modelId private downloads likes tags pipeline_tag library_name createdAt trendingScore".split(),
    "dataset": (
        "author private gated disabled downloads likes tags createdAt lastModified sha description paperswithcode_id "
        "trendingScore"
    ).split(),
    "space": "private likes tags createdAt sdk trendingScore".split(),
}
FULL_FIELDS = {
    "model": [*DEFAULT_FIELDS["model"], "author", "sha", "lastModified", "siblings", "gated", "disabled"],
    "dataset": [*DEFAULT_FIELDS["dataset"], "siblings", "cardData"],
    "space": [*DEFAULT_FIELDS["space"], "author", "sha", "lastModified", "siblings", "cardData"],
}

# What our columns hold; any other field is read from the kept JSON of the newest observation.
IN_COLUMNS = frozenset(
    "_id author createdAt disabled downloads downloadsAllTime gated id lastModified library_name likes modelId "
    "pipeline_tag private sdk sha tags trendingScore usedStorage".split()
)
