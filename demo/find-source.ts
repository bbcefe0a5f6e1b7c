import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { type DemoOptions, UsageError } from "./options.ts";
import { makeUpRuns } from "./replay/made-up-runs.ts";
import { type Invocation, parseTrace } from "./replay/trace.ts";
import { digest, parseTrajectories, type Trajectory } from "./replay/trajectory.ts";

/** What is replayed. `key` names the content: the same content is the same replay, on any machine. */
export type Source = { readonly title: string; readonly key: string } & (
  | { readonly kind: "trace"; readonly invocations: readonly Invocation[] }
  | { readonly kind: "trajectories"; readonly runs: readonly Trajectory[] }
);

/** Raised when the replay of the same content counts something else than before. */
const REPLAY_VERSION = "1";

const RECORDED_RUNS = "tau-airline-trajectories.jsonl";

/** @throws UsageError when the named file cannot be read */
export function findSource(options: DemoOptions, root: string): Source {
  if (options.source !== undefined) return readSource(options.source.kind, options.source.path);
  const folder = process.env["TOLLGATE_DATA_DIR"] ?? join(root, "..", "shared", "data");
  const path = join(folder, RECORDED_RUNS);
  if (existsSync(path)) return readSource("trajectories", path);
  const runs = makeUpRuns();
  return {
    kind: "trajectories",
    runs,
    title: `${runs.length} runs made up by the demo (no recorded ones: ${path} is missing)`,
    key: keyOf(JSON.stringify(runs)),
  };
}

function readSource(kind: "trace" | "trajectories", path: string): Source {
  const text = readText(path);
  const name = basename(path);
  if (kind === "trace") {
    const invocations = parseTrace(text, path);
    return {
      kind,
      invocations,
      title: `${count(invocations.length)} recorded invocations of ${name}`,
      key: keyOf(text),
    };
  }
  const runs = parseTrajectories(text, path);
  return {
    kind,
    runs,
    title: `${runs.length} recorded runs of a tool-calling agent, ${name}`,
    key: keyOf(text),
  };
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new UsageError(`cannot read ${path}: ${(error as Error).message}`);
  }
}

function keyOf(content: string): string {
  return digest(`${REPLAY_VERSION}\n${content}`).slice(0, 8);
}

export function count(value: number | bigint): string {
  return value.toLocaleString("en-US");
}
