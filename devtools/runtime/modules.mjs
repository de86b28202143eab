// What the embedded runtime's Worker consists of.

import fs from 'node:fs';

import { packStart } from './format.mjs';
import { packApplication, SNAPSHOT } from './pack.mjs';

export const ROOT = '/gatehouse'; // where Miniflare is told that they are
const MAIN = 'host.mjs';
const START = 'start.bin';

/** What is uploaded beside the application, by what its file is called there. */
export const moduleType = (name) => (
  /\.m?js$/.test(name) ? 'ESModule' : name.endsWith('.wasm') ? 'CompiledWasm' : 'Data'
);

/** Modules that lie in files: [[name, path], ...], those of the runtime without its memory. */
export const lasting = (runtime) => runtime.filter(([name]) => name !== SNAPSHOT);

/**
 * The others, [[name, bytes], ...]. `memory` is the file that has Python's, of a start with these `sources`; `settings` are
 * the host's.
 */
export const made = (cache, sources, memory, settings) => [
  [START, packStart(packApplication(sources, cache), fs.readFileSync(memory))],
  ['settings.mjs', Buffer.from(`export default ${JSON.stringify(settings)};\n`)],
];

/** All of them as Miniflare takes them; `files` are as `lasting` gives them, `others` as `made` does. */
export function miniflareModules(files, others, main = MAIN) {
  const modules = [...files.map(([name, file]) => [name, fs.readFileSync(file)]), ...others];
  modules.sort(([a], [b]) => (b === main) - (a === main)); // workerd takes the first one for the main module
  return modules.map(([name, contents]) => ({ type: moduleType(name), path: `${ROOT}/${name}`, contents }));
}
