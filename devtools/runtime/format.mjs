// How files travel in one module. `worker/filesystem.mjs` reads it.

/** [[name, bytes], ...] in one buffer: u32 little-endian length of the index; the index, JSON; the bytes. */
export function pack(files) {
  const index = Buffer.from(JSON.stringify(files.map(([name, bytes]) => [name, bytes.length])));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(index.length);
  return Buffer.concat([length, index, ...files.map(([, bytes]) => bytes)]);
}

/**
 * What a start begins with, in one module, so that nobody who reads it meanwhile has one half of another: the u32
 * little-endian length of the application; the application, packed; Python's memory, packed.
 */
export function packStart(application, memory) {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(application.length);
  return Buffer.concat([length, application, memory]);
}
