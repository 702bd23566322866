"""What runs all day on the device: the service, its daemon, and the control socket."""
