// The modules of `wrangler dev`, in one folder: made at its start, and made anew whenever a source is saved.
//
//   node saves.mjs <JSON>    {folder, mark, source, settings, cache, pyodide, packages, exclude}
//
// Writes `packed` on standard output when the folder is whole, and `saved <path>` for each source that was, in lines. Then,
// with all in place, it writes to the file `mark`, which is all that wrangler watches.
//
// A start after a save imports what the memory that is at hand does not have. While the developer reads what the last save
// has come to, the memory of all that comes before the files of the last two is taken for the next (`imported.mjs`).

import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { known, memoryOf } from './imported.mjs';
import { link, replaceFile } from './layers.mjs';
import { lasting, made } from './modules.mjs';
import { compileApplication, packRuntime, readApplication } from './pack.mjs';

const SETTLED = 20; // ms without another event: an editor's save is several
const SOURCE_GONE = 500; // ms until it is looked for again
const LEFT_ALONE = 3000; // ms after a save, in which its start has the machine to itself
const MOST_AT_WORK = 8; // files; more were not saved by hand

const { folder, mark, ...request } = JSON.parse(process.argv[2]);
const { source, settings, ...packed } = request;
const say = (line) => process.stdout.write(`${line}\n`);

/** Everything wrangler loads. The runtime's files are links into the cache. Gives them and the sources. */
async function writeBundle() {
  const report = (step) => process.stderr.write(`gatehouse: ${step}, once …\n`);
  const runtime = await packRuntime({ ...packed, report });
  await compileApplication(source, packed);
  for (const [name, file] of lasting(runtime)) {
    const target = path.join(folder, name);
    fs.mkdirSync(path.dirname(target), { recursive: true });
    link(file, target);
  }
  const sources = readApplication(source);
  await writeApplication(runtime, sources);
  return { runtime, sources };
}

/** The application, with the memory that a start with it begins with. */
async function writeApplication(runtime, sources) {
  const start = { cache: packed.cache, runtime, sources, settings };
  const modules = made(packed.cache, sources, memoryOf(start, await known(start)), settings);
  for (const [name, bytes] of modules) replaceFile(path.join(folder, name), bytes);
}

/** Watches the folders of `source` that are there now; calls `changed` after whatever happens in one. Gives what ends it. */
function watch(changed) {
  const folders = fs.readdirSync(source, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== '__pycache__')
    .map((entry) => path.join(entry.parentPath, entry.name));
  const watchers = [];
  const stop = () => watchers.forEach((watcher) => watcher.close());
  try {
    for (const place of [source, ...folders]) watchers.push(fs.watch(place, changed).on('error', changed));
  } catch (error) {
    stop();
    throw error;
  }
  return stop;
}

/** Paths of what differs, is new or is gone. */
function differing(before, after) {
  const [former, present] = [new Map(before), new Map(after)];
  const names = [...new Set([...former.keys(), ...present.keys()])];
  return names.filter((name) => !(former.has(name) && present.get(name)?.equals(former.get(name))));
}

let taking = null; // the process that takes memory
let next = null; // what is to be taken when it has ended

/** Has the memory without these files taken, after what is being taken now. */
function take(without) {
  next = without;
  if (taking || !next) return;
  const command = [path.join(import.meta.dirname, 'imported.mjs'), JSON.stringify({ ...request, without: next })];
  next = null;
  taking = spawn(process.execPath, command, { stdio: 'ignore' }).on('exit', () => {
    taking = null;
    take(next);
  });
}

const { runtime, ...bundle } = await writeBundle();
let { sources } = bundle;
let stopWatching = () => {};
let former = []; // the files of the last save
let looking; // timers
let reading;
let turn = Promise.resolve(); // of what writes to the folder

/** Looks after the last event of a save. */
function soon(patience = SETTLED) {
  clearTimeout(looking);
  looking = setTimeout(() => {
    turn = turn.then(look).catch((error) => {
      if (error.code !== 'ENOENT') throw error;
      soon(SOURCE_GONE); // it was between two versions of everything
    });
  }, patience);
}

/** New folders are watched before their files are read, so none is missed. */
async function look() {
  const stopFormer = stopWatching;
  stopWatching = watch(() => soon());
  stopFormer();
  const present = readApplication(source);
  const changed = differing(sources, present);
  if (changed.length === 0) return;
  changed.forEach((name) => say(`saved ${name}`));
  sources = present;
  await writeApplication(runtime, sources);
  fs.writeFileSync(mark, String(Date.now()));
  afterReading(changed);
}

function afterReading(changed) {
  const atWork = [...new Set([...former, ...changed])].filter((name) => new Map(sources).has(name)).sort();
  former = changed;
  clearTimeout(reading);
  if (atWork.length > 0 && atWork.length <= MOST_AT_WORK) reading = setTimeout(() => take(atWork), LEFT_ALONE);
}

await look();
say('packed');
