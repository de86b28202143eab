// How files travel in one module. `worker/filesystem.mjs` reads it.

/** [[name, bytes], ...] in one buffer: u32 little-endian length of the index; the index, JSON; the bytes. */
export function pack(files) {
  const index = Buffer.from(JSON.stringify(files.map(([name, bytes]) => [name, bytes.length])));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(index.length);
  return Buffer.concat([length, index, ...files.map(([, bytes]) => bytes)]);
}
