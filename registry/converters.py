"""Path converters: a repository's name is one or two segments, and its characters are the Hub's."""

from django.urls import register_converter


class HubName:
    """`owner/name` or a bare `name`: at most one slash, dots and dashes allowed."""

    regex = r"(?:[A-Za-z0-9._,+-]{1,96}/)?[A-Za-z0-9._,+-]{1,256}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class Kind:
    """model, dataset or space."""

    regex = "model|dataset|space"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class KindPlural(Kind):
    """models, datasets or spaces in a path; model, dataset or space in the code."""

    regex = "models|datasets|spaces"

    def to_python(self, value: str) -> str:
        return value.removesuffix("s")

    def to_url(self, value: str) -> str:
        return f"{value}s"


class HubRevision:
    """A branch, tag or sha, or a ref of the Hub, whose slashes a client sends escaped."""

    regex = r"refs/(?:convert|heads|pr|tags)/[^/]+|[^/]+"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(HubName, "hub_name")
register_converter(Kind, "kind")
register_converter(KindPlural, "kinds")
register_converter(HubRevision, "hub_revision")
