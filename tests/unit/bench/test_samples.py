"""Whose code a sample of V8's belongs to."""

from bench.samples import BUILTINS, LIBRARIES, NATIVE, PYTHON, SCRIPT, Profile

LOG = """\
v8-version,15,0,0
shared-library,/opt/bin/workerd,0x1000,0x2000,0
shared-library,/usr/lib/libc.so.6,0x3000,0x4000,0
code-creation,Builtin,2,10,0x5000,256,JsonStringify
code-creation,JS,5,10,0x6000,256,wasm-function[3792],0x7000,*
code-creation,JS,5,10,0x6300,256,wasm-function[3793],0x7000,
code-creation,JS,10,10,0x8000,256,ae pyodide.asm.mjs:1:619879,0x9000,~
tick,0x5001,1,0,0x0,0
"""


def test_each_address_has_an_owner() -> None:
    addresses = [0x1001, 0x3001, 0x5001, 0x60FF, 0x8001, 0x6200, 0x9999]
    ticks = "".join(f"tick,{address:#x},2,0,0x0,0\n" for address in addresses)
    unseen = "tick,0x5001,1,0,0x0,0\n" * (len(addresses) - 1)
    shares = Profile.of((LOG + unseen + ticks).splitlines()).shares()
    seventh = 1 / len(addresses)
    expected = {NATIVE: seventh, BUILTINS: seventh, SCRIPT: seventh, PYTHON: 2 * seventh, LIBRARIES: 2 * seventh}
    assert shares == expected, "0x6200 lies between WebAssembly's functions; 0x9999 is nobody's that V8 knows"


def test_the_first_half_is_not_counted() -> None:
    ticks = "tick,0x1001,1,0,0x0,0\n" * 3 + "tick,0x60ff,2,0,0x0,0\n" * 4
    assert Profile.of((LOG + ticks).splitlines()).shares()[PYTHON] == 1
