// What the tests and the bench need beside npm packages: a C compiler, faketime, h2load, Python with grpcio.
// Each is installed when that is possible; what cannot be had is named in one line and the run goes on,
// so that only the tests that need it fail, with the reason on the screen.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const requirementsPath = join(root, "scripts", "python-requirements.txt");

/** Tests run this interpreter: it has what python-requirements.txt lists. */
export const pythonPath = join(root, ".cache", "python", "bin", "python");

const programs = [
  { command: "cc", packages: ["gcc", "libc6-dev"], scopes: ["test", "bench"], purpose: "power-cut tests" },
  { command: "faketime", packages: ["faketime"], scopes: ["test"], purpose: "clock tests" },
  { command: "h2load", packages: ["nghttp2-client"], scopes: ["bench"], purpose: "load over HTTP/2" },
];

/** Prepares the machine for `scope` ("test" or "bench"). Never throws: every gap is one line on stderr. */
export function ensureSystem(scope) {
  const missing = programs.filter((program) => program.scopes.includes(scope) && !isCommand(program.command));
  if (missing.length > 0) installPrograms(missing);
  if (scope === "test") ensurePython();
}

function installPrograms(missing) {
  const packages = missing.flatMap((program) => program.packages);
  const refusal = installPackages(packages);
  for (const { command, purpose } of missing) {
    if (isCommand(command)) console.log(`system: installed ${command}`);
    else
      console.error(`system: no ${command} (for ${purpose}): ${refusal ?? "its package does not bring it"}`);
  }
}

/** Installs Debian packages. Why it could not, in one line; undefined when it could. */
function installPackages(packages) {
  const names = packages.join(" ");
  if (!isCommand("apt-get")) return `install ${names} or your system's equivalent`;
  if (process.getuid?.() !== 0) return `as root, run: apt-get install ${names}`;
  const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const words = ["install", "--yes", "--no-install-recommends", ...packages];
  // The lists of a fresh image are empty or old: a refusal is final only after an update.
  if (run("apt-get", words, environment) === undefined) return undefined;
  run("apt-get", ["update"], environment);
  return run("apt-get", words, environment);
}

function ensurePython() {
  const stampPath = join(root, ".cache", "python", "requirements.txt");
  const requirements = readFileSync(requirementsPath, "utf8");
  const isCurrent = existsSync(stampPath) && readFileSync(stampPath, "utf8") === requirements;
  if (isCurrent && canImportGrpc()) return;
  console.log("system: preparing Python with grpcio in .cache/python");
  const refusal = installFromPip() ?? undefined;
  if (refusal !== undefined) installFromDebian();
  if (canImportGrpc()) writeFileSync(stampPath, requirements);
  else console.error(`system: no Python with grpcio (for the Python client test): ${refusal}`);
}

function installFromPip() {
  if (!isCommand("python3")) return "python3 is not installed";
  const folder = join(root, ".cache", "python");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(root, ".cache"), { recursive: true });
  const pip = [
    "-m",
    "pip",
    "install",
    "--quiet",
    "--disable-pip-version-check",
    "--requirement",
    requirementsPath,
  ];
  return run("python3", ["-m", "venv", folder]) ?? run(pythonPath, pip);
}

// Debian splits venv from Python; where that or pip fails, its own packages serve, at an older version.
function installFromDebian() {
  if (installPackages(["python3-grpcio", "python3-grpc-tools"]) !== undefined) return;
  const folder = join(root, ".cache", "python", "bin");
  rmSync(join(root, ".cache", "python"), { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  symlinkSync("/usr/bin/python3", join(folder, "python"));
}

function canImportGrpc() {
  return existsSync(pythonPath) && run(pythonPath, ["-c", "import grpc, grpc_tools.protoc"]) === undefined;
}

function isCommand(command) {
  return spawnSync("sh", ["-c", `command -v ${command}`]).status === 0;
}

/** Runs a command silently. Its last line of complaint when it fails; undefined when it succeeds. */
function run(command, words, environment = process.env) {
  const result = spawnSync(command, words, {
    encoding: "utf8",
    env: environment,
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (result.status === 0) return undefined;
  const lines = `${result.stdout ?? ""}\n${result.stderr ?? ""}`
    .split("\n")
    .filter((line) => line.trim() !== "");
  return result.error?.message ?? lines.at(-1) ?? `${command} failed with exit code ${result.status}`;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  ensureSystem(process.argv[2] ?? "test");
}
