// Assembles the file tree of the image: Node with the libraries it needs, the bundle, the directories it writes to, and
// nothing else: no shell, no package manager. The Dockerfile copies this tree into an empty image, so what is tested
// without a container engine is what ships.
// Usage: node deploy/build-rootfs.mjs OUTPUT_DIRECTORY

import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, cpSync, mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { bundle } from "./bundle.mjs";

/** The user of the image: the number that images without root agree on. */
const USER = 65_532;

/** Directories that volumes are mounted over, with their modes. */
const directories = {
  "run/tollgate": 0o750,
  "run/tollgate-admin": 0o700,
  "var/lib/tollgate": 0o700,
  "etc/tollgate/policy": 0o755,
};

export async function buildRootfs(target) {
  await bundle(join(target, "opt/tollgate"));
  copyNode(target);
  chmodSync(target, 0o755);
  for (const [path, mode] of Object.entries(directories)) {
    mkdirSync(join(target, path), { recursive: true });
    chmodSync(join(target, path), mode);
    // Only root may give files away; whoever else builds the tree runs it as itself.
    if (process.getuid?.() === 0) chownSync(join(target, path), USER, USER);
  }
  writeFileSync(join(target, "etc/passwd"), `tollgate:x:${USER}:${USER}::/nonexistent:/nonexistent\n`);
  writeFileSync(join(target, "etc/group"), `tollgate:x:${USER}:\n`);
}

/** The Node that runs this script, and every library that its loader would look for. */
function copyNode(target) {
  const node = realpathSync(process.execPath);
  copyFile(node, join(target, "usr/local/bin/node"));
  const listed = execFileSync("ldd", [node], { encoding: "utf8" });
  for (const path of listed.match(/\/\S+(?= \(0x)/g) ?? []) copyFile(realpathSync(path), join(target, path));
}

function copyFile(from, to) {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , target] = process.argv;
  if (target === undefined) throw new Error("usage: node deploy/build-rootfs.mjs OUTPUT_DIRECTORY");
  await buildRootfs(target);
}
