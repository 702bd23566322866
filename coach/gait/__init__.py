"""How somebody walks: stride, steps, cadence, variability, from a trailing window of the stream."""
