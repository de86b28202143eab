// Takes the memory snapshot that every isolate starts from, as production's do: Python after its start-up and the import
// of much of the standard library. Saves each start half a second.
//
//   node snapshot.mjs <pyodide> <python_stdlib.zip> <output>    a process of its own: see `takeSnapshot`

import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { pack } from './format.mjs';

const run = promisify(execFile);

/** Environment variables of the isolate's Python. Part of the snapshot: hash seeds are alike in every isolate. */
const ENVIRONMENT = { HOME: '/session', PYTHONDONTWRITEBYTECODE: '1', PYTHONHASHSEED: '0' };

/** Modules that nearly every Worker imports. What they draw at random is drawn anew with the first request. */
const PREIMPORTED = `asyncio base64 collections contextlib copy dataclasses datetime decimal email.message enum fractions
  functools hashlib heapq hmac html http.client http.cookies importlib.metadata importlib.resources inspect ipaddress
  itertools json logging math operator pathlib platform re secrets string struct time traceback types typing unicodedata
  urllib.parse uuid warnings weakref zoneinfo`;

/**
 * Writes the snapshot to `output`. `archive` is the standard library as the isolate will have it: the snapshot refers to
 * places in it. workerd can switch WebAssembly stacks, and Python notes at its start whether that is so; the Node that
 * runs us may have to be told to.
 */
export async function takeSnapshot(pyodide, archive, output) {
  const command = [...(await stackSwitching()), '--no-warnings', import.meta.filename, pyodide, archive, output];
  await run(process.execPath, command);
}

/** What turns stack switching on in this Node; its name has changed, and newer ones have it on. */
export async function stackSwitching() {
  if ('Suspending' in WebAssembly) return [];
  const { stdout } = await run(process.execPath, ['--v8-options']);
  const names = ['--experimental-wasm-jspi', '--experimental-wasm-stack-switching'];
  return names.filter((name) => stdout.includes(`${name} `)).slice(0, 1);
}

async function main(pyodide, archive, output) {
  const { loadPyodide } = await import(pathToFileURL(path.join(pyodide, 'pyodide.mjs')).href);
  const python = await loadPyodide({
    _makeSnapshot: true, packages: [], stdLibURL: archive, env: ENVIRONMENT, enableRunUntilComplete: false,
  });
  python.runPython(`for name in """${PREIMPORTED}""".split(): __import__(name)\ndel name`);
  fs.writeFileSync(output, pack(withoutZeros(python.makeMemorySnapshot())));
}

const PAGE = 4096; // bytes

/** The memory's length and its stretches that are not all zeros, as [offset, bytes]: less than half of it. */
function withoutZeros(memory) {
  const stretches = [['length', Buffer.from(String(memory.length))]];
  for (let start = 0, end = 0; start < memory.length; start = end + PAGE) {
    for (end = start; end < memory.length && memory.subarray(end, end + PAGE).some(Boolean); end += PAGE);
    if (end > start) stretches.push([String(start), Buffer.from(memory.subarray(start, end))]);
  }
  return stretches;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main(...process.argv.slice(2));
