// The embedded runtime's main module: boots CPython at global scope, imports `entry.py` and dispatches events to the
// class `Default`, as Cloudflare's own entrypoint does. Development and tests only; `../README.md` has the whole picture.
//
// Order matters: globals before Pyodide's files, Pyodide before the application, the rules of import time before
// `entry.py`, real randomness with the first request.

import { dynamicLibraries, files, restoreGlobals, scheduleCallback } from './globals.mjs';
import * as cloudflareSockets from 'cloudflare:sockets';
import * as cloudflareWorkers from 'cloudflare:workers';
import { allowance, allowEntropy, forbidEntropy, tracing, violations } from './entropy.mjs';
import { importErrorPage } from './errorpage.mjs';
import { mount, text, unpack, unpackMemory } from './filesystem.mjs';
import { makeIsNamed } from './named.mjs';
import { withPlace } from './place.mjs';
import { ENVIRONMENT, loadLibraries, preparing } from './preload.mjs';
import settings from './settings.mjs';
import createPyodideModule from './pyodide.asm.mjs';
import { loadPyodide } from './pyodide.mjs';
import pyodideWasm from './pyodide.asm.wasm';
import snapshot from './snapshot.bin';
import stdlib from './python_stdlib.zip';
import lock from './pyodide-lock.json.bin';
import application from './application.bin';
import hostFiles from './host.bin';
import packages from './packages.bin';
import libraries from './libraries.mjs';

const APPLICATION = '/session/metadata'; // the paths of production, so that tracebacks read the same
const PACKAGES = `${APPLICATION}/python_modules`;
const HOST = '/session/host';

files.set('/pyodide/pyodide.asm.wasm', pyodideWasm);
files.set('/pyodide/python_stdlib.zip', new Uint8Array(stdlib));
for (const [name, stub] of unpack(packages)) if (libraries[name]) dynamicLibraries.push([stub, libraries[name]]);

const { layout, memory } = unpackMemory(snapshot); // Python has started already, and imported packages, in snapshot.mjs

function prepareMemory(Module) {
  Module.growMemory(memory.length);
  mount(Module.FS, PACKAGES, unpack(packages));
  const here = loadLibraries(Module, PACKAGES, Object.keys(libraries));
  if (here !== layout) throw new Error(`the snapshot was taken where memory is laid out as ${layout}, and here it is ${here}`);
}

const python = await loadPyodide({
  indexURL: 'file:///pyodide/',
  createPyodideModule: preparing(createPyodideModule, prepareMemory),
  lockFileContents: JSON.parse(text(lock)),
  packages: [],
  env: ENVIRONMENT,
  enableRunUntilComplete: false,
  _loadSnapshot: memory,
  stdout: (line) => console.log(line),
  stderr: (line) => console.error(line),
});
mount(python.FS, HOST, unpack(hostFiles));
mount(python.FS, APPLICATION, unpack(application));
restoreGlobals();

const patchedContexts = new WeakSet();

/** A Python coroutine is only lent to JavaScript: keep it until it has settled, as production does. */
function patchWaitUntil(ctx) {
  if (patchedContexts.has(ctx) || typeof ctx?.waitUntil !== 'function') return;
  patchedContexts.add(ctx);
  const waitUntil = ctx.waitUntil.bind(ctx);
  ctx.waitUntil = (work) => {
    const held = typeof work?.copy === 'function' ? work.copy() : work;
    waitUntil((async () => {
      try {
        await held;
      } finally {
        held?.destroy?.();
      }
    })());
  };
}

const sdkHelper = {
  cloudflareWorkersModule: cloudflareWorkers,
  cloudflareSocketsModule: cloudflareSockets,
  doAnImport: (name) => import(name),
  patchWaitUntil,
};

python.registerJsModule('_pyodide_entrypoint_helper', sdkHelper);
python.registerJsModule('_cloudflare_compat_flags', settings.compatibilityFlags);
python.registerJsModule('_gatehouse_entropy', allowance);
python.runPython(`import sys; sys.path.insert(0, ${JSON.stringify(HOST)})`);
const host = python.pyimport('host');
python.pyimport('pyodide.webloop').scheduleCallback = scheduleCallback;

forbidEntropy();
tracing.dump = () => python._module._dump_traceback();
const isNamed = makeIsNamed([globalThis, cloudflareWorkers, cloudflareSockets, sdkHelper, settings.compatibilityFlags]);
const booted = host.boot(settings.entry, APPLICATION, PACKAGES, violations, isNamed);
const importError = booted.get('error') ?? null;
const methods = booted.get('methods')?.toJs() ?? [];
if (importError !== null) console.error(importError);

const dispatchFetch = host.dispatch_fetch;
const dispatch = host.dispatch;
const firstRequest = host.first_request;
let started = false;

function start() {
  started = true;
  allowEntropy();
  firstRequest();
}

/** Awaits a task or coroutine of Python's and lets it go. */
async function settle(awaitable) {
  try {
    return await awaitable;
  } finally {
    awaitable.destroy();
  }
}

class Default extends cloudflareWorkers.WorkerEntrypoint {
  /**
   * The call is "promising", as production's: Python may switch stacks in it, which is how it waits for a promise.
   * What Python did not catch is logged here: nobody else does.
   */
  async fetch(request) {
    if (!started) start();
    try {
      request = withPlace(request);
    } catch (error) {
      return new Response(error.message, { status: 400 });
    }
    try {
      const answer = await dispatchFetch.callPromising(this.ctx, this.env, request);
      return answer instanceof python.ffi.PyProxy ? await settle(answer) : answer;
    } catch (error) {
      console.error(error.message);
      throw error;
    }
  }
}

class Broken extends cloudflareWorkers.WorkerEntrypoint {
  fetch(request) {
    return importErrorPage(request, importError);
  }
  scheduled() {
    throw new Error('The Worker could not be imported; its first request shows why.');
  }
}

for (const name of methods) {
  if (name === 'fetch') continue;
  Default.prototype[name] = function (...args) {
    if (!started) start();
    return settle(dispatch(this.ctx, this.env, name, ...args));
  };
}

export default importError === null ? Default : Broken;
