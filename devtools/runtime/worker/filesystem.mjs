// Puts the packed Python files into Emscripten's in-memory file system. Also used by `../snapshot.mjs`, in Node.
//
// A pack is: u32 little-endian length of the index; the index, JSON [[name, size], ...]; the files' bytes in that order.

const decoder = new TextDecoder();

export const text = (buffer) => decoder.decode(buffer);

export function* unpack(buffer, start = 0) {
  const indexLength = new DataView(buffer).getUint32(start, true);
  let offset = start + 4 + indexLength;
  for (const [name, size] of JSON.parse(text(new Uint8Array(buffer, start + 4, indexLength)))) {
    yield [name, new Uint8Array(buffer, offset, size)];
    offset += size;
  }
}

/** What `../format.mjs` made one of: the application's files, and the memory that a start with them begins with. */
export function unpackStart(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  return { application: [...unpack(buffer, 4)], ...unpackMemory(buffer, 4 + length) };
}

/**
 * What `snapshot.mjs` or `imported.mjs` wrote: how memory was laid out, what is known of the start that it comes from, and
 * its content, packed as its length and what is not zeros.
 */
function unpackMemory(buffer, start) {
  let layout, memory, former = null;
  for (const [name, bytes] of unpack(buffer, start)) {
    if (name === 'layout') layout = text(bytes);
    else if (name === 'former') former = JSON.parse(text(bytes));
    else if (name === 'length') memory = new Uint8Array(Number(text(bytes)));
    else memory.set(bytes, Number(name));
  }
  return { layout, former, memory };
}

/** `files` are [name, bytes] pairs, as `unpack` gives them. */
export function mount(FS, directory, files) {
  const made = new Set();
  for (const [name, bytes] of files) {
    const path = `${directory}/${name}`;
    const parent = path.slice(0, path.lastIndexOf('/'));
    if (!made.has(parent)) FS.mkdirTree(parent);
    made.add(parent);
    FS.writeFile(path, bytes);
  }
}
