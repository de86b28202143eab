// Main module of a gateway started with `crossings: true`: the ordinary host, in which the calls between Python and
// JavaScript are counted. For `python -m devtools profile`.
//
// CPython is WebAssembly here, so what it asks of JavaScript are functions that the module imports. Each is wrapped when
// the module is instantiated, which is before the host begins.

import { inFront } from './in_front.mjs';

const CONTROL = '/__gatehouse-test/crossings';

/** Imports that are the C library's, Emscripten's or the interpreter's own, not the bridge's. */
const NOT_THE_BRIDGE = /^(invoke_|_?_?syscall_|_?emscripten_|__|fd_|environ_|proc_exit|clock_|getentropy|exit$|_Py_|_abort)/;

let counts = null;

function counted(functions) {
  return Object.fromEntries(Object.entries(functions).map(([name, value]) => {
    if (typeof value !== 'function' || NOT_THE_BRIDGE.test(name)) return [name, value];
    return [name, (...args) => {
      if (counts !== null) counts[name] = (counts[name] ?? 0) + 1;
      return value(...args);
    }];
  }));
}

const RealInstance = WebAssembly.Instance;
WebAssembly.Instance = new Proxy(RealInstance, {
  construct(target, [module, imports]) {
    WebAssembly.Instance = RealInstance; // the first one is CPython; the others are its extension modules
    return new target(module, { ...imports, env: counted(imports.env) });
  },
});

const { default: worker } = await import('./host.mjs');

export default inFront(worker, (request) => {
  if (new URL(request.url).pathname !== CONTROL) return undefined;
  const found = counts;
  counts = request.method === 'POST' ? {} : null;
  return Response.json(found ?? {});
});
