// Loads the packages' dynamic libraries before Python starts. There is nothing else in memory then, so they come to lie
// at the same addresses in every process; the saved memory of one that has imported them fits all others.

/**
 * Environment variables of the isolate's Python. They lie in memory before everything else, so none may differ: `LANG` and
 * `_` would be those of the process. The hash seed is production's, alike in every isolate.
 */
export const ENVIRONMENT = {
  HOME: '/session', LANG: 'C.UTF-8', PYTHONDONTWRITEBYTECODE: '1', PYTHONHASHSEED: '111', _: 'python',
};

/** `createModule`, Emscripten's factory, with `prepare(Module)` called between the runtime's start and Python's. */
export const preparing = (createModule, prepare) => (settings) => {
  settings.onRuntimeInitialized = () => prepare(settings);
  return createModule(settings);
};

/**
 * `names` are paths below `directory`, where the file system has them. Gives what must be alike in every process: where
 * the next function and the next piece of memory would go.
 */
export function loadLibraries(Module, directory, names) {
  for (const name of [...names].sort()) {
    Module.loadDynamicLibrary(`${directory}/${name}`, { global: false, nodelete: true }, {});
  }
  return `${Module.wasmTable.length} ${Module.getMemory(1)}`;
}
