"""`coach config` and `coach profile`: the settings shown and changed."""
