"""How good the coach is, on recordings whose truth is known."""
