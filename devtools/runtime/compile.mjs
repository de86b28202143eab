// Compiles Python to the bytecode of the very interpreter that will run it: Pyodide, here in Node. Opening it takes a
// second, so it is opened with the first compilation and not before.

import path from 'node:path';
import { pathToFileURL } from 'node:url';

/** Unchecked hash-based pycs (PEP 552): the sources in a layer never change, so nothing is looked up at import. */
const PYTHON = `
import importlib._bootstrap_external as bootstrap
import importlib.util
import io
import zipfile

def to_pyc(source, name):
    code = compile(source, name, "exec", dont_inherit=True, optimize=0)
    return bytes(bootstrap._code_to_hash_pyc(code, importlib.util.source_hash(source), checked=False))

def compile_file(source, name):
    return to_pyc(source.to_bytes(), name)

def compile_archive(archive):
    compiled = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive.to_bytes())) as source, \\
            zipfile.ZipFile(compiled, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            if name.endswith("/"):
                continue
            content = source.read(name)
            if name.endswith(".py"):
                name, content = name + "c", to_pyc(content, "/lib/python314.zip/" + name)
            target.writestr(name, content)
    return compiled.getvalue()
`;

export function openCompiler(pyodide) {
  let opened;
  const open = () => (opened ??= start(pyodide));
  const call = async (name, ...args) => {
    const result = (await open()).globals.get(name)(...args);
    const bytes = Buffer.from(result.toJs());
    result.destroy();
    return bytes;
  };
  return {
    /** `installed` is the path that tracebacks will show. */
    compile: (source, installed) => call('compile_file', new Uint8Array(source), installed),
    compileArchive: (archive) => call('compile_archive', new Uint8Array(archive)),
  };
}

async function start(pyodide) {
  const { loadPyodide } = await import(pathToFileURL(path.join(pyodide, 'pyodide.mjs')).href);
  const python = await loadPyodide({ packages: [] });
  python.runPython(PYTHON);
  return python;
}
