"""The `coach` command, one module a family. Each imports what it needs when it runs."""
