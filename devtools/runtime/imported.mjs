// The memory of a Python that has imported the application, as a deployment takes it: in workerd, by the start that every
// other Worker has (`worker/host.mjs`), so that the rules of import time are the same. Saves each later start the import.

import fs from 'node:fs';
import path from 'node:path';
import { version } from 'workerd';
import { pack } from './format.mjs';
import { folderOf, keepNewest, layer } from './layers.mjs';
import { withoutZeros } from './snapshot.mjs';

export const SNAPSHOT = 'snapshot.bin'; // the module that Python's memory is
const LAYER = 'imported';
const KEPT = 6; // of 30 MB: one for each door, their predecessors, and what tests bring
const PYTHON_FLAG = /^(disable_|no_|enable_)?python_/;

/** Compatibility flags without those of Cloudflare's Python, by which workerd would ask for its own Pyodide. */
export const withoutPython = (flags) => flags.filter((flag) => !PYTHON_FLAG.test(flag));

/**
 * `runtime`, which is what `packRuntime` gives, with the memory after the import instead of the one before; as it is, when
 * the import fails or leaves what cannot be saved: a start from there tells the developer.
 *
 * `sources` are the application's [[name, bytes], ...], `settings` the host's. `modules(settings)` gives Miniflare's modules
 * of a start without such memory; when it is not given, what the cache does not have is not made.
 */
export async function behindImport(runtime, { cache, sources, settings, modules }) {
  const { entry, door, compatibility, compatibilityFlags } = settings;
  const layers = runtime.map(([, file]) => path.relative(cache, file));
  const seen = JSON.stringify([version, layers, entry, door, compatibility, compatibilityFlags]);
  const inputs = [seen, [['imported.mjs', fs.readFileSync(import.meta.filename)], ...sources]];
  const file = path.join(folderOf(cache, LAYER, inputs), SNAPSHOT);
  if (modules) {
    await layer(cache, LAYER, inputs, (folder) => take(path.join(folder, SNAPSHOT), settings, modules));
    keepNewest(cache, LAYER, KEPT);
  }
  return fs.existsSync(file) ? runtime.map(([name, its]) => [name, name === SNAPSHOT ? file : its]) : runtime;
}

/** Writes it to `output`, or nothing: the Worker has no variables and no bindings, and may not have looked for any. */
async function take(output, settings, modules) {
  const { convertV4MiniflareOptions, Log, LogLevel, Miniflare } = await import('miniflare');
  const miniflare = new Miniflare(convertV4MiniflareOptions({
    host: '127.0.0.1',
    port: 0,
    log: new Log(LogLevel.NONE),
    handleStructuredLogs: () => {},
    compatibilityDate: settings.compatibility.date,
    compatibilityFlags: withoutPython(settings.compatibility.flags),
    modulesRoot: '/gatehouse',
    modules: modules({ ...settings, handsOut: true }),
  }));
  try {
    const { error, former, layout } = await (await miniflare.dispatchFetch('http://host/former')).json();
    if (error) return;
    const memory = await miniflare.dispatchFetch('http://host/memory');
    const stretches = withoutZeros(Buffer.from(await memory.arrayBuffer()));
    const known = { layout, former: JSON.stringify(former) };
    fs.writeFileSync(output, pack([...Object.entries(known).map(([name, its]) => [name, Buffer.from(its)]), ...stretches]));
  } finally {
    await miniflare.dispose();
  }
}
