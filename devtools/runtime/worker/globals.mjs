// The globals that Pyodide's own, unpatched files see while CPython boots at global scope, where workerd forbids
// I/O, timers and randomness. Must be imported before any of Pyodide's files.
//
// The real globals are back before `entry.py` is imported (`restoreGlobals`): `pyodide.http` keeps the `fetch` it
// sees when it is first imported, and must keep the real one.

/** URL path -> what Pyodide reads there while it boots: bytes, or the compiled module of its `.wasm`. */
export const files = new Map();

/** [stub, module] pairs: what dlopen() reads from the file system, and the precompiled code it stands for. */
export const dynamicLibraries = [];

const originals = [];

function replace(owner, name, value) {
  originals.push([owner, name, Object.getOwnPropertyDescriptor(owner, name)]);
  Object.defineProperty(owner, name, { value, writable: true, configurable: true, enumerable: true });
}

/** Pyodide resolves its index URL against the page it runs in. */
replace(globalThis, 'location', { href: 'file:///pyodide/', toString: () => 'file:///pyodide/' });

/** With `process`, as `nodejs_compat` has it, Emscripten would look for Node's file system. */
replace(globalThis, 'process', undefined);

const realFetch = globalThis.fetch;
replace(globalThis, 'fetch', function fetch(resource, init) {
  const url = String(resource?.url ?? resource);
  const content = url.startsWith('file:///pyodide/') && files.get(url.slice('file://'.length));
  if (!content) return realFetch(resource, init);
  return Promise.resolve({ ok: true, url, arrayBuffer: async () => content });
});

/**
 * Pyodide's scripts queue what they want to do next behind one MessageChannel made at boot. A real port belongs to the
 * request, or to the global scope, that made it, and would run every request's work there. This one delivers in a
 * microtask, so that the queue is empty before another request has its turn.
 */
class RequestLocalChannel {
  constructor() {
    const deliver = () => this.port1.onmessage({});
    this.port1 = { onmessage: null };
    this.port2 = { postMessage: () => queueMicrotask(deliver) };
  }
}
replace(globalThis, 'MessageChannel', RequestLocalChannel);

/** workerd compiles WebAssembly before the Worker starts; Pyodide gets those modules where it asks for compilation. */
const RealModule = WebAssembly.Module;
replace(WebAssembly, 'compile', async (bytes) => new RealModule(bytes));
replace(WebAssembly, 'instantiateStreaming', async (response, imports) => {
  const module = files.get(new URL((await response).url).pathname);
  return { module, instance: new WebAssembly.Instance(module, imports) };
});

/**
 * dlopen() compiles what the file system holds. Ours holds a stub: the library's header and `dylink.0` section, enough
 * for Emscripten to lay out its memory; hand back the code that was compiled beforehand. Stays for imports in requests.
 */
WebAssembly.Module = new Proxy(RealModule, {
  construct(target, [source]) {
    const bytes = ArrayBuffer.isView(source)
      ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
      : new Uint8Array(source);
    const library = dynamicLibraries.find(([stub]) => sameBytes(stub, bytes));
    return library ? library[1] : new target(bytes);
  },
});

function sameBytes(a, b) {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

export function restoreGlobals() {
  for (const [owner, name, descriptor] of originals) {
    if (descriptor) Object.defineProperty(owner, name, descriptor);
    else delete owner[name];
  }
}

/**
 * Runs a callback of Python's event loop in the request that scheduled it, and with it whatever that request awaits:
 * workerd cancels a request whose I/O was begun by another. Pyodide's own function has one queue for all of them.
 * Callbacks due at once run in a microtask, so a loop around `asyncio.sleep(0)` starves I/O, as it does in production.
 */
export function scheduleCallback(callback, milliseconds) {
  if (milliseconds > 2) setTimeout(callback, milliseconds);
  else queueMicrotask(callback);
}
