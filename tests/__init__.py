"""A package, so that no other package called tests takes its place (Garmin's SDK brings one)."""
