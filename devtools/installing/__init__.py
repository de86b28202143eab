"""What is installed, from the lock files, once and in turn; and the lock files, written anew.

`setup` runs on a bare Python: it, and what it imports, stays within the standard library.
"""
