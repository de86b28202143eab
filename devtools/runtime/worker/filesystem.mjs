// Puts the packed Python files into Emscripten's in-memory file system.
//
// A pack is: u32 little-endian length of the index; the index, JSON [[name, size], ...]; the files' bytes in that order.

import { dynamicLibraries } from './globals.mjs';

const decoder = new TextDecoder();

export const text = (buffer) => decoder.decode(buffer);

export function* unpack(buffer) {
  const indexLength = new DataView(buffer).getUint32(0, true);
  let offset = 4 + indexLength;
  for (const [name, size] of JSON.parse(text(new Uint8Array(buffer, 4, indexLength)))) {
    yield [name, new Uint8Array(buffer, offset, size)];
    offset += size;
  }
}

/** The memory that a snapshot holds: its length, and its stretches that are not zeros by their offsets. */
export function unpackMemory(buffer) {
  let memory;
  for (const [name, bytes] of unpack(buffer)) {
    if (name === 'length') memory = new Uint8Array(Number(decoder.decode(bytes)));
    else memory.set(bytes, Number(name));
  }
  return memory;
}

/** `libraries` maps the name of a packed dynamic library to its compiled module. */
export function mount(FS, directory, buffer, libraries = {}) {
  const made = new Set();
  for (const [name, bytes] of unpack(buffer)) {
    const path = `${directory}/${name}`;
    const parent = path.slice(0, path.lastIndexOf('/'));
    if (!made.has(parent)) FS.mkdirTree(parent);
    made.add(parent);
    FS.writeFile(path, bytes);
    if (libraries[name]) dynamicLibraries.push([bytes, libraries[name]]);
  }
}
