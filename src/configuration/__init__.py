"""Reads the configuration once per isolate, composes the wings' settings, checks what takes more than one of them.

Fails closed (`core.faults.Misconfigured`). Also the route table, and what else a path may be read as.
"""
