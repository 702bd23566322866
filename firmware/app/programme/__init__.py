"""The weeks of walking, read from the log and told: `coach programme`."""
