"""The mirror in the admin: people look, search, follow links and ask for work; only jobs write what is mirrored.

An upper app adds its actions from its own admin, to `admin.site.get_model_admin(Repo).actions`.
"""

from registry.admin import energy, mirrored, tokens, work
from registry.admin.base import MirrorAdmin, run_for_each

__all__ = ["MirrorAdmin", "energy", "mirrored", "run_for_each", "tokens", "work"]
