// Turns Pyodide, the vendored packages and this folder's host into the modules that workerd loads, and the
// application's sources into one more.
//
// Four layers of the cache (`layers.mjs`): `stdlib` (the standard library, compiled), `packages` (the vendored packages,
// compiled, and their dynamic libraries), `snapshot` (the memory of a Python that has imported much of both) and `host`. A
// fifth may stand for `snapshot`: the memory after the application's import (`imported.mjs`).

import fs from 'node:fs';
import path from 'node:path';
import { openCompiler } from './compile.mjs';
import { pack } from './format.mjs';
import { digest, layer, removeUnused, replaceFile } from './layers.mjs';
import { takeSnapshot } from './snapshot.mjs';

const WORTH_COMPILING = 64 * 1024; // bytes of source: opening the compiler takes as long as compiling so much
const WORKER = path.join(import.meta.dirname, 'worker');
const ARCHIVE = 'python_stdlib.zip';
export const SNAPSHOT = 'snapshot.bin'; // Python's memory
const PYODIDE_FILES = ['pyodide.mjs', 'pyodide.asm.mjs', 'pyodide.asm.wasm'];

/** Paths below `directory`, sorted, "/"-separated, without caches and hidden files. */
export function walk(directory, prefix = '') {
  return fs.readdirSync(path.join(directory, prefix), { withFileTypes: true })
    .filter((entry) => entry.name !== '__pycache__' && !entry.name.startsWith('.'))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const name = prefix ? `${prefix}/${entry.name}` : entry.name;
      return entry.isDirectory() ? walk(directory, name) : [name];
    });
}

/** [[name, bytes], ...] of what `wanted(name)` accepts. */
const readAll = (directory, wanted = () => true) => (
  walk(directory).filter(wanted).map((name) => [name, fs.readFileSync(path.join(directory, name))])
);

/** A pattern of wrangler.toml's `[python_modules] exclude`, over "/"-separated paths. */
export function globToRegExp(glob) {
  const parts = { '**/': '(?:.*/)?', '**': '.*', '*': '[^/]*', '?': '[^/]' };
  const source = glob.replace(/\*\*\/|\*\*|\*|\?|[.+^${}()|[\]\\]/g, (token) => parts[token] ?? `\\${token}`);
  return new RegExp(`^${source}$`);
}

/**
 * The application as it would be uploaded: its Python files and nothing else. Beside a source goes its bytecode, if the
 * cache has it: compiling inside the isolate costs more than anything else an import does.
 */
export function packApplication(sources, cache) {
  return pack(sources.flatMap(([name, bytes]) => {
    const compiled = bytecodePath(cache, name, bytes);
    return fs.existsSync(compiled) ? [[name, bytes], [pycName(name), fs.readFileSync(compiled)]] : [[name, bytes]];
  }));
}

/** Fills that cache, when enough is missing for it to pay: a file or two saved since are left to the isolate. */
export async function compileApplication(source, { cache, pyodide }) {
  const missing = readApplication(source).filter(([name, bytes]) => !fs.existsSync(bytecodePath(cache, name, bytes)));
  if (missing.reduce((size, [, bytes]) => size + bytes.length, 0) < WORTH_COMPILING) return;
  const compiler = openCompiler(pyodide);
  for (const [name, bytes] of missing) {
    const target = bytecodePath(cache, name, bytes);
    fs.mkdirSync(path.dirname(target), { recursive: true });
    try {
      replaceFile(target, await compiler.compile(bytes, `/session/metadata/${name}`));
    } catch {
      // a syntax error: the isolate reports it, with the traceback
    }
  }
}

/** Its sources: [[name, bytes], ...]. */
export const readApplication = (source) => readAll(source, (name) => name.endsWith('.py'));

const bytecodePath = (cache, name, bytes) => path.join(cache, 'bytecode', `${digest([name, [[name, bytes]]])}.pyc`);

/**
 * The runtime's modules, packed unless they are in the cache: [[module name, path], ...]. `exclude` are globs of
 * packages' files that are not uploaded either.
 * `report` is called with a line for people before each step that takes seconds.
 */
export async function packRuntime({ cache, pyodide, packages, exclude = [], report = () => {} }) {
  fs.mkdirSync(cache, { recursive: true });
  const version = JSON.parse(fs.readFileSync(path.join(pyodide, 'package.json'))).version;
  const compiler = openCompiler(pyodide);
  const leftOut = exclude.map(globToRegExp);
  const packageFiles = readAll(packages, (name) => !leftOut.some((glob) => glob.test(name)));
  const hostFiles = readAll(WORKER);
  const stdlib = await layer(cache, 'stdlib', [version], (folder) => {
    report("packing Python's standard library");
    return packStandardLibrary(folder, pyodide, compiler);
  });
  const packed = await layer(cache, 'packages', [version, packageFiles], (folder) => {
    report("packing the Worker's packages");
    return packPackages(folder, packageFiles, compiler);
  });
  const snapshot = await layer(cache, 'snapshot', [version, packageFiles], (folder) => {
    report('starting Python and saving its memory');
    return takeSnapshot(pyodide, path.join(stdlib, ARCHIVE), packed, path.join(folder, SNAPSHOT));
  });
  const host = await layer(cache, 'host', [version, hostFiles], (folder) => packHost(folder, hostFiles, compiler));
  const layers = [stdlib, packed, snapshot, host];
  removeUnused(cache, layers);
  const files = layers.flatMap((folder) => walk(folder).map((name) => [name, path.join(folder, name)]));
  return [...files, ...PYODIDE_FILES.map((name) => [name, path.join(pyodide, name)])];
}

async function packStandardLibrary(folder, pyodide, compiler) {
  const archive = await compiler.compileArchive(fs.readFileSync(path.join(pyodide, ARCHIVE)));
  fs.writeFileSync(path.join(folder, ARCHIVE), archive);
  // Only the Python version and ABI in it are read: nothing is ever loaded from its list of packages.
  const lock = JSON.parse(fs.readFileSync(path.join(pyodide, 'pyodide-lock.json')));
  fs.writeFileSync(path.join(folder, 'pyodide-lock.json.bin'), JSON.stringify({ ...lock, packages: {} }));
}

async function packPackages(folder, files, compiler) {
  const packed = [];
  const libraries = [];
  for (const [name, bytes] of files) {
    if (name.endsWith('.so')) {
      const module = `${path.basename(name)}.wasm`;
      packed.push([name, dynamicLibraryStub(name, bytes)]);
      libraries.push([name, module]);
      fs.writeFileSync(path.join(folder, module), bytes);
    } else if (/^workers\/.*\.m?js$/.test(name)) {
      // The SDK's own JavaScript, which it imports by this name, as wrangler uploads it.
      fs.mkdirSync(path.join(folder, 'python_modules', path.dirname(name)), { recursive: true });
      fs.writeFileSync(path.join(folder, 'python_modules', name), bytes);
    } else {
      packed.push(...(await withBytecode(name, bytes, `/session/metadata/python_modules/${name}`, compiler)));
    }
  }
  fs.writeFileSync(path.join(folder, 'packages.bin'), pack(packed));
  const imports = libraries.map(([, module], i) => `import library${i} from './${module}';\n`);
  const entries = libraries.map(([name], i) => `  ${JSON.stringify(name)}: library${i},\n`);
  fs.writeFileSync(path.join(folder, 'libraries.mjs'), `${imports.join('')}export default {\n${entries.join('')}};\n`);
}

async function packHost(folder, files, compiler) {
  const packed = [];
  for (const [name, bytes] of files) {
    if (name.endsWith('.mjs')) {
      fs.writeFileSync(path.join(folder, name), bytes);
      continue;
    }
    const installed = name.replace(/^cloudflare\//, '_cloudflare/');
    packed.push(...(await withBytecode(installed, bytes, `/session/host/${installed}`, compiler)));
  }
  fs.writeFileSync(path.join(folder, 'host.bin'), pack(packed));
}

/** A file, and beside a Python source what the interpreter would write to `__pycache__`. */
async function withBytecode(name, bytes, installed, compiler) {
  if (!name.endsWith('.py')) return [[name, bytes]];
  return [[name, bytes], [pycName(name), await compiler.compile(bytes, installed)]];
}

/** Where the import system looks for the bytecode of a source (PEP 3147). */
function pycName(name) {
  const { dir, name: stem } = path.posix.parse(name);
  return path.posix.join(dir, '__pycache__', `${stem}.cpython-314.pyc`);
}

/**
 * The header and the `dylink.0` section, which comes first: what Emscripten's dlopen() reads to place a library. The
 * code itself is compiled by workerd and handed over by `worker/globals.mjs`.
 */
function dynamicLibraryStub(name, bytes) {
  const [sectionLength, start] = readLeb128(bytes, 9);
  const [nameLength, nameStart] = readLeb128(bytes, start);
  const isDylink = bytes[8] === 0 && bytes.toString('latin1', nameStart, nameStart + nameLength) === 'dylink.0';
  if (!isDylink) throw new Error(`${name} is not a WebAssembly dynamic library: it has no dylink.0 section`);
  return bytes.subarray(0, start + sectionLength);
}

/** An unsigned LEB128 number at `offset`, and the offset behind it (WebAssembly core specification, 5.2.2). */
function readLeb128(bytes, offset) {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[offset++];
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return [value, offset];
  }
}
