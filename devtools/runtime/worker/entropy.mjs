// Randomness before the first request, by production's rules. A deployed Worker starts from one memory snapshot, so
// whatever is "random" before it is the same in every isolate for ever. Python's own start-up gets fixed bytes; while
// the application is imported every request for randomness fails, but for the few a package is known to need and
// waste (`_cloudflare.allow_entropy`); the real generator is back with the first request.

const EIO = 29; // Emscripten's number: what getentropy() reports
const FIXED_BYTE = 43; // recognisable in a dump, as in production
const ENTROPY_LENGTH = 256; // getentropy(3) asks for at most this much at once

let phase = 'boot';
let allowed = 0;
let Module; // Emscripten's, from the import on
const original = Object.getOwnPropertyDescriptor(crypto, 'getRandomValues');
const { getRandomValues } = crypto;

/** What went round Python's own checks, in C or Rust: fatal in production. One phrase each. */
export const violations = [];

/** Set by the host once it can: prints the Python stack, which native code has no other way to show. */
export const tracing = { dump() {} };

/** Emscripten turns an error of this name into the errno of the C call. */
class ErrnoError extends Error {
  name = 'ErrnoError';
  errno = EIO;
}

function fill(view) {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength).fill(FIXED_BYTE) && view;
}

Object.defineProperty(crypto, 'getRandomValues', {
  configurable: true,
  writable: true,
  value(view) {
    if (phase === 'boot') return fill(view);
    if (view?.buffer !== Module.HEAPU8.buffer) return getRandomValues.call(this, view); // not Python: refused by workerd
    if (allowed > 0) {
      allowed--;
      return fill(view);
    }
    const length = Math.min(view.byteLength, ENTROPY_LENGTH);
    violations.push(`${length} random bytes were asked for past Python's own functions`);
    tracing.dump();
    throw new ErrnoError('no randomness while the Worker is starting');
  },
});

/** Handed to Python as `_gatehouse_entropy`. */
export const allowance = {
  get: () => allowed,
  set: (calls) => {
    allowed = calls;
  },
};

export function forbidEntropy(module) {
  phase = 'import';
  Module = module;
}

export function allowEntropy() {
  phase = 'run';
  if (original) Object.defineProperty(crypto, 'getRandomValues', original);
  else delete crypto.getRandomValues; // the prototype's shows again
}
