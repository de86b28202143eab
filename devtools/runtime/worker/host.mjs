// The embedded runtime's main module: boots CPython at global scope, imports `entry.py` and hands it events, as Cloudflare's
// own entrypoint does (`doors.mjs`). Development and tests only; `../README.md` has the whole picture.
//
// Order matters: globals before Pyodide's files, Pyodide before the application, the rules of import time before
// `entry.py`, real randomness with the first request.
//
// The memory that Python starts from is that of one which has imported packages (`../snapshot.mjs`), that of one which has
// imported some of the application as well, or that of one which has been through all of this, but for the first request
// (`../imported.mjs`): then there is nothing left to import.

import { dynamicLibraries, files, restoreGlobals, scheduleCallback } from './globals.mjs';
import * as cloudflareSockets from 'cloudflare:sockets';
import * as cloudflareWorkers from 'cloudflare:workers';
import { allowance, allowEntropy, forbidEntropy, tracing, violations } from './entropy.mjs';
import { closedDoor, openDoor } from './doors.mjs';
import { mount, text, unpack, unpackStart } from './filesystem.mjs';
import { ENVIRONMENT, loadLibraries, preparing } from './preload.mjs';
import { bootForMemory, handOut } from './handout.mjs';
import { describe, findAgain, imported, passThroughSnapshot } from './saved.mjs';
import settings from './settings.mjs';
import createPyodideModule from './pyodide.asm.mjs';
import { loadPyodide } from './pyodide.mjs';
import pyodideWasm from './pyodide.asm.wasm';
import packed from './start.bin';
import stdlib from './python_stdlib.zip';
import lock from './pyodide-lock.json.bin';
import hostFiles from './host.bin';
import packages from './packages.bin';
import libraries from './libraries.mjs';

const APPLICATION = '/session/metadata'; // the paths of production, so that tracebacks read the same
const PACKAGES = `${APPLICATION}/python_modules`;
const HOST = '/session/host';

files.set('/pyodide/pyodide.asm.wasm', pyodideWasm);
files.set('/pyodide/python_stdlib.zip', new Uint8Array(stdlib));
for (const [name, stub] of unpack(packages)) if (libraries[name]) dynamicLibraries.push([stub, libraries[name]]);

/** `former` is what there is to know of a start whose memory was saved behind an import; null: it was saved before. */
const { application, layout, former, memory } = unpackStart(packed);
const isImported = Boolean(former?.handlers);

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
  _makeSnapshot: !isImported, // what is read from `js` is told apart from what is made
  stdout: (line) => console.log(line),
  stderr: (line) => console.error(line),
});
mount(python.FS, HOST, unpack(hostFiles));
mount(python.FS, APPLICATION, application);
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

const modules = new Map([['cloudflare:workers', cloudflareWorkers], ['cloudflare:sockets', cloudflareSockets]]);
let ready = false; // whether the start is over, and what Python holds has been through the snapshot

/** What Python imports from JavaScript. Until the start is over it is told by its name (`saved.mjs`). */
async function doAnImport(name) {
  const module = modules.get(name) ?? await import(name);
  modules.set(name, module);
  return ready ? module : imported(name, module);
}

const sdkHelper = {
  cloudflareWorkersModule: imported('cloudflare:workers', cloudflareWorkers),
  cloudflareSocketsModule: imported('cloudflare:sockets', cloudflareSockets),
  doAnImport,
  patchWaitUntil,
};
const own = [sdkHelper, settings.compatibilityFlags, allowance, ...Object.values(allowance)]; // what Python is given

if (!former) {
  python.registerJsModule('_pyodide_entrypoint_helper', sdkHelper);
  python.registerJsModule('_cloudflare_compat_flags', settings.compatibilityFlags);
  python.registerJsModule('_gatehouse_entropy', allowance);
  python.runPython(`import sys; sys.path[0] = ${JSON.stringify(HOST)}`); // for what Pyodide puts there each time it starts
}
const host = former ? await goOn() : python.pyimport('host');

forbidEntropy(python._module);
tracing.dump = () => python._module._dump_traceback();
const booted = isImported ? former : await boot();
const { handlers: names, error: importError } = booted;
if (importError) console.error(importError);

/** {handlers}, what of the application may be called, or {error}, text for people; and what `handOut` is told beside. */
async function boot() {
  const functions = python._module.wasmTable.length;
  const place = [APPLICATION, PACKAGES, violations];
  const result = await (settings.handsOut
    ? bootForMemory(python, host, settings, place)
    : host.boot.callPromising(settings.entry, settings.door, ...place));
  const { error, before, handlers } = result.toJs({ dict_converter: Object.fromEntries });
  result.destroy();
  if (error || before) return { error, before };
  const { lost, saved } = passThroughSnapshot(python, own, modules, settings.handsOut);
  if (lost.length > 0) {
    const isLost = (object) => lost.includes(object);
    return { error: host.not_saved(APPLICATION, PACKAGES, isLost, lost.map(describe)) };
  }
  begin();
  return { handlers, saved: saved && { ...saved, linked: python._module.wasmTable.length > functions } };
}

/** Where a start whose memory was saved left off. Gives the host. */
async function goOn() {
  for (const name of former.modules) await doAnImport(name);
  findAgain(python, former.names, own, modules, isImported);
  python.runPython('import sys; del sys.path[0]'); // as above
  if (isImported) begin();
  return python.pyimport('host');
}

/** The end of the start: from here on everything is what it is. */
function begin() {
  Object.assign(sdkHelper, { cloudflareWorkersModule: cloudflareWorkers, cloudflareSocketsModule: cloudflareSockets });
  python.pyimport('pyodide.webloop').scheduleCallback = scheduleCallback; // the one it had has its place in the snapshot
  ready = true;
}

let started = false;

function start() {
  if (started) return;
  started = true;
  allowEntropy();
  host.first_request();
}

function handlers() {
  if (settings.handsOut) return handOut(booted, layout, modules);
  return importError ? closedDoor(importError) : openDoor(settings, host, names, start);
}

export default handlers();
