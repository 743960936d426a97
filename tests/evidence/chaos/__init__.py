"""Real processes under load, killed and frozen, and what their clients saw."""
