// Runs gateways under Miniflare's JavaScript API, for tests and benchmarks. One process serves many of them.
//
//   node serve.mjs <cache>
//
// Reads one JSON command a line on standard input and answers with one JSON line each; `runner.py` is its client.
//
//   {"id": 1, "do": "start", "gateway": "g1", "options": {...}}    -> {"id": 1, "ok": {"url": "http://127.0.0.1:39007", "fresh": true, "direct": null}}
//   {"id": 2, "do": "kv", "gateway": "g1", "namespace": "CACHE", "call": "get", "arguments": ["key"]}
//   {"id": 3, "do": "restart" | "stop", "gateway": "g1"}
//   {"id": 4, "do": "upload", "options": {...}, "folder": "/tmp/u"} -> what a deployment of it uploads, as files
//   anything that fails                                            -> {"id": 3, "error": "one paragraph"}
//   whatever a gateway writes                                      -> {"gateway": "g1", "level": "log", "message": "..."}
//
// The end of standard input stops every gateway and the process, so that a killed test run leaves nothing behind.

import fs from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import { stripVTControlCharacters } from 'node:util';
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare, Response, fetch as upstream } from 'miniflare';
import { memoryOf, taken, withoutPython } from './imported.mjs';
import { lasting, made, miniflareModules, moduleType, ROOT } from './modules.mjs';
import { compileApplication, globToRegExp, packRuntime, readApplication, walk } from './pack.mjs';

/**
 * Options of `start`:
 * @typedef {object} Options
 * @property {string} config            wrangler configuration whose bindings and compatibility date count
 * @property {string | null} environment
 * @property {string} source            the application
 * @property {string} packages          python_modules
 * @property {string[]} exclude         globs of what of it is not uploaded
 * @property {string} pyodide           folder of the npm package
 * @property {object} settings          `settings.mjs` of the host: entry, door, dispatch, cf, cfHeader, compatibility,
 *                                      compatibilityFlags
 * @property {object} vars              variables and secrets, over those of the configuration
 * @property {string | null} persist    folder that outlives the gateway; null: in memory
 * @property {object} cf                `request.cf` of every request
 * @property {string | null} outbound   origin that gets every outgoing request, its URL in `x-outbound-url`
 * @property {boolean} fresh            whether the application is imported at this start, and not once for all
 * @property {string[]} edited          files of the source that are imported at this start whatever is not, with what needs them
 * @property {boolean} faults           whether KV can be told to fail
 * @property {boolean} crossings        whether calls between Python and JavaScript are counted
 * @property {boolean} direct           whether the Worker has a socket of its own, without Miniflare's entry in front
 * @property {boolean} official         whether Cloudflare's own Python runtime imports the sources as they are
 * @property {object | null} snapshot   how Cloudflare's runtime is told of the snapshot that it begins with: {environment,
 *                                      flag}, a compatibility flag
 * @property {object} services          service bindings by name: the origin that answers them
 * @property {string | null} script     a JavaScript Worker in one file, instead of the Python one: the benchmark's peers
 */

const OF_WORKERD = 'NOSENTRY'; // how workerd marks what it writes about itself, such as a compile cache it cannot use
const cache = process.argv[2];
const gateways = new Map();
let wrangler;

// Standard output is for answers alone; what a library prints there goes to standard error.
const answer = process.stdout.write.bind(process.stdout);
process.stdout.write = process.stderr.write.bind(process.stderr);

const say = (message) => answer(`${JSON.stringify(message)}\n`);
const note = (line) => say({ note: line });

/** Miniflare's own words: exceptions that left the Worker, and faults of Miniflare itself. */
class GatewayLog extends Log {
  constructor(name) {
    super(LogLevel.ERROR);
    this.name = name;
  }
  log(message) {
    say({ gateway: this.name, level: 'error', message: stripVTControlCharacters(message) });
  }
}

async function start(name, options) {
  const { modules, fresh } = await readModules(options);
  const miniflare = new Miniflare(await miniflareOptions(name, options, modules));
  gateways.set(name, { miniflare, options });
  const url = address(await miniflare.ready);
  return { url, fresh, direct: options.direct ? address(await miniflare.unsafeGetDirectURL()) : null };
}

const address = (url) => String(url).replace(/\/$/, '');

async function stop(name) {
  const gateway = gateways.get(name);
  gateways.delete(name);
  await gateway?.miniflare.dispose();
}

async function miniflareOptions(name, options, modules) {
  return convertV4MiniflareOptions({
    ...await readBindings(options),
    host: '127.0.0.1',
    port: 0,
    log: new GatewayLog(name),
    handleStructuredLogs: ({ level, message }) => {
      if (!message.startsWith(OF_WORKERD)) say({ gateway: name, level, message });
    },
    modulesRoot: ROOT,
    modules,
    cf: options.cf,
    unsafeTriggerHandlers: true,
    ...(options.direct ? { unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }] } : {}),
    ...(options.snapshot ? { unsafeRuntimeEnv: options.snapshot.environment } : {}),
    ...(options.persist ? { resourcePersistencePath: options.persist } : {}),
    ...(options.outbound ? { outboundService: (request) => redirect(request, options.outbound) } : {}),
  });
}

/** The configuration's bindings in Miniflare's terms, by wrangler's own translation. */
async function readBindings({ config, environment, vars, services, official, snapshot }) {
  wrangler ??= import('wrangler').then((module) => module.default ?? module);
  const { workerOptions } = (await wrangler).unstable_getMiniflareWorkerOptions(config, environment ?? undefined);
  const { modulesRules, compatibilityFlags, bindings, serviceBindings, ...others } = workerOptions;
  const answered = Object.entries(services).map(([name, origin]) => [name, (request) => redirect(request, origin)]);
  return {
    ...others,
    compatibilityFlags: official ? [...compatibilityFlags, snapshot?.flag].filter(Boolean) : withoutPython(compatibilityFlags),
    bindings: { ...bindings, ...vars },
    serviceBindings: { ...serviceBindings, ...Object.fromEntries(answered) },
  };
}

/** {modules}, Miniflare's, and whether they have the application imported anew: {fresh}. */
async function readModules(options) {
  const { script, official, snapshot } = options;
  if (!script && !official) return embedded(options);
  const peer = () => [{ type: 'ESModule', path: `${ROOT}/worker.mjs`, contents: fs.readFileSync(script) }];
  return { modules: script ? peer() : uploadedModules(options), fresh: !snapshot };
}

async function embedded({ source, packages, exclude, pyodide, settings, fresh, edited, ...instruments }) {
  const runtime = await packRuntime({ cache, pyodide, packages, exclude, report: note });
  await compileApplication(source, { cache, pyodide });
  const from = { cache, runtime, sources: readApplication(source), settings };
  const folder = fresh ? null : await taken(from, edited);
  const wrapped = instrumentsOf(instruments);
  const files = [...lasting(runtime), ...wrapped];
  const others = made(cache, from.sources, memoryOf(from, folder), settings);
  return { modules: miniflareModules(files, others, wrapped[0]?.[0]), fresh: !folder };
}

/** [[module name, path], ...] of what is to stand in front of the host, the main module first. */
function instrumentsOf({ faults, crossings }) {
  const wrapper = faults ? 'kv_faults.mjs' : crossings ? 'crossings.mjs' : null;
  const named = wrapper ? [['main.mjs', wrapper], ['in_front.mjs', 'in_front.mjs']] : [];
  return named.map(([name, file]) => [name, path.join(import.meta.dirname, 'testing', file)]);
}

/** What a deployment uploads, as wrangler names and types it: the sources, and what is vendored as data. */
function uploadedModules({ source, packages, exclude = [], settings }) {
  const leftOut = exclude.map(globToRegExp);
  const main = `${settings.entry}.py`;
  const sources = walk(source).filter((name) => name.endsWith('.py')).sort((a, b) => (b === main) - (a === main));
  const vendored = walk(packages).filter((name) => !leftOut.some((glob) => glob.test(name)));
  return [
    ...sources.map((name) => ({
      type: 'PythonModule', path: `${ROOT}/${name}`, contents: fs.readFileSync(path.join(source, name)),
    })),
    ...vendored.map((name) => ({
      type: moduleType(name) === 'ESModule' ? 'ESModule' : 'Data',
      path: `${ROOT}/python_modules/${name}`,
      contents: fs.readFileSync(path.join(packages, name)),
    })),
  ];
}

/** Writes it as files, for workerd to be configured with. */
function upload(options, folder) {
  for (const { path: name, contents } of uploadedModules(options)) {
    const file = path.join(folder, path.relative(ROOT, name));
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, contents);
  }
}

/** The request at another origin, as it would have gone out: nothing followed, nothing decoded. */
async function redirect(request, origin) {
  const url = new URL(request.url);
  const headers = new Headers(request.headers);
  headers.set('x-outbound-url', request.url);
  try {
    const response = await upstream(`${origin}${url.pathname}${url.search}`, {
      method: request.method, headers, body: request.body, redirect: 'manual', duplex: 'half',
    });
    return new Response(response.body, response);
  } catch (error) {
    return new Response(String(error.cause ?? error), { status: 502 });
  }
}

async function callStore(name, namespace, call, args) {
  const store = await gateways.get(name).miniflare.getKVNamespace(namespace);
  return (await store[call](...args)) ?? null;
}

const COMMANDS = {
  start: ({ gateway, options }) => start(gateway, options),
  stop: ({ gateway }) => stop(gateway),
  restart: async ({ gateway, options }) => {
    const former = gateways.get(gateway);
    await stop(gateway);
    return start(gateway, { ...former.options, ...options });
  },
  upload: ({ options, folder }) => upload(options, folder),
  kv: ({ gateway, namespace, call, arguments: args }) => callStore(gateway, namespace, call, args),
};

async function obey(line) {
  const command = JSON.parse(line);
  try {
    say({ id: command.id, ok: (await COMMANDS[command.do](command)) ?? null });
  } catch (error) {
    say({ id: command.id, error: error.stack ?? String(error) });
  }
}

const input = readline.createInterface({ input: process.stdin });
input.on('line', obey);
input.on('close', async () => {
  await Promise.allSettled([...gateways.keys()].map(stop));
  process.exit(0);
});
