import type { GuardSettings } from "../../../domain/policy/guard-fields.ts";
import { compileGlobs, rememberGlobs } from "../../globs/glob.ts";
import { isJsonArray, isJsonObject, type JsonValue } from "../../json/json-document.ts";
import { createMemo } from "../../memos/memo.ts";
import { type Guard, type GuardNote, PASS, type ToolCall } from "../guard.ts";

// Which output came from which. Every output that is passed on gets a reference; an argument that names one must name a
// known one; an argument that should name its source and names none is a use of a value without a source.

type ProvenanceSettings = GuardSettings<"provenance">;

export interface ProvenanceRecord {
  readonly id: string;
  readonly tool: string;
  readonly argsHash: string;
  readonly atMs: number;
  readonly callId: string;
  /** References that its arguments named. */
  readonly parents: readonly string[];
}

export interface ProvenanceState {
  /** The latest last. */
  records: ProvenanceRecord[];
  /** References that calls in flight named: their outputs come from them. */
  named: { readonly key: string; readonly parents: readonly string[] }[];
  unattributedUses: number;
}

/** Outputs remembered of a session: older ones can no longer be referred to. */
export const MAX_RECORDS = 128;
/** Parents kept of one output, calls in flight remembered. */
const MAX_PARENTS = 16;
const MAX_NAMED = 64;

export const provenance: Guard<ProvenanceSettings, ProvenanceState> = {
  id: "provenance",
  createState: () => ({ records: [], named: [], unattributedUses: 0 }),
  before: ({ call, arguments: document, settings, state }) => {
    const isReference = referenceNamesOf(settings);
    if (!document.names.some(isReference) && declaredNames(call.entry, isReference).length === 0) return PASS;
    const found = findReferences(document.value, isReference, call);
    if (found.named.length === 0 && found.missing.length === 0) return PASS;
    const known = found.named.filter((id) => state.records.some((record) => record.id === id));
    return {
      notes: judge(found, known, settings, state),
      commit: (slice) => {
        slice.unattributedUses += settings.require_attribution ? found.missing.length : 0;
        if (known.length === 0) return;
        slice.named.push({ key: call.key, parents: known.slice(0, MAX_PARENTS) });
        if (slice.named.length > MAX_NAMED) slice.named.shift();
      },
    };
  },
  after: ({ call, argumentsHash, output, errorClass, settings, state, now }) => {
    // What failed gave nothing that could be referred to.
    if (!settings.track_lineage || output === undefined || errorClass !== undefined) return PASS;
    const atMs = Math.floor(now.wallMs);
    const id = freeId(state, `${call.tool}:${argumentsHash.slice(0, HASH_LENGTH)}:${atMs}`);
    const parents = state.named.find((one) => one.key === call.key)?.parents ?? [];
    return {
      notes: [],
      referenceId: id,
      commit: (slice) => {
        slice.named = slice.named.filter((one) => one.key !== call.key);
        const { tool, callId } = call;
        slice.records.push({
          id,
          tool,
          argsHash: argumentsHash.slice(0, HASH_LENGTH),
          atMs,
          callId,
          parents,
        });
        if (slice.records.length > MAX_RECORDS) slice.records.shift();
      },
    };
  },
  trim: (state) => {
    state.records.splice(0, Math.ceil(state.records.length / 2));
    state.named.splice(0, Math.ceil(state.named.length / 2));
  },
};

/** Characters of the keyed hash of the arguments in a reference. */
const HASH_LENGTH = 9;

/** Two outputs of the same call in one millisecond: the second gets `:2`. */
function freeId(state: ProvenanceState, id: string): string {
  const isTaken = (one: string): boolean => state.records.some((record) => record.id === one);
  if (!isTaken(id)) return id;
  let number = 2;
  while (isTaken(`${id}:${number}`)) number++;
  return `${id}:${number}`;
}

interface Found {
  /** References in the order of the arguments, each once. */
  readonly named: readonly string[];
  /** Names of arguments that should refer to something and do not. */
  readonly missing: readonly string[];
}

/** `tool:hash:ms` or `tool:hash:ms:n`; what has another form is no reference. */
const REFERENCE = /^[^\s:][^\s]*:[^\s:]+:\d+(:\d+)?$/;

/** Whether an argument of this name refers to an output. */
type IsReference = (name: string) => boolean;

const compiled = createMemo<readonly string[], IsReference>();

function referenceNamesOf({ reference_argument_names }: ProvenanceSettings): IsReference {
  const known =
    compiled.get(reference_argument_names) ?? rememberGlobs(compileGlobs(reference_argument_names));
  compiled.set(reference_argument_names, known);
  return known;
}

/** Looks at arguments of telling names at any depth, and at those that the tool's schema declares. */
function findReferences(value: JsonValue, isReference: IsReference, { entry }: ToolCall): Found {
  const named = new Set<string>();
  const missing: string[] = [];
  const open: JsonValue[] = [value];
  while (open.length > 0) {
    const at = open.pop() as JsonValue;
    if (isJsonArray(at)) for (const item of at) addOpen(open, item);
    if (!isJsonObject(at)) continue;
    for (const name of Object.keys(at)) {
      const inside = at[name] as JsonValue;
      if (!isReference(name)) addOpen(open, inside);
      else if (!addReferences(inside, named)) missing.push(name);
    }
  }
  for (const name of declaredNames(entry, isReference))
    if (isJsonObject(value) && !Object.hasOwn(value, name)) missing.push(name);
  return { named: [...named], missing };
}

function addOpen(open: JsonValue[], value: JsonValue): void {
  if (typeof value === "object" && value !== null) open.push(value);
}

/** False when there is none in it. */
function addReferences(value: JsonValue, named: Set<string>): boolean {
  const items = isJsonArray(value) ? value : [value];
  let any = false;
  for (const item of items) {
    if (typeof item !== "string" || !REFERENCE.test(item)) continue;
    named.add(item);
    any = true;
  }
  return any;
}

function declaredNames(entry: ToolCall["entry"], isReference: IsReference): string[] {
  const { schema } = entry ?? {};
  const properties = typeof schema === "object" ? schema["properties"] : undefined;
  if (typeof properties !== "object" || properties === null) return [];
  return Object.keys(properties).filter(isReference);
}

function judge(
  found: Found,
  known: readonly string[],
  settings: ProvenanceSettings,
  state: ProvenanceState,
): GuardNote[] {
  const notes: GuardNote[] = [];
  if (known.length < found.named.length) {
    const unknown = found.named.length - known.length;
    notes.push({
      verdict: "BLOCK",
      reason: "REFERENCE_UNKNOWN",
      text:
        unknown === 1
          ? "Unknown reference in the arguments"
          : `${unknown} unknown references in the arguments`,
      setting: "reference_argument_names",
    });
  }
  const uses = state.unattributedUses + found.missing.length;
  if (settings.require_attribution && found.missing.length > 0 && uses > settings.max_unattributed_uses) {
    notes.push({
      verdict: "BLOCK",
      reason: "VALUE_UNATTRIBUTED",
      text: `unattributed values: ${uses} > ${settings.max_unattributed_uses}`,
      setting: "max_unattributed_uses",
      current: { kind: "count", value: BigInt(uses) },
      limit: { kind: "count", value: BigInt(settings.max_unattributed_uses) },
    });
  }
  return notes;
}

/** A reference and what it was made from, nearest first; undefined for an unknown one. */
export function findLineage(
  state: ProvenanceState,
  id: string,
  maxDepth: number,
): { readonly records: readonly ProvenanceRecord[]; readonly truncated: boolean } | undefined {
  const byId = new Map(state.records.map((record) => [record.id, record]));
  const first = byId.get(id);
  if (first === undefined) return undefined;
  const records = [first];
  const seen = new Set([id]);
  let truncated = false;
  let generation = [first];
  for (let depth = 1; generation.length > 0; depth++) {
    const next: ProvenanceRecord[] = [];
    for (const parent of generation.flatMap((record) => record.parents)) {
      if (seen.has(parent)) continue;
      seen.add(parent);
      const record = byId.get(parent);
      if (record === undefined || depth >= maxDepth) truncated = true;
      else next.push(record);
    }
    records.push(...next);
    generation = next;
  }
  return { records, truncated };
}
