// A Worker that was started for its memory alone: what a start left there is handed out, and no event reaches Python.
// `../imported.mjs` asks for it, by `settings.handsOut`:
//
//   without   the application's files that the memory must know nothing of, [[path, module], ...]
//   before    modules to import and nothing else; null: the entry, unless it asks for one of `without`

import { bindingsRead } from './saved.mjs';

const looked = new Set(); // paths of `without` that were looked for in the file system

/** The import, in Python; `place` is where things are. */
export function bootForMemory(python, host, { entry, door, handsOut: { without, before } }, place) {
  noteLookups(python.FS, without.map(([file]) => `${place[0]}/${file}`));
  if (before) return host.boot_before.callPromising(before, ...place);
  return host.boot_until.callPromising(without.map(([, module]) => module), entry, door, ...place);
}

/** Every way to a file, and to what is known of it, leads through one function of Emscripten's. */
function noteLookups(FS, paths) {
  const { lookupPath } = FS;
  FS.lookupPath = (...args) => {
    const found = lookupPath(...args);
    const source = found.path?.replace(/__pycache__\/([^/]*)\.cpython-\d+\.pyc$/, '$1.py');
    if (paths.includes(source)) looked.add(source);
    return found;
  };
}

/**
 * The default export: `/former` is JSON, `{former, layout}`, or `{before}`, the modules that are imported before the first
 * of `without`, or `{error}`, text for people; `/memory` is Python's. `former` is what `host.mjs` goes on with in another
 * isolate: `handlers` is missing where there is more to import.
 */
export function handOut({ error: importError, before, handlers, saved }, layout, modules) {
  const error = importError ?? (before ? null : ofMemory(saved));
  const former = saved && { handlers, names: saved.names, modules: [...modules.keys()] };
  const fetch = (request) => (
    request.url.endsWith('/memory')
      ? new Response(saved.memory)
      : Response.json(error ? { error } : before ? { before } : { former, layout })
  );
  return { fetch };
}

/** Why another isolate may not begin with it. */
function ofMemory(saved) {
  if (saved.linked) return 'a library was linked while it was imported';
  if (bindingsRead.size > 0) return `${[...bindingsRead].join(', ')} of its environment was read`; // others may have others
  return looked.size > 0 ? `${[...looked].join(', ')} was looked for` : null;
}
