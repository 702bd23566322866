"""`coach doctor` and `coach calibrate`: is the device in order, and how does it sit?"""
