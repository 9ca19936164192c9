"""Mirrors repositories of the Hugging Face Hub. Knows neither lineage nor openness."""
