// Fills package-lock.json with the optional platform packages that the registry at hand did not have.
// npm leaves such packages out of the lock without a word, and `npm ci` then refuses that same lock.
// Run it after every `npm install`; the tidy test fails while the lock is incomplete.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const lockPath = fileURLToPath(new URL("../package-lock.json", import.meta.url));

const operatingSystems = [
  "aix",
  "android",
  "darwin",
  "freebsd",
  "linux",
  "netbsd",
  "openbsd",
  "openharmony",
  "sunos",
  "win32",
  "wasi",
];

// Words of package names to the names Node uses in process.arch.
const processors = {
  aarch64: "arm64",
  arm: "arm",
  armeabi: "arm",
  armv7: "arm",
  gnueabihf: "arm",
  musleabihf: "arm",
  arm64: "arm64",
  ia32: "ia32",
  loong64: "loong64",
  ppc64: "ppc64",
  riscv64: "riscv64",
  s390x: "s390x",
  wasm32: "wasm32",
  x64: "x64",
};

/** The lock entry of a platform package, read off its name; undefined when the name names no platform. */
function entryFromName(name, version) {
  const words = name.split(/[/-]/);
  const os = operatingSystems.find((candidate) => words.includes(candidate));
  const processor = words.find((word) => Object.hasOwn(processors, word));
  if (os === undefined && processor === undefined) return undefined;
  const libc = os !== "linux" ? undefined : words.some((word) => word.startsWith("musl")) ? "musl" : "glibc";
  return {
    version,
    ...(processor === undefined ? {} : { cpu: [processors[processor]] }),
    ...(libc === undefined || !/gnu|musl/.test(name) ? {} : { libc: [libc] }),
    optional: true,
    ...(os === undefined || os === "wasi" ? {} : { os: [os] }),
  };
}

const lock = JSON.parse(readFileSync(lockPath, "utf8"));
const added = [];
for (const parent of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
    const key = `node_modules/${name}`;
    if (lock.packages[key] !== undefined) continue;
    const entry = entryFromName(name, version);
    if (entry === undefined || !/^\d/.test(version)) {
      console.error(`complete-lock: ${name}@${version} names no platform: install it or drop its parent`);
      process.exitCode = 1;
      continue;
    }
    lock.packages[key] = parent.dev === true ? { ...entry, dev: true } : entry;
    added.push(name);
  }
}

if (added.length > 0) {
  lock.packages = Object.fromEntries(
    Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, "en")),
  );
  writeFileSync(lockPath, `${JSON.stringify(lock, null, 2)}\n`);
}
console.log(`complete-lock: ${added.length} platform packages added`);
