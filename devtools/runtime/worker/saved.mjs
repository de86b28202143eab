// Which JavaScript objects a snapshot of Python's memory may refer to, by the rule that a deployment applies after the
// import of `entry.py`: those that a fresh isolate finds again by name.
//
//   found again by                  for instance
//   properties, from `globalThis`   js.fetch, js.Object.fromEntries
//   properties, from a module       import_from_javascript("cloudflare:workers").env
//   itself                          what the runtime gives to Python
//
// Pyodide notes such a path in a Proxy around everything read from `js` (its option `_makeSnapshot`), and Cloudflare's
// runtime does the same for modules. Whatever has no path is lost: what a call gave, what was made, and prototypes and what
// is reached by them. A getter that looks at what it is called on meets the Proxy and refuses: `js.crypto.subtle` is an
// `Illegal invocation`.

const MODULE = Symbol('module');
const PATH = Symbol('path');
const TARGET = Symbol('target');

const hasProperties = (value) => value !== null && ['object', 'function'].includes(typeof value);

/** Names of the Worker's variables and bindings that were asked for while it was imported. */
export const bindingsRead = new Set();

/** What Pyodide looks for in every object that comes to Python (`JsProxy_compute_typeflags`), beside symbols. */
const LOOKED_FOR = new Set('constructor get has includes length message name next set size stack then'.split(' '));

/** `target`, read from the module `name` by the properties of `path`, as what may be found again. */
export function imported(name, target, path = []) {
  if (!hasProperties(target)) return target;
  const noted = new Map([[MODULE, name], [PATH, path], [TARGET, target]]);
  const note = (property) => {
    if (path[0] === 'env' && typeof property === 'string' && !LOOKED_FOR.has(property)) bindingsRead.add(property);
  };
  return new Proxy(target, {
    get(owner, property, receiver) {
      if (noted.has(property)) return noted.get(property);
      note(property);
      const value = Reflect.get(owner, property, receiver);
      return mayBeAnother(owner, property) ? imported(name, value, [...path, property]) : value;
    },
    has: (owner, property) => note(property) ?? Reflect.has(owner, property),
    ownKeys: (owner) => note('whatever there is') ?? Reflect.ownKeys(owner),
    apply: (called, receiver, args) => Reflect.apply(called, receiver?.[TARGET] ?? receiver, args),
  });
}

/** Whether a Proxy may give another value for a property than its owner has (ECMA-262, 10.5.8). */
function mayBeAnother(owner, property) {
  const { configurable, writable, get, set } = Reflect.getOwnPropertyDescriptor(owner, property) ?? { configurable: true };
  return configurable || !(writable === false || (set && !get));
}

/**
 * Asks Pyodide for the references that Python's memory holds, as for a snapshot. Gives those that could not be saved as
 * `lost`; when there is none, each is replaced by what a fresh isolate finds under its name. `own` are the runtime's
 * objects, `modules` those that were imported, by name. With `taken` comes as `saved` what another isolate needs to go on
 * from here: Python's `memory`, and the `names` of what it refers to.
 */
export function passThroughSnapshot(python, own, modules, taken) {
  const { _api, _module } = python;
  const first = firstReference(python);
  const primitives = takeOutPrimitives(_module, first);
  const lost = primitives.map(([, value]) => value);
  const serializer = (object) => {
    const name = nameIn(object) ?? (own.includes(object) ? { own: own.indexOf(object) } : null);
    if (!name) lost.push(object);
    return name ?? {};
  };
  const names = _api.serializeHiwireState(serializer).hiwireKeys.map((key) => key?.serialized ?? key ?? {});
  for (const [index, value] of primitives) _module.__hiwire_set(index, value);
  const found = foundAgain(names, own, modules).map(([i, object]) => [first + i, object]);
  lost.push(...found.filter(([, object]) => !hasProperties(object)).map(([index]) => _module.__hiwire_get(index)));
  if (lost.length > 0) return { lost };
  const saved = taken ? { memory: memoryWithout(python, found), names } : null;
  _api.config.jsglobals = globalThis;
  for (const [index, object] of [[GLOBALS, globalThis], ...found]) _module.__hiwire_set(index, object);
  return { lost, saved };
}

/**
 * Gives Python, whose memory was saved with these `names`, what it refers to: each as this isolate has it, or, where there
 * is more to import, as what may be found again.
 */
export function findAgain(python, names, own, modules, isImported) {
  const first = firstReference(python);
  const noted = { globals: python._api.config.jsglobals, named: (name) => imported(name, modules.get(name)) };
  const found = foundAgain(names, own, modules, isImported ? undefined : noted);
  for (const [i, object] of found) python._module.__hiwire_set(first + i, object);
}

/** Pyodide would look for objects by their path while the globals are still those of its boot: it sees holes. */
function memoryWithout(python, found) {
  for (const [index] of found) python._module.__hiwire_set(index, null);
  return python.makeMemorySnapshot();
}

const GLOBALS = 1; // where Pyodide's table has the object that Python knows as `js`

const firstReference = ({ _api }) => _api.getExpectedKeys().length; // before are Pyodide's own

/** [[place among `names`, object], ...]; Pyodide finds by itself what has no name of ours. */
const foundAgain = (names, own, modules, roots = { globals: globalThis, named: (name) => modules.get(name) }) => (
  names.flatMap(({ path, module, own: place }, i) => {
    if (place !== undefined) return [[i, own[place]]];
    return path ? [[i, find(path, module ? roots.named(module) : roots.globals)]] : [];
  })
);

/** [[index, value], ...] of symbols, and of what a function without an owner is called on: Pyodide gives up at the first. */
function takeOutPrimitives({ __hiwire_get, __hiwire_set }, first) {
  const taken = [];
  try {
    for (let index = first; ; index++) {
      const value = __hiwire_get(index);
      if (value === null || hasProperties(value)) continue;
      taken.push([index, value]);
      __hiwire_set(index, null);
    }
  } catch {
    return taken; // the end of the table
  }
}

/**
 * What a fresh isolate has there, unless the path leads through a prototype: what is made with `new` inherits the path of
 * its prototype, would be taken for it, and be exchanged for it without a word.
 */
const find = (path, root) => (
  path.includes('prototype') ? undefined : path.reduce((owner, property) => owner?.[property], root)
);

function nameIn(object) {
  try {
    return object[MODULE] === undefined ? null : { module: object[MODULE], path: object[PATH] };
  } catch {
    return null;
  }
}

/** An object in a few words, for people. */
export function describe(object) {
  try {
    if (typeof object === 'function') return `function ${object.name}`;
    return object instanceof Error ? String(object).split('. ', 1)[0] : Object.prototype.toString.call(object);
  } catch {
    return 'an object made with `new`'; // by a class read from `js`: its prototype is a Proxy
  }
}
