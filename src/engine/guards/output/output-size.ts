// Guard 7: how large an output may be, and how one that is larger is cut. A repaired output fits by every measure, with the
// envelope that says what is missing.
import type { GuardSettings } from "../../../domain/policy/guard-fields.ts";
import { OUTPUT_JSON_CAPS } from "../../json/json-caps.ts";
import { formatJsonPath, type JsonDocument } from "../../json/json-document.ts";
import { isJsonDocument, parseJson } from "../../json/parse-json.ts";
import { type Guard, type GuardNote, type GuardOutcome, PASS } from "../guard.ts";
import { type Cut, type CutBounds, cutOutput } from "./cut-output.ts";
import { countBytes, countCharacters, measureOutput } from "./measure-output.ts";

type OutputSizeSettings = Omit<GuardSettings<"output_size">, "level" | "mode" | "tools" | "namespaces">;

/** Places that a continuation names. */
const MAX_CONTINUATIONS = 16;
/** Times that room is made for the envelope: each takes off what was too much, so two are enough for all but odd bounds. */
const MAX_TRIES = 6;
/** Room for the envelope at first. */
const ENVELOPE_CHARACTERS = 160;

export const outputSize: Guard<OutputSizeSettings, undefined> = {
  id: "output_size",
  after: ({ output, settings }) => (output === undefined ? PASS : judgeOutput(output, settings)),
};

interface Excess {
  readonly setting: "max_bytes" | "max_tokens" | "max_depth" | "max_array_length" | "max_string_length";
  readonly measure: string;
  readonly current: number;
  readonly limit: number;
}

function judgeOutput(output: JsonDocument, settings: OutputSizeSettings): GuardOutcome<undefined> {
  const excesses = findExcesses(output, settings);
  if (excesses.length === 0) return PASS;
  const repaired = settings.truncation_mode === "error" ? undefined : repairOutput(output, settings);
  const verdict = repaired === undefined ? "BLOCK" : "REPAIR";
  return { notes: excesses.map((excess) => noteOf(excess, verdict)), document: repaired };
}

function findExcesses(output: JsonDocument, settings: OutputSizeSettings): Excess[] {
  const { bytes, characters, depth, arrayLength, stringLength } = measureOutput(output);
  const tokens = Math.ceil(characters / settings.chars_per_token);
  const all: [Excess["setting"], string, number, number | undefined][] = [
    ["max_bytes", "bytes", bytes, settings.max_bytes],
    ["max_tokens", "tokens", tokens, settings.max_tokens],
    ["max_depth", "depth", depth, settings.max_depth],
    ["max_array_length", "array_length", arrayLength, settings.max_array_length],
    ["max_string_length", "string_length", stringLength, settings.max_string_length],
  ];
  return all.flatMap(([setting, measure, current, limit]) =>
    limit !== undefined && current > limit ? [{ setting, measure, current, limit }] : [],
  );
}

function noteOf({ setting, measure, current, limit }: Excess, verdict: "BLOCK" | "REPAIR"): GuardNote {
  return {
    verdict,
    reason: "OUTPUT_SIZE",
    text: `${measure}_exceeded: ${current} > ${limit}`,
    setting,
    current: { kind: "count", value: BigInt(current) },
    limit: { kind: "count", value: BigInt(Math.floor(limit)) },
  };
}

/** Undefined when the bounds leave no room for an envelope. */
function repairOutput(output: JsonDocument, settings: OutputSizeSettings): JsonDocument | undefined {
  const original = countBytes(output.text);
  const most = {
    bytes: settings.max_bytes,
    characters:
      settings.max_tokens === undefined
        ? Number.MAX_SAFE_INTEGER
        : Math.floor(settings.max_tokens * settings.chars_per_token),
  };
  let room = { bytes: most.bytes - ENVELOPE_CHARACTERS, characters: most.characters - ENVELOPE_CHARACTERS };
  for (let tries = 0; tries < MAX_TRIES && room.bytes >= 2 && room.characters >= 2; tries += 1) {
    const { text, cuts } = cutOutput(output, boundsOf(settings, room));
    const envelope = envelopeOf(text, cuts, original, settings);
    const excess = {
      bytes: countBytes(envelope) - most.bytes,
      characters: countCharacters(envelope) - most.characters,
    };
    if (excess.bytes <= 0 && excess.characters <= 0) return fittingDocument(envelope, settings);
    room = {
      bytes: room.bytes - Math.max(0, excess.bytes),
      characters: room.characters - Math.max(0, excess.characters),
    };
  }
  return undefined;
}

function fittingDocument(text: string, settings: OutputSizeSettings): JsonDocument | undefined {
  const document = parseJson(text, OUTPUT_JSON_CAPS);
  if (!isJsonDocument(document)) return undefined;
  return findExcesses(document, settings).length === 0 ? document : undefined;
}

function boundsOf(settings: OutputSizeSettings, room: Pick<CutBounds, "bytes" | "characters">): CutBounds {
  return {
    ...room,
    // The envelope is one level itself.
    depth: settings.max_depth - 1,
    arrayLength: settings.max_array_length,
    stringLength: settings.max_string_length,
    wholeItems: settings.truncation_mode === "paginate",
  };
}

/** JSON of the envelope around `data`, which is JSON already. */
function envelopeOf(
  data: string,
  cuts: readonly Cut[],
  original: number,
  settings: OutputSizeSettings,
): string {
  const place = placeOf(cuts[0]);
  const truncatedAt = place.length <= settings.max_string_length ? place : null;
  const head = {
    partial: true,
    truncated_at: truncatedAt,
    original_size: original,
    returned_size: countBytes(data),
  };
  const continuation = JSON.stringify(continuationOf(cuts, settings));
  return `${JSON.stringify(head).slice(0, -1)},"data":${data},"continuation":${continuation}}`;
}

/** The first place where something is missing: `items[1000]`, `data[10000]` for a character; empty for the whole. */
function placeOf(cut: Cut | undefined): string {
  if (cut === undefined) return "";
  return formatJsonPath(
    cut.kind === "items" || cut.kind === "characters" ? [...cut.path, cut.kept] : cut.path,
  );
}

/** The longest word of a continuation. */
const UNIT_CHARACTERS = "characters".length;

/** Where the next page of each array and string begins; null when nothing is to be continued, or it has no room. */
function continuationOf(cuts: readonly Cut[], settings: OutputSizeSettings): unknown {
  if (settings.truncation_mode !== "paginate" || settings.max_depth < 3) return null;
  if (settings.max_string_length < UNIT_CHARACTERS) return null;
  const pages = cuts
    .filter(({ kind }) => kind === "items" || kind === "characters")
    .slice(0, Math.min(MAX_CONTINUATIONS, settings.max_array_length))
    .map(({ path, kind, kept, total }) => ({
      path: formatJsonPath(path),
      unit: kind,
      next_offset: kept,
      total,
    }))
    .filter(({ path }) => path.length <= settings.max_string_length);
  return pages.length === 0 ? null : pages;
}
