"""Decides. Samples in, events out: numpy only, no clock, no file, no thread, no hardware."""
