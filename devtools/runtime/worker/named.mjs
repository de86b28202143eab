// Which JavaScript objects can be found again by name, as production's memory snapshot requires of every JavaScript
// object that Python refers to: `js.fetch`, `js.Object.fromEntries`, `cloudflareWorkers.env`.

const DEPTH = 4; // globalThis -> Response -> prototype -> json

let named = null;

/** `isNamed(object)` for the roots themselves and what is reached from them by property names. */
export function makeIsNamed(roots) {
  return (object) => {
    if (roots.includes(object)) return true;
    named ??= reach(roots);
    return named.has(object);
  };
}

function reach(roots) {
  const seen = new Set(roots);
  let level = roots;
  for (let depth = 0; depth < DEPTH; depth++) {
    const next = [];
    for (const owner of level) {
      for (const value of values(owner)) {
        if (value === null || !['object', 'function'].includes(typeof value) || seen.has(value)) continue;
        seen.add(value);
        next.push(value);
      }
    }
    level = next;
  }
  return seen;
}

function* values(owner) {
  yield Object.getPrototypeOf(owner);
  for (const name of Reflect.ownKeys(owner)) {
    try {
      yield owner[name];
    } catch {
      // a getter that needs a request, or another receiver
    }
  }
}
