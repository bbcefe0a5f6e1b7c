import type { GuardSettings } from "../../../domain/policy/guard-fields.ts";
import { SIDE_EFFECTS, type SideEffect, type ToolEntry } from "../../../domain/policy/tool-entry.ts";
import { compileGlob, type Glob, matchesGlob } from "../../globs/glob.ts";
import { createMemo } from "../../memos/memo.ts";
import { wordsOf } from "../../names/name-words.ts";

/** The keys that say how a tool is classified. */
export type ClassificationSettings = Pick<GuardSettings<"side_effect">, "classifications" | "classification">;

/** The first word of each class is the source document's; the others are what tools are called that do the same. */
const DESTRUCTIVE =
  "delete remove drop truncate destroy purge erase wipe del rm rmdir unlink uninstall terminate kill shred";
const WRITE =
  "create update put post write save insert set add append edit modify change patch upsert replace rename move copy upload " +
  "send reply publish push commit merge submit book order buy pay charge refund transfer schedule cancel reset clear " +
  "enable disable start stop restart run execute exec invoke deploy install register assign grant revoke approve reject " +
  "close open lock unlock import sync make build generate";
const READ_ONLY =
  "get list search read fetch query describe find show view lookup look browse retrieve select check count inspect " +
  "preview status exists head stat validate verify compare calculate compute summarize explain is has think ping help";

const byWord: ReadonlyMap<string, SideEffect> = new Map([
  ...READ_ONLY.split(" ").map((word) => [word, "read_only"] as const),
  ...WRITE.split(" ").map((word) => [word, "write"] as const),
  ...DESTRUCTIVE.split(" ").map((word) => [word, "destructive"] as const),
]);

/** The rule of the source document: these anywhere in the name, the worst first. */
const substrings: readonly (readonly [SideEffect, readonly string[]])[] = [
  ["destructive", "delete remove drop truncate destroy purge".split(" ")],
  ["write", "create update put post write save insert set".split(" ")],
  ["read_only", "get list search read fetch query describe".split(" ")],
];

/** Words that join two verbs: `get_or_create`. */
const joiners: ReadonlySet<string> = new Set(["and", "or", "then", "n"]);

/**
 * What a tool changes: by the tool catalogue, else by the strictest pattern of `classifications` that matches its name,
 * else by the words of its name. A name without any known word writes.
 */
export function classifyTool(
  settings: ClassificationSettings,
  tool: string,
  entry: ToolEntry | undefined,
): SideEffect {
  return (
    entry?.side_effect ??
    findMapped(settings.classifications, tool) ??
    (settings.classification === "substring" ? classifySubstrings(tool) : classifyOnce(tool))
  );
}

/** The stronger of two classes. */
export function strongerOf(one: SideEffect, other: SideEffect): SideEffect {
  return SIDE_EFFECTS.indexOf(one) >= SIDE_EFFECTS.indexOf(other) ? one : other;
}

type Classifications = ClassificationSettings["classifications"];

const compiled = createMemo<Classifications, readonly (readonly [Glob, SideEffect])[]>();

function findMapped(map: Classifications, tool: string): SideEffect | undefined {
  let globs = compiled.get(map);
  if (globs === undefined) {
    globs = Object.entries(map).map(([pattern, word]) => [compileGlob(pattern), word] as const);
    compiled.set(map, globs);
  }
  let found: SideEffect | undefined;
  for (const [glob, word] of globs)
    if (matchesGlob(glob, tool)) found = found === undefined ? word : strongerOf(found, word);
  return found;
}

const classes = new Map<string, SideEffect>();
/** Tools are called again and again; who makes up new names only empties this. */
const KNOWN_MAX = 1_000;

function classifyOnce(tool: string): SideEffect {
  let found = classes.get(tool);
  if (found === undefined) {
    found = classifyWords(tool);
    if (classes.size >= KNOWN_MAX) classes.clear();
    classes.set(tool, found);
  }
  return found;
}

/**
 * A destructive word anywhere counts. Otherwise the verb decides, which names of tools begin with: `get_post` reads. The
 * last part of a dotted name is asked first, since the parts before it are a place: `orders.list` reads.
 */
function classifyWords(tool: string): SideEffect {
  const parts = tool.split(/[.:/]/).map(wordsOf);
  if (parts.some((words) => words.some((word) => byWord.get(word) === "destructive"))) return "destructive";
  for (const words of parts.toReversed()) {
    const found = classifyVerbs(words);
    if (found !== undefined) return found;
  }
  return "write";
}

/** The first known word, and every known one behind a joiner. */
function classifyVerbs(words: readonly string[]): SideEffect | undefined {
  let found: SideEffect | undefined;
  for (const [index, word] of words.entries()) {
    const known = byWord.get(word);
    if (known === undefined) continue;
    if (found === undefined) found = known;
    else if (joiners.has(words[index - 1] ?? "")) found = strongerOf(found, known);
  }
  return found;
}

function classifySubstrings(tool: string): SideEffect {
  const name = tool.toLowerCase();
  const found = substrings.find(([, words]) => words.some((word) => name.includes(word)));
  return found?.[0] ?? "write";
}
