// How events reach Python, by either of the two doors that Cloudflare's runtime has, and at what cost.
//
//   door        opened by                                 what is done for a request
//   class       nothing: it is the default                an object of the class `Default` is made; request and answer are
//                                                         converted by the SDK; a task of the event loop in between
//   functions   disable_python_no_global_handlers         `on_fetch(request, env, ctx)` is called, with nothing in between
//
// Every call into Python is "promising": Python may switch stacks in it, to wait for a promise in the middle of a call. What
// Python did not catch rejects the event, which is all that production says of it. Nothing made for a request is destroyed:
// V8 collects it some time later.
//
// `settings.dispatch` is "short" where the benchmark wants to know what all that costs: one call, begun at once.

import { WorkerEntrypoint } from 'cloudflare:workers';
import { importErrorPage } from './errorpage.mjs';
import { withPlace } from './place.mjs';

/** The default export. `names` are the methods of the class, or the events that have a function. `start` is called first. */
export function openDoor({ door, dispatch }, python, names, start) {
  if (door === 'functions') return byFunctions(python, names, start, dispatch === 'short');
  return byClass(names, start, dispatch === 'short' ? shortCall(python) : call(python));
}

/** The default export of a Worker that could not be imported. */
export function closedDoor(importError) {
  return {
    fetch: (request) => importErrorPage(request, importError),
    scheduled() {
      throw new Error('The Worker could not be imported; its first request shows why.');
    },
  };
}

function byFunctions(python, names, start, short) {
  const options = { relaxed: !short, promising: true };
  const event = (name) => async (first, ...others) => {
    start();
    const result = await python.handler(name).callWithOptions(options, first, ...others);
    return result?.js_response ?? result;
  };
  const handlers = Object.fromEntries(names.map((name) => [name, event(name)]));
  const { fetch } = handlers;
  handlers.fetch = (request, env, ctx) => placed(request, (its) => fetch(its, env, ctx));
  return handlers;
}

function byClass(names, start, call) {
  class Default extends WorkerEntrypoint {
    constructor(ctx, env) {
      super(ctx, env);
      start();
    }
    fetch(request) {
      return placed(request, (its) => call(this.ctx, this.env, 'fetch', its));
    }
  }
  for (const name of names) {
    if (name === 'fetch') continue;
    Default.prototype[name] = function (...args) {
      return call(this.ctx, this.env, name, ...args);
    };
  }
  return Default;
}

/** As production calls a method: the object first, then the method with what the SDK makes of the arguments. */
function call(python) {
  return async (ctx, env, name, ...args) => {
    const instance = await python.make.callWithOptions({ promising: true }, ctx, env);
    return python.call.callWithOptions({ promising: true }, name === 'fetch', instance, name, ...args);
  };
}

function shortCall(python) {
  const whole = call(python);
  return (ctx, env, name, ...args) =>
    name === 'fetch' ? python.short_fetch.callPromising(ctx, env, ...args) : whole(ctx, env, name, ...args);
}

/** `answer` of the request with the place that the developer chose for its visitor. */
async function placed(request, answer) {
  let its;
  try {
    its = withPlace(request);
  } catch (error) {
    return new Response(error.message, { status: 400 });
  }
  return answer(its);
}
