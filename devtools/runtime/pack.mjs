// Turns Pyodide, the vendored packages and this folder's host into the modules that workerd loads, and the
// application's sources into one more.
//
//   node pack.mjs application <source> <output>     only the application, as wrangler's build command does on a save
//
// Three layers, each a content-addressed folder in the cache: `stdlib` (the standard library, compiled), `packages`
// (the vendored packages, compiled, and their dynamic libraries) and `host`. A layer is made in a folder of its own and
// renamed into place, so two runs at once never see half of one. A layer not used for a week is removed.

import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { openCompiler } from './compile.mjs';

const FORMAT = 1; // part of every key: raise it when the layout of a layer changes
const KEEP_UNUSED = 7 * 24 * 3600 * 1000; // ms
const WORKER = path.join(import.meta.dirname, 'worker');
const PYODIDE_FILES = ['pyodide.mjs', 'pyodide.asm.mjs', 'pyodide.asm.wasm'];

/** Not read by a running Worker. `.pth` files are: production processes them. */
const LEFT_OUT = /(\.pyi|\.exe|\.dist-info\/(RECORD|INSTALLER|REQUESTED|direct_url\.json|licenses\/.*))$/;

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

/** [[name, bytes], ...] in one buffer; `worker/filesystem.mjs` describes and reads it. */
export function pack(files) {
  const index = Buffer.from(JSON.stringify(files.map(([name, bytes]) => [name, bytes.length])));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(index.length);
  return Buffer.concat([length, index, ...files.map(([, bytes]) => bytes)]);
}

/** The application as it would be uploaded: its Python files and nothing else. */
export function packApplication(source) {
  const names = walk(source).filter((name) => name.endsWith('.py'));
  return pack(names.map((name) => [name, fs.readFileSync(path.join(source, name))]));
}

/** What is uploaded beside the application, by what its file is called there. */
export const moduleType = (name) => (
  /\.m?js$/.test(name) ? 'ESModule' : name.endsWith('.wasm') ? 'CompiledWasm' : 'Data'
);

/**
 * The runtime's modules, packed unless they are in the cache: [[module name, path], ...].
 * `report` is called with a line for people before each step that takes seconds.
 */
export async function packRuntime({ cache, pyodide, packages, report = () => {} }) {
  fs.mkdirSync(cache, { recursive: true });
  const version = JSON.parse(fs.readFileSync(path.join(pyodide, 'package.json'))).version;
  const compiler = openCompiler(pyodide);
  const packageFiles = walk(packages).filter((name) => !LEFT_OUT.test(name)).map((name) => [name, fs.readFileSync(path.join(packages, name))]);
  const hostFiles = walk(WORKER).map((name) => [name, fs.readFileSync(path.join(WORKER, name))]);
  const layers = [
    await layer(cache, 'stdlib', [version], (folder) => {
      report("packing Python's standard library");
      return packStandardLibrary(folder, pyodide, compiler);
    }),
    await layer(cache, 'packages', [version, packageFiles], (folder) => {
      report("packing the Worker's packages");
      return packPackages(folder, packageFiles, compiler);
    }),
    await layer(cache, 'host', [version, hostFiles], (folder) => packHost(folder, hostFiles, compiler)),
  ];
  removeUnused(cache, layers);
  const packed = layers.flatMap((folder) => walk(folder).map((name) => [name, path.join(folder, name)]));
  return [...packed, ...PYODIDE_FILES.map((name) => [name, path.join(pyodide, name)])];
}

/** The folder `name-key` of the cache; `build(folder)` fills it when it is not there. */
async function layer(cache, name, inputs, build) {
  const folder = path.join(cache, `${name}-${digest(inputs)}`);
  if (fs.existsSync(folder)) {
    fs.utimesSync(folder, new Date(), new Date());
    return folder;
  }
  const draft = fs.mkdtempSync(path.join(cache, '.draft-'));
  try {
    await build(draft);
    fs.chmodSync(draft, 0o755);
    fs.renameSync(draft, folder);
  } catch (error) {
    fs.rmSync(draft, { recursive: true, force: true });
    if (!fs.existsSync(folder)) throw error; // else: another run was faster, with the same content
  }
  return folder;
}

/** Strings and lists of [name, bytes]. */
function digest(inputs) {
  const hash = crypto.createHash('sha256').update(`format ${FORMAT}\0`);
  hash.update(fs.readFileSync(import.meta.filename));
  for (const input of inputs) {
    if (typeof input === 'string') hash.update(`${input}\0`);
    else for (const [name, bytes] of input) hash.update(`${name}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest('hex').slice(0, 20);
}

function removeUnused(cache, inUse) {
  for (const name of fs.readdirSync(cache)) {
    const folder = path.join(cache, name);
    const age = Date.now() - (fs.statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (!inUse.includes(folder) && age > KEEP_UNUSED) fs.rmSync(folder, { recursive: true, force: true });
  }
}

async function packStandardLibrary(folder, pyodide, compiler) {
  const archive = fs.readFileSync(path.join(pyodide, 'python_stdlib.zip'));
  fs.writeFileSync(path.join(folder, 'python_stdlib.zip'), await compiler.compileArchive(archive));
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
  const cached = path.posix.join(path.posix.dirname(name), '__pycache__', `${path.posix.basename(name, '.py')}.cpython-314.pyc`);
  return [[name, bytes], [cached, await compiler.compile(bytes, installed)]];
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

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [what, source, output] = process.argv.slice(2);
  if (what !== 'application' || !output) throw new Error('usage: node pack.mjs application <source> <output>');
  const draft = `${output}.${process.pid}`;
  fs.writeFileSync(draft, packApplication(source));
  fs.renameSync(draft, output);
}
