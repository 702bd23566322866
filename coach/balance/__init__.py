"""Whether somebody keeps their balance: stumbles, falls and posture."""
