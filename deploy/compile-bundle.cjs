// Writes the compiled form of a bundle after a start of the daemon, so that it holds all that a start runs.
// Usage: node compile-bundle.cjs DIRECTORY, with the settings of a daemon in the environment

const { existsSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");

const [, , directory] = process.argv;
process.argv.splice(2, 1, "serve");
const socket = process.env.TOLLGATE_ADDRESS.slice("unix:".length);
const script = require(join(directory, "tollgate.cjs"));

const timer = setInterval(() => {
  if (!existsSync(socket)) return;
  clearInterval(timer);
  writeFileSync(join(directory, "daemon.compiled"), script.createCachedData());
  process.kill(process.pid, "SIGTERM");
}, 20);
