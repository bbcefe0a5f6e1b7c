// Makes node_modules equal to package-lock.json, and node_modules/.bin/node the pinned Node.
// Runs on any Node from 18 on and needs nothing installed. On failure it says in one line what is wrong.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));
const binFolder = join(root, "node_modules", ".bin");
export const pinnedNode = join(binFolder, "node");

/** The environment in which `node` and every tool of node_modules are found first. */
export function toolEnvironment() {
  return { ...process.env, PATH: `${binFolder}${delimiter}${process.env.PATH ?? ""}` };
}

/** Installs what is missing. Throws an Error whose message is one line. */
export function ensureInstalled() {
  const reason = findDifference();
  if (reason !== undefined) {
    console.log(`install: npm ci (${reason})`);
    // Install scripts stay off: prebuilt binaries come inside the packages, and node-gyp would only rebuild them.
    runNpm(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
  }
  if (!isPinnedNodeReady()) {
    // The one script that is needed: it fetches the Node binary of this platform.
    runNpm(["rebuild", "node", "--loglevel=error"]);
  }
  if (!isPinnedNodeReady()) {
    throw new Error(
      `install: node_modules/.bin/node is not Node ${readPinnedVersion()}; try rm -rf node_modules`,
    );
  }
}

/** Why node_modules must be installed anew; undefined when it equals the lock. */
function findDifference() {
  const installedPath = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(installedPath)) return "node_modules is missing";
  const wanted = readPackages(join(root, "package-lock.json"));
  const installed = readPackages(installedPath);
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === "") continue;
    const found = installed[path];
    if (found === undefined && entry.optional === true) continue;
    if (found === undefined || !existsSync(join(root, path))) return `${path} is missing`;
    if (found.version !== entry.version) return `${path} is ${found.version}, wanted ${entry.version}`;
  }
  return undefined;
}

function readPackages(path) {
  return JSON.parse(readFileSync(path, "utf8")).packages;
}

function readPinnedVersion() {
  return JSON.parse(readFileSync(join(root, "package.json"), "utf8")).devDependencies.node;
}

function isPinnedNodeReady() {
  const answer = spawnSync(pinnedNode, ["--version"], { encoding: "utf8" });
  return answer.status === 0 && answer.stdout.trim() === `v${readPinnedVersion()}`;
}

function runNpm(words) {
  // npm must run on a Node outside node_modules: `npm ci` deletes the one inside while it works.
  const path = (process.env.PATH ?? "")
    .split(delimiter)
    .filter((folder) => !folder.includes("node_modules"))
    .join(delimiter);
  const result = spawnSync("npm", words, {
    cwd: root,
    env: { ...process.env, PATH: path },
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (result.error !== undefined) throw new Error(`install: npm cannot be started (${result.error.message})`);
  if (result.status !== 0) {
    throw new Error(
      `install: npm ${words[0]} failed with exit code ${result.status}; is the registry reachable?`,
    );
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    ensureInstalled();
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
