// The memory of a Python that has imported the application, as a deployment takes it: in workerd, by the start that every
// other Worker has (`worker/host.mjs`), so that the rules of import time are the same. Saves each later start the import.
//
// Or that of one which has imported what comes before certain files, those that somebody is at work on: a start imports the
// rest, under the same rules. Such memory is found by the content of all other files and by the names of all, and none is
// kept when a file that it is without was so much as looked for.
//
//   node imported.mjs <JSON>    takes such memory behind everybody's back: {without, source, settings, cache, pyodide,
//                               packages, exclude}

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { version } from 'workerd';
import { pack } from './format.mjs';
import { folderOf, foldersOf, keepNewest, layer, pickUp } from './layers.mjs';
import { lasting, made, miniflareModules, ROOT } from './modules.mjs';
import { packRuntime, readApplication, SNAPSHOT } from './pack.mjs';
import { withoutZeros } from './snapshot.mjs';

const WHOLE = 'imported';
const PART = 'before';
const KEPT = 6; // of each, of 30 MB: one for each door, their predecessors, and what tests bring
const KNOWN = 'known.json'; // of a part: {without}, paths; {modules}, how many are imported; {whole}, whether nothing is left
const PYTHON_FLAG = /^(disable_|no_|enable_)?python_/;

/** Compatibility flags without those of Cloudflare's Python, by which workerd would ask for its own Pyodide. */
export const withoutPython = (flags) => flags.filter((flag) => !PYTHON_FLAG.test(flag));

/**
 * What a start may be behind, is told by
 * @typedef {object} Start
 * @property {string} cache
 * @property {[string, string][]} runtime   what `packRuntime` gives
 * @property {[string, Buffer][]} sources   the application's
 * @property {object} settings              the host's
 */

/** The folder of the memory of a start's own import, or of as much of it as there is; null: of none. */
export async function known(start) {
  const whole = await pickUp(placeOf(start));
  return whole && isSaved(whole) ? whole : mostOf(start);
}

/**
 * The folder of the memory of a start's import, or of what of it comes before the files `without`. It is taken now, if it
 * has not been. null: it cannot be saved, and the start tells why.
 */
export async function taken(start, without = []) {
  const { cache } = start;
  const name = without.length > 0 ? PART : WHOLE;
  const folder = await layer(cache, name, inputsOf(start, without), async (draft) => {
    const memory = await take(start, without);
    if (memory) save(draft, memory, without);
  });
  keepNewest(cache, name, KEPT);
  return isSaved(folder) ? folder : null;
}

/** The file of the memory in such a folder, or of the one that every start has. */
export const memoryOf = ({ runtime }, folder) => (
  folder ? path.join(folder, SNAPSHOT) : runtime.find(([name]) => name === SNAPSHOT)[1]
);

const isSaved = (folder) => fs.existsSync(path.join(folder, SNAPSHOT));

const placeOf = (start, without = []) => (
  folderOf(start.cache, without.length > 0 ? PART : WHOLE, inputsOf(start, without))
);

/** What memory is made of, and so found by: all but the content of `without`. */
function inputsOf({ cache, runtime, sources, settings }, without) {
  const { entry, door, compatibility, compatibilityFlags } = settings;
  const layers = runtime.map(([, file]) => path.relative(cache, file));
  const seen = JSON.stringify([version, layers, entry, door, compatibility, compatibilityFlags, without]);
  const read = sources.map(([name, bytes]) => [name, without.includes(name) ? Buffer.alloc(0) : bytes]);
  return [seen, [['imported.mjs', fs.readFileSync(import.meta.filename)], ...read]];
}

/** The part that is of these sources and has the most of their import. */
function mostOf(start) {
  const parts = foldersOf(start.cache, PART).flatMap((folder) => {
    const part = knownOf(folder);
    return part && placeOf(start, part.without) === folder ? [{ folder, ...part }] : [];
  });
  const [most] = parts.sort((a, b) => b.whole - a.whole || b.modules - a.modules);
  return most ? pickUp(most.folder) : null;
}

function knownOf(folder) {
  try {
    return JSON.parse(fs.readFileSync(path.join(folder, KNOWN)));
  } catch {
    return null; // it could not be saved, or has just been removed
  }
}

/** {layout, former, memory, modules} or null. With `without`, one start finds out what comes before, and one imports it. */
async function take(start, without) {
  const names = without.map((file) => [file, moduleName(file)]);
  const first = await started(start, { without: names, before: null });
  if (!first.before) return first.memory && { ...first, modules: 0 };
  const second = await started(start, { without: names, before: first.before });
  return second.memory && { ...second, modules: first.before.length };
}

/** As it is imported: `identity.tokens`, and `identity` for its `__init__.py`. */
const moduleName = (file) => file.replace(/\.py$/, '').replace(/(^|\/)__init__$/, '').replaceAll('/', '.');

/** What such a Worker hands out (`worker/handout.mjs`). It has no variables and no bindings, and may not look for any. */
async function started(start, handsOut) {
  const { cache, runtime, sources, settings } = start;
  const { convertV4MiniflareOptions, Log, LogLevel, Miniflare } = await import('miniflare');
  const miniflare = new Miniflare(convertV4MiniflareOptions({
    host: '127.0.0.1',
    port: 0,
    log: new Log(LogLevel.NONE),
    handleStructuredLogs: () => {},
    compatibilityDate: settings.compatibility.date,
    compatibilityFlags: withoutPython(settings.compatibility.flags),
    modulesRoot: ROOT,
    modules: miniflareModules(lasting(runtime), made(cache, sources, memoryOf(start, null), { ...settings, handsOut })),
  }));
  try {
    const told = await (await miniflare.dispatchFetch('http://host/former')).json();
    if (told.error || told.before) return told;
    const memory = await miniflare.dispatchFetch('http://host/memory');
    return { ...told, memory: Buffer.from(await memory.arrayBuffer()) };
  } finally {
    await miniflare.dispose();
  }
}

function save(folder, { memory, layout, former, modules }, without) {
  const told = Object.entries({ layout, former: JSON.stringify(former) });
  const packed = pack([...told.map(([name, its]) => [name, Buffer.from(its)]), ...withoutZeros(memory)]);
  fs.writeFileSync(path.join(folder, SNAPSHOT), packed);
  const part = { without, modules, whole: Boolean(former.handlers) };
  if (without.length > 0) fs.writeFileSync(path.join(folder, KNOWN), JSON.stringify(part));
}

async function inTheBackground({ without, source, settings, ...packed }) {
  os.setPriority(os.constants.priority.PRIORITY_LOW);
  const runtime = await packRuntime(packed);
  await taken({ cache: packed.cache, runtime, sources: readApplication(source), settings }, without);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await inTheBackground(JSON.parse(process.argv[2]));
