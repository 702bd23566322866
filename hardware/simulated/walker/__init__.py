"""A simulated person who wears the device, walks as told, and is seen through."""
