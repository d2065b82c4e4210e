"""A small town on loopback that speaks the wire formats of the sources; see `python -m demo --help`.

Public: demo.town (Town, serve), demo.config (write_config), demo.faults (Faults) and demo.item (Item).
"""
