// Main module of a gateway started with `faults: true`: the ordinary host, in front of which KV can be told to fail or to
// be slow. Tests only. The methods are replaced on KV's prototype, so every reference the Worker holds is affected, and
// neither the Worker nor the host knows of it.

import worker from './host.mjs';
import { inFront } from './in_front.mjs';

const CONTROL = '/__gatehouse-test/kv-faults';
const METHODS = ['get', 'getWithMetadata', 'put', 'delete', 'list'];

/** method -> {delay?: milliseconds, fail?: message, share?: of the calls, all by default} */
let faults = {};
const patched = new Set();

function patch(prototype) {
  patched.add(prototype);
  for (const method of METHODS) {
    const original = prototype[method];
    prototype[method] = async function (...args) {
      const fault = Math.random() < (faults[method]?.share ?? 1) ? faults[method] : null;
      if (fault?.delay) await scheduler.wait(fault.delay);
      if (fault?.fail) throw new Error(fault.fail);
      return original.apply(this, args);
    };
  }
}

export default inFront(worker, async (request, env) => {
  for (const binding of Object.values(env)) {
    const prototype = binding?.constructor?.name === 'KvNamespace' && Object.getPrototypeOf(binding);
    if (prototype && !patched.has(prototype)) patch(prototype);
  }
  if (new URL(request.url).pathname !== CONTROL) return undefined;
  faults = await request.json();
  return new Response(null, { status: 204 });
});
