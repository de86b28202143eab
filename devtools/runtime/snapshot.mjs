// Takes the memory snapshot that every isolate starts from, as production's do: Python after its start-up and the import
// of much of the standard library and of the packages that take longest. Saves each start their import.
//
//   node snapshot.mjs <pyodide> <python_stdlib.zip> <packages> <output>    a process of its own: see `takeSnapshot`

import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { pack } from './format.mjs';
import { mount, unpack } from './worker/filesystem.mjs';
import { ENVIRONMENT, loadLibraries, preparing } from './worker/preload.mjs';

const run = promisify(execFile);

/** Modules that nearly every Worker imports. What they draw at random is drawn anew with the first request. */
const PREIMPORTED = `asyncio base64 collections contextlib copy dataclasses datetime decimal email.message enum fractions
  functools hashlib heapq hmac html http.client http.cookies importlib.metadata importlib.resources inspect ipaddress
  itertools json logging math operator pathlib platform re secrets string struct time traceback types typing unicodedata
  urllib.parse uuid warnings weakref zoneinfo`;

/** Where the packages are in the isolate. */
const PACKAGES = '/session/metadata/python_modules';

/**
 * Imports the packages that hold no JavaScript objects, if they are there, and as much of pydantic as a model needs: it
 * loads most of itself late. Their folder is found again by `host.py`.
 */
const IMPORT_PACKAGES = `
def import_packages(folder):
    import importlib.util
    import sys
    sys.path.append(folder)
    if importlib.util.find_spec("jwt"):
        import jwt
    if importlib.util.find_spec("pydantic"):
        import pydantic
        class Model(pydantic.BaseModel):
            field: str
    sys.path.remove(folder)
    sys.path_importer_cache.pop(folder, None)

import_packages("${PACKAGES}")
del import_packages
`;

/**
 * Writes the snapshot to `output`. `archive` is the standard library as the isolate will have it: the snapshot refers to
 * places in it; `packages` is the layer of that name. workerd can switch WebAssembly stacks, and Python notes at its
 * start whether that is so; the Node that runs us may have to be told to.
 */
export async function takeSnapshot(pyodide, archive, packages, output) {
  const command = [...(await stackSwitching()), '--no-warnings', import.meta.filename, pyodide, archive, packages, output];
  await run(process.execPath, command);
}

/** What turns stack switching on in this Node; its name has changed, and newer ones have it on. */
export async function stackSwitching() {
  if ('Suspending' in WebAssembly) return [];
  const { stdout } = await run(process.execPath, ['--v8-options']);
  const names = ['--experimental-wasm-jspi', '--experimental-wasm-stack-switching'];
  return names.filter((name) => stdout.includes(`${name} `)).slice(0, 1);
}

async function main(pyodide, archive, packages, output) {
  const load = (name) => import(pathToFileURL(path.join(pyodide, name)).href);
  const [{ loadPyodide }, { default: createModule }] = await Promise.all([load('pyodide.mjs'), load('pyodide.asm.mjs')]);
  let layout;
  const python = await loadPyodide({
    createPyodideModule: preparing(createModule, (Module) => {
      layout = preparePackages(Module, packages);
    }),
    _makeSnapshot: true, packages: [], stdLibURL: archive, env: ENVIRONMENT, enableRunUntilComplete: false,
  });
  python.runPython(`for name in """${PREIMPORTED}""".split(): __import__(name)\ndel name`);
  python.runPython(IMPORT_PACKAGES);
  const stretches = withoutZeros(python.makeMemorySnapshot());
  fs.writeFileSync(output, pack([['layout', Buffer.from(layout)], ...stretches]));
}

/** As the isolate has them (`host.mjs`), but for the dynamic libraries, which are whole here. */
function preparePackages(Module, layer) {
  const { buffer, byteOffset, byteLength } = fs.readFileSync(path.join(layer, 'packages.bin'));
  const files = [...unpack(buffer.slice(byteOffset, byteOffset + byteLength))];
  const whole = (name) => fs.readFileSync(path.join(layer, `${path.basename(name)}.wasm`));
  mount(Module.FS, PACKAGES, files.map(([name, bytes]) => [name, name.endsWith('.so') ? whole(name) : bytes]));
  return loadLibraries(Module, PACKAGES, files.map(([name]) => name).filter((name) => name.endsWith('.so')));
}

const PAGE = 4096; // bytes
const ZEROS = new Uint8Array(PAGE);

/** The memory's length and its stretches that are not all zeros, as [offset, bytes]: less than half of it. */
export function withoutZeros(memory) {
  const stretches = [['length', Buffer.from(String(memory.length))]];
  for (let start = 0, end = 0; start < memory.length; start = end + PAGE) {
    for (end = start; end < memory.length && Buffer.compare(memory.subarray(end, end + PAGE), ZEROS) !== 0; end += PAGE);
    if (end > start) stretches.push([String(start), Buffer.from(memory.subarray(start, end))]);
  }
  return stretches;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main(...process.argv.slice(2));
