"""The embedded local runtime: Pyodide of the npm registry inside workerd. README.md beside this file explains it."""
