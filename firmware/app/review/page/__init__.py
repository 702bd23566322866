"""The parts of the report's page, read as package data."""
