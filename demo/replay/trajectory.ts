import { createHash } from "node:crypto";
import { UsageError } from "../options.ts";

// From a recorded run of a tool-calling agent to the steps that are asked for and reported.

/** One line of a recorded conversation: a message, a call of a tool, or its output. */
export type RecordedLine =
  | { readonly role: "system" | "user" | "assistant"; readonly text: string }
  | { readonly call: string; readonly id: string; readonly args: string }
  | { readonly output_of: string; readonly name: string; readonly output: string };

export interface Trajectory {
  readonly trajectory: number;
  readonly steps: readonly RecordedLine[];
}

/** One call of the model: what it read, what it wrote, and the tool it called with it. */
export interface PlannedStep {
  readonly name: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Name and canonical arguments of the tool call; undefined for an answer in words. */
  readonly signature: string | undefined;
  /** Digest of what the tool gave back. */
  readonly resultDigest: string | undefined;
}

/** @throws UsageError naming the line */
export function parseTrajectories(text: string, path: string): readonly Trajectory[] {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  return lines.map((line, index) => {
    try {
      const run = JSON.parse(line) as Trajectory;
      if (!Array.isArray(run.steps)) throw new Error('no "steps"');
      return run;
    } catch (error) {
      throw new UsageError(`${path}, line ${index + 1}: no recorded run (${(error as Error).message})`);
    }
  });
}

/** Every message or tool call of the assistant is one step; it reads all that was said before. */
export function planSteps(run: Trajectory): readonly PlannedStep[] {
  const outputs = new Map<string, string>();
  for (const line of run.steps) if ("output_of" in line) outputs.set(line.output_of, line.output);
  const steps: PlannedStep[] = [];
  let contextTokens = 0;
  for (const line of run.steps) {
    const written = "call" in line ? line.call + line.args : "output_of" in line ? line.output : line.text;
    const tokens = countTokens(written);
    if ("call" in line) {
      const signature = `${line.call}:${digest(canonicalJson(line.args))}`;
      const resultDigest = digest(outputs.get(line.id) ?? "");
      steps.push({
        name: line.call,
        inputTokens: contextTokens,
        outputTokens: tokens,
        signature,
        resultDigest,
      });
    } else if ("role" in line && line.role === "assistant") {
      steps.push({
        name: "answer",
        inputTokens: contextTokens,
        outputTokens: tokens,
        signature: undefined,
        resultDigest: undefined,
      });
    }
    contextTokens += tokens;
  }
  return steps;
}

/** Four characters are about one token. */
function countTokens(text: string): number {
  return Math.ceil(text.length / 4);
}

/** Short and the same on every machine. */
export function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

function canonicalJson(text: string): string {
  try {
    return JSON.stringify(sortKeys(JSON.parse(text)));
  } catch {
    // No JSON: then the spelling is all there is.
    return text;
  }
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([left], [right]) => (left < right ? -1 : 1))
      .map(([key, child]) => [key, sortKeys(child)]),
  );
}
