"""The sensor: registers, bus, driver, the time of each sample, and whether it is sound."""
