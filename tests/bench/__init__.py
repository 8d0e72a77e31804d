"""Measurements: real server processes, the load driven by this one."""
