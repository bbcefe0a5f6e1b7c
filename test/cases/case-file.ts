import { readdirSync, readFileSync } from "node:fs";
import { parseAllDocuments } from "yaml";

// The specification as cases: documents of a policy, requests, wanted answers. Each case runs on the engine alone and over
// the wire, and must come out the same. How to write one: test/cases/README.md.

export type Json = { readonly [name: string]: unknown };

/** What an answer must be. A word is the verdict. */
export type Want =
  | string
  | {
      readonly verdict?: string;
      /** Codes of all findings, in their order. */
      readonly reasons?: readonly string[];
      /** Text of the first finding. */
      readonly message?: string;
      /** Parts that each finding must have, in their order. */
      readonly findings?: readonly Json[];
      /** Parts that the whole answer must have. */
      readonly answer?: Json;
      /** The call fails with this reason. */
      readonly error?: string;
      /** Paths of the fields that the failure names. */
      readonly fields?: readonly string[];
    };

export interface Step {
  readonly call: string;
  readonly body: unknown;
  /** Fields of the request beside the body. */
  readonly fields: Json;
  readonly want: Want | undefined;
}

export interface Case {
  readonly name: string;
  /** Wall clock at the start. */
  readonly at: string;
  readonly documents: readonly Json[];
  readonly steps: readonly Step[];
}

/** The parts of a file, by what they are about. */
export type CaseFile = ReadonlyMap<string, readonly Case[]>;

interface WrittenCase {
  readonly name: string;
  readonly at?: string;
  readonly documents?: readonly Json[];
  readonly steps: readonly Json[];
}

/** One part of a file: cases that share what stands before them. */
interface WrittenPart {
  readonly about: string;
  readonly at?: string;
  readonly documents?: readonly Json[];
  /** Steps that come before those of every case. */
  readonly before?: readonly Json[];
  readonly cases: readonly WrittenCase[];
}

/** A Thursday at noon, far from every border of a window. */
const AT = "2026-01-15T12:00:00Z";

/** Every file of cases, by name. */
export function readCaseFiles(): ReadonlyMap<string, CaseFile> {
  const folder = new URL(".", import.meta.url);
  const names = readdirSync(folder).filter((name) => name.endsWith(".yaml"));
  return new Map(
    names.toSorted().map((name) => [name, caseFile(readFileSync(new URL(name, folder), "utf8"))]),
  );
}

function caseFile(text: string): CaseFile {
  const parts = parseAllDocuments(text).map((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    return document.toJS() as WrittenPart;
  });
  return new Map(parts.map((part) => [part.about, casesOf(part)]));
}

function casesOf(part: WrittenPart): readonly Case[] {
  const before = (part.before ?? []).map(stepOf);
  return part.cases.map((one) => ({
    name: one.name,
    at: one.at ?? part.at ?? AT,
    documents: one.documents ?? part.documents ?? [],
    steps: [...before, ...one.steps.map(stepOf)],
  }));
}

function stepOf(written: Json): Step {
  const { want, with: fields, ...rest } = written;
  const calls = Object.entries(rest);
  const [first] = calls;
  if (first === undefined || calls.length > 1)
    throw new Error(`a step names one call: ${JSON.stringify(written)}`);
  return { call: first[0], body: first[1], fields: (fields ?? {}) as Json, want: want as Want | undefined };
}
