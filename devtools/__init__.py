"""The project's own tools, run as `python -m devtools <command>`.

`__main__` holds the table of commands, in groups by what one does; each group has a folder, and what all of them share
is beside this file. A command is one module with `main(argv) -> int`; what it cannot do, it raises as a
`devtools.failure.Failure`, which ends in one readable line. Nothing in here ships in the Worker.
"""
