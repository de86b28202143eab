// Opens Pyodide in Node and hands pytest's arguments to `inside.main`; exits with pytest's exit code.
//
//   node run.mjs flags                 what Node must be started with for the other, as JSON
//   node <flags> run.mjs <JSON>        {pyodide, root, path, environment, arguments}: `path` is what goes on sys.path
//
// The checkout appears in Pyodide's file system under the name it has here, so that paths mean the same in arguments
// and tracebacks. Coroutines run on Pyodide's own event loop, as in the Worker: `asyncio.run` waits for it by switching
// the WebAssembly stack.

import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { stackSwitching } from '../../devtools/runtime/snapshot.mjs';
import * as crypto from './crypto.mjs';

async function main({ pyodide, root, path: folders, environment, arguments: given }) {
  const { loadPyodide } = await import(pathToFileURL(path.join(pyodide, 'pyodide.mjs')).href);
  const python = await loadPyodide({ packages: [], env: environment, enableRunUntilComplete: true });
  python.mountNodeFS(root, root);
  python.registerJsModule('_node_crypto', crypto);
  python.globals.get('__import__')('os').chdir(root);
  const sys = python.pyimport('sys');
  for (const folder of folders) sys.path.append(folder);
  // Timers that tests have left behind would keep Node waiting.
  process.exit(await python.pyimport('tests.interpreter.inside').main.callPromising(python.toPy(given)));
}

if (process.argv[2] === 'flags') console.log(JSON.stringify([...(await stackSwitching()), '--no-warnings']));
else await main(JSON.parse(process.argv[2]));
