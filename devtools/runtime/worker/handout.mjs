// A Worker that was started for its memory alone: what a start left there is handed out, and no event reaches Python.
// `../imported.mjs` asks for it.

import { bindingsRead } from './saved.mjs';

/**
 * The default export: `/former` is JSON, `{former, layout}` or `{error}`, text for people; `/memory` is Python's.
 * `former` is what `host.mjs` goes on with in another isolate.
 */
export function handOut(importError, saved, layout, modules) {
  const error = importError ?? (saved.linked ? 'a library was linked while it was imported' : ofBindings());
  const former = saved && { handlers: saved.handlers, names: saved.names, modules: [...modules.keys()] };
  const fetch = (request) => (
    request.url.endsWith('/memory') ? new Response(saved.memory) : Response.json(error ? { error } : { former, layout })
  );
  return { fetch };
}

/** Another isolate may have other variables than those that Python has looked at. */
const ofBindings = () => (bindingsRead.size > 0 ? `${[...bindingsRead].join(', ')} of its environment was read` : null);
