// Which JavaScript objects can be found again by name, as production's memory snapshot requires of every JavaScript
// object that Python refers to: `js.fetch`, `js.Object.fromEntries`, `cloudflareWorkers.env`.

const DEPTH = 4; // globalThis -> Response -> prototype -> json

let named = null;

/** `isNamed(object)` for the roots themselves and what is reached from them by property names. */
export function makeIsNamed(roots) {
  return (object) => {
    if (roots.includes(object)) return true;
    named ??= reach(roots);
    return named.objects.has(object) || named.classes.has(object?.constructor);
  };
}

/**
 * The objects, and the classes of those that a property makes anew at every look-up, such as `crypto.subtle`: they
 * cannot be told apart.
 */
function reach(roots) {
  const objects = new Set(roots);
  const classes = new Set();
  let level = roots;
  for (let depth = 0; depth < DEPTH; depth++) {
    const next = [];
    for (const [first, second] of level.flatMap((owner) => [...lookUpTwice(owner)])) {
      if (first === null || !['object', 'function'].includes(typeof first) || objects.has(first)) continue;
      if (first !== second && ![Object, Array, Function].includes(first.constructor)) classes.add(first.constructor);
      objects.add(first);
      next.push(first);
    }
    level = next;
  }
  return { objects, classes };
}

function* lookUpTwice(owner) {
  const prototype = Object.getPrototypeOf(owner);
  yield [prototype, prototype];
  for (const name of propertyNames(owner)) {
    try {
      yield [owner[name], owner[name]];
    } catch {
      // a getter that needs a request, or another receiver
    }
  }
}

/** Own and inherited: most of the platform's objects have getters on their prototypes alone. */
function propertyNames(owner) {
  const names = new Set();
  for (let o = owner; o && o !== Object.prototype && o !== Function.prototype; o = Object.getPrototypeOf(o)) {
    for (const name of Reflect.ownKeys(o)) names.add(name);
  }
  return names;
}
