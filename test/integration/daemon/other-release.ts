import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

// The release after this one, as far as its file goes: our own sources with one version of the file more.

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** What the next version of the file does to older programs. */
export type NextVersion = "additive" | "breaking";

/** Makes the sources of the next release, 99.0.0, in a folder of this repository; answers the folder, to be removed. */
export function createNextRelease(kind: NextVersion): string {
  mkdirSync(join(root, ".cache"), { recursive: true });
  const folder = mkdtempSync(join(root, ".cache", "next-release-"));
  cpSync(join(root, "src"), join(folder, "src"), { recursive: true });
  cpSync(join(root, "package.json"), join(folder, "package.json"));
  edit(folder, "package.json", /"version": "[^"]+"/, '"version": "99.0.0"');
  // A table more, whose rows are written with those of executions.
  edit(folder, "src/ports/cut-store.ts", /("kept_policies",\n)(\] as const)/, '$1  "things",\n$2');
  edit(
    folder,
    "src/engine/rows/execution-image.ts",
    /( {2}out\.endWords\(\);\n)\}/,
    '$1  out.text(RECORD_PUT, tableNumber("things"), index, "a thing");\n}',
  );
  edit(
    folder,
    "src/adapters/sqlite/file/schema.ts",
    /(JOURNAL_VERSION, .*\n)(\];)/,
    `$1  { version: 4, minReaderVersion: ${kind === "breaking" ? 4 : 3}, release: "99.0.0", tables: ["things"] },\n$2`,
  );
  return folder;
}

function edit(folder: string, path: string, from: RegExp, to: string): void {
  const file = join(folder, path);
  const before = readFileSync(file, "utf8");
  const after = before.replace(from, to);
  if (after === before) throw new Error(`${path} is not as the next release expects it`);
  writeFileSync(file, after);
}
