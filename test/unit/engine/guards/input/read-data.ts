// Public data and labelled corpora beside the project, or in TOLLGATE_DATA_DIR; nothing of them is kept here.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";

const folder = process.env["TOLLGATE_DATA_DIR"] ?? join(import.meta.dirname, "../../../../../../shared/data");

/** Where they are missing, the tests over them are skipped and say so. */
export const hasData = existsSync(folder);

export function readDataText(file: string): string {
  return hasData ? readFileSync(join(folder, file), "utf8") : "";
}

export function readJsonLines<T>(file: string): readonly T[] {
  return readDataText(file)
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as T);
}

/** Rows of a corpus without its header; the first column is unescaped, and the marks that keep secrets apart are gone. */
export function readCorpus(file: string): readonly (readonly string[])[] {
  const lines = readDataText(join("corpora", file)).split("\n").slice(1);
  return lines
    .filter((line) => line !== "")
    .map((line) => {
      const [text = "", ...rest] = line.split("\t");
      return [unescapeText(text.replaceAll("{+}", "")), ...rest];
    });
}

function unescapeText(text: string): string {
  return text.replace(/\\(?:u([0-9A-Fa-f]{4})|(.))/g, (_all, digits: string | undefined, letter: string) => {
    if (digits !== undefined) return String.fromCharCode(Number.parseInt(digits, 16));
    return { n: "\n", r: "\r", t: "\t" }[letter] ?? letter;
  });
}
