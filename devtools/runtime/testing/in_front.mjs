// A default export in front of another's, whichever door that is of: a class, or an object of functions.

/** `first(request, env)` answers, or gives undefined to have the Worker itself asked. */
export function inFront(worker, first) {
  if (typeof worker !== 'function') {
    return { ...worker, fetch: async (request, env, ctx) => (await first(request, env)) ?? worker.fetch(request, env, ctx) };
  }
  return class extends worker {
    async fetch(request) {
      return (await first(request, this.env)) ?? super.fetch(request);
    }
  };
}
