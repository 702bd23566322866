"""The onboard log: written while the walk goes on, read back for review, export and replay."""
