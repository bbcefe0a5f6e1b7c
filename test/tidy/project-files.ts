// What package.json, the lock and the documents owe each other.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./source-file.ts";

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

interface Lock {
  readonly packages: Readonly<
    Record<string, { readonly optionalDependencies?: Readonly<Record<string, string>> }>
  >;
}

/** Dependencies that are not pinned to one version, or that docs/dependencies.md does not name. */
export function findUnexplainedDependencies(): string[] {
  const { dependencies, devDependencies } = JSON.parse(readText("package.json")) as Manifest;
  const page = readText("docs/dependencies.md");
  return Object.entries({ ...dependencies, ...devDependencies }).flatMap(([name, version]) => [
    ...(/^\d+\.\d+\.\d+$/.test(version) ? [] : [`${name}: ${version} is no exact version`]),
    ...(page.includes(`| \`${name}\` |`) ? [] : [`${name}: not in docs/dependencies.md`]),
  ]);
}

/** Addresses of a registry in the lock, and optional packages that `npm ci` would miss in it. */
export function findLockProblems(): string[] {
  const text = readText("package-lock.json");
  const { packages } = JSON.parse(text) as Lock;
  const missing = Object.values(packages)
    .flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}))
    .filter((name) => packages[`node_modules/${name}`] === undefined)
    .map((name) => `${name} is not in the lock: run node scripts/complete-lock.mjs`);
  return text.includes('"resolved"') ? ["the lock names a registry: see .npmrc", ...missing] : missing;
}

/** Decision records that docs/decisions/README.md does not list, and files there with another kind of name. */
export function findUnlistedDecisions(): string[] {
  const index = readText("docs/decisions/README.md");
  const records = readdirSync(join(root, "docs/decisions")).filter((name) => name !== "README.md");
  return records.flatMap((name) => [
    ...(/^\d{4}-[a-z0-9-]+\.md$/.test(name) ? [] : [`${name} is not named NNNN-title.md`]),
    ...(index.includes(`](${name})`) ? [] : [`${name} is not in the index`]),
  ]);
}

/** Links in `page`, a Markdown file, to files that do not exist. */
export function findDeadLinks(page: string): string[] {
  const folder = join(root, page, "..");
  return [...readText(page).matchAll(/\]\(([^)\s#]+)(?:#[^)]*)?\)/g)]
    .map((match) => match[1] ?? "")
    .filter((target) => !/^[a-z]+:/.test(target) && !existsSync(join(folder, target)))
    .map((target) => `${page}: ${target}`);
}

function readText(path: string): string {
  return readFileSync(join(root, path), "utf8");
}
