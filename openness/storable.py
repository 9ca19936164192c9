"""The former place of `registry.storable`."""

from registry.storable import storable, storable_text

__all__ = ["storable", "storable_text"]
