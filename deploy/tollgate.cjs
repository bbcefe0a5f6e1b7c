// What the image runs: the daemon's bundle, from its compiled form where there is one that fits. V8 looks whether it was made by
// the same version, and compiles where it was not. Exports the script, for
// compile-bundle.cjs.

const { readFileSync } = require("node:fs");
const { createRequire, wrap } = require("node:module");
const { join } = require("node:path");
const { setFlagsFromString } = require("node:v8");
const { Script } = require("node:vm");

// As src/adapters/system/young-objects.ts; here too because V8 takes a compiled form only under the flags that it was made under.
setFlagsFromString("--no-allocation-site-pretenuring");

const filename = join(__dirname, "daemon.cjs");

/** Undefined where the bundle was not compiled. */
function readCompiled() {
  try {
    return readFileSync(join(__dirname, "daemon.compiled"));
  } catch {
    return undefined;
  }
}

const cachedData = readCompiled();
// The bundle is plain ASCII (bundle.mjs).
const script = new Script(wrap(readFileSync(filename, "latin1")), { filename, cachedData });
const bundle = { exports: {} };
module.exports = script;
script.runInThisContext()(bundle.exports, createRequire(filename), bundle, filename, __dirname);
