"""How fast a Hub may be asked: its quota is for windows of time, and a share of it is left to others and to people."""

from __future__ import annotations

import re
from collections.abc import Mapping

LEFT_ALONE = 0.3  # of the quota: a mirror takes the rest
REMAINING = re.compile(r'"\s*;\s*r\s*=\s*(?P<left>\d{1,9})\s*;\s*t\s*=\s*(?P<reset_s>\d{1,9})')
QUOTA = re.compile(r";\s*q\s*=\s*(?P<quota>\d{1,9})")


def rest_s(headers: Mapping[str, str]) -> float:
    """Seconds until the next window where our share of this one is used up, else 0.

    Without a RateLimit-Policy the quota is unknown, and all of it may be taken. A second is added, as the Hub counts
    whole seconds.

    >>> rest_s({"ratelimit": '"api";r=150;t=55', "ratelimit-policy": '"fixed window";"api";q=500;w=300'})
    56.0
    >>> rest_s({"ratelimit": '"api";r=151;t=55', "ratelimit-policy": '"fixed window";"api";q=500;w=300'})
    0.0
    """
    limit = REMAINING.search(headers.get("ratelimit", ""))
    if limit is None:
        return 0.0
    policy = QUOTA.search(headers.get("ratelimit-policy", ""))
    kept = LEFT_ALONE * int(policy["quota"]) if policy else 0
    return int(limit["reset_s"]) + 1.0 if int(limit["left"]) <= kept else 0.0
