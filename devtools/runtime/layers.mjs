// The cache of what is made once: folders that are found by the content of what they were made of.
//
// A layer is made in a folder of its own and renamed into place, so nobody sees half of one; whoever wants the same one
// meanwhile waits for it, in this process or another.

import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const FORMAT = 2; // part of every key: raise it when the layout of a layer changes
const MAKERS = [
  'pack.mjs', 'layers.mjs', 'compile.mjs', 'snapshot.mjs', 'format.mjs', 'worker/filesystem.mjs', 'worker/preload.mjs',
];
const KEEP_UNUSED = 24 * 3600 * 1000; // ms
const LOOK_AGAIN = 50; // ms
const GIVEN_UP = 2 * 60 * 1000; // ms: longer than any layer takes

/** Where the cache has what is made of `inputs`, if it has it. They are as for `digest`. */
export const folderOf = (cache, name, inputs) => path.join(cache, `${name}-${digest(inputs)}`);

/** The same folder; `build(folder)` fills it when it is not there. */
export async function layer(cache, name, inputs, build) {
  const folder = folderOf(cache, name, inputs);
  while (!await pickUp(folder)) await alone(lockOf(folder), () => fs.existsSync(folder), () => make(folder, build));
  return folder;
}

/** The folder, if it is there: it counts as used now, and nobody who was about to remove it will. Else null. */
export async function pickUp(folder) {
  let isThere = false;
  await alone(lockOf(folder), () => false, () => {
    isThere = fs.existsSync(folder);
    if (isThere) fs.utimesSync(folder, new Date(), new Date());
  });
  return isThere ? folder : null;
}

/** Those of the cache that are called `name`. */
export const foldersOf = (cache, name) => (
  ages(cache).map(([folder]) => folder).filter((folder) => path.basename(folder).startsWith(`${name}-`))
);

const lockOf = (folder) => path.join(path.dirname(folder), `.making-${path.basename(folder)}`);

/** Calls `work` unless somebody else is at it: waits then, and is content when it `isDone`. */
async function alone(lock, isDone, work) {
  while (!takeLock(lock)) {
    if (!isHeld(lock)) fs.rmSync(lock, { force: true });
    else await sleep(LOOK_AGAIN);
  }
  try {
    if (!isDone()) await work();
  } finally {
    fs.rmSync(lock, { force: true });
  }
}

function takeLock(lock) {
  try {
    fs.writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return false;
  }
}

/** Whether the process that took the lock is still there, and not for so long that it must be another of its number. */
function isHeld(lock) {
  try {
    process.kill(Number(fs.readFileSync(lock, 'utf8')), 0);
    return Date.now() - fs.statSync(lock).mtimeMs < GIVEN_UP;
  } catch (error) {
    return error.code === 'EPERM'; // another user's
  }
}

async function make(folder, build) {
  const draft = fs.mkdtempSync(path.join(path.dirname(folder), '.draft-'));
  try {
    await build(draft);
    fs.chmodSync(draft, 0o755);
    fs.renameSync(draft, folder);
  } catch (error) {
    fs.rmSync(draft, { recursive: true, force: true });
    throw error;
  }
}

/** Of strings and lists of [name, bytes]. */
export function digest(inputs) {
  const hash = ofMakers().copy();
  for (const input of inputs) {
    if (typeof input === 'string') hash.update(`${input}\0`);
    else for (const [name, bytes] of input) hash.update(`${name}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest('hex').slice(0, 20);
}

let hashed;

/** What every key begins with. A key is made for each source, so the makers are read once. */
function ofMakers() {
  hashed ??= MAKERS.reduce(
    (hash, name) => hash.update(fs.readFileSync(path.join(import.meta.dirname, name))),
    crypto.createHash('sha256').update(`format ${FORMAT}\0`),
  );
  return hashed;
}

/** Removes what was not used for a day. */
export function removeUnused(cache, inUse) {
  for (const [folder, age] of ages(cache)) if (age > KEEP_UNUSED && !inUse.includes(folder)) remove(folder, KEEP_UNUSED);
}

/** Keeps the `count` layers called `name` that were used last, and those that a start may be reading. */
export function keepNewest(cache, name, count) {
  const its = new Set(foldersOf(cache, name));
  const known = ages(cache).filter(([folder]) => its.has(folder));
  for (const [folder] of known.sort(([, a], [, b]) => a - b).slice(count)) remove(folder, GIVEN_UP);
}

/** Removes it, if nobody has it made, picks it up or has used it for `unused` milliseconds. */
function remove(folder, unused) {
  const lock = lockOf(folder);
  const aside = path.join(path.dirname(folder), `.unused-${process.pid}-${path.basename(folder)}`);
  if (!takeLock(lock)) return;
  try {
    if (ageOf(folder) > unused) fs.renameSync(folder, aside); // nobody ever sees half of it
  } finally {
    fs.rmSync(lock, { force: true });
  }
  fs.rmSync(aside, { recursive: true, force: true });
}

/** [[path, ms since its last use], ...] of what the cache holds. */
const ages = (cache) => fs.readdirSync(cache).map((name) => path.join(cache, name)).map((file) => [file, ageOf(file)]);

const ageOf = (file) => Date.now() - (fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());

/** Writes a file whole or not at all: wrangler may be reading its predecessor. */
export const replaceFile = (file, content) => replace(file, (draft) => fs.writeFileSync(draft, content));

/** Makes `file` what `source` is, in the same way. */
export const link = (source, file) => replace(file, (draft) => {
  try {
    fs.linkSync(source, draft);
  } catch {
    fs.copyFileSync(source, draft); // another file system
  }
});

function replace(file, write) {
  const draft = `${file}.${process.pid}`;
  fs.rmSync(draft, { force: true });
  write(draft);
  fs.renameSync(draft, file);
  fs.rmSync(draft, { force: true }); // two links of one file are left as they are by rename(2)
}
