import { isAbsolute, join, resolve } from "node:path";
import { parseArgs } from "node:util";

export interface DemoOptions {
  readonly once: boolean;
  readonly source: { readonly kind: "trace" | "trajectories"; readonly path: string } | undefined;
  /** Where the totals are written. */
  readonly json: string | undefined;
  /** Folder of the daemon's file, sockets and log. */
  readonly folder: string;
}

export const HELP = `usage: npm run demo -- [flags]

  --once                 exit when the replay is done (default: leave the daemon running)
  --trajectories JSONL   replay recorded runs of a tool-calling agent, step by step
  --trace CSV            replay single invocations of a model: TIMESTAMP,ContextTokens,GeneratedTokens
  --json FILE            write what the daemon counted
  --data-dir DIR         where the daemon keeps its file, sockets and log (default: .cache/demo)

Without --trajectories or --trace: the recorded runs in ../shared/data or TOLLGATE_DATA_DIR, or runs made up by the demo.
Stopped in the middle, by any means, the same command goes on where it was; nothing is counted twice.
`;

export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** @throws UsageError; answers undefined when help was asked for */
export function parseOptions(argv: readonly string[], root: string): DemoOptions | undefined {
  const flags = readFlags(argv);
  if (flags.help === true) return undefined;
  if (flags.trace !== undefined && flags.trajectories !== undefined)
    throw new UsageError("name --trace or --trajectories, not both");
  const source =
    flags.trace !== undefined
      ? ({ kind: "trace", path: resolve(flags.trace) } as const)
      : flags.trajectories !== undefined
        ? ({ kind: "trajectories", path: resolve(flags.trajectories) } as const)
        : undefined;
  const folder = flags["data-dir"] ?? join(root, ".cache", "demo");
  return {
    once: flags.once === true,
    source,
    json: flags.json === undefined ? undefined : resolve(flags.json),
    folder: isAbsolute(folder) ? folder : resolve(folder),
  };
}

function readFlags(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        help: { type: "boolean", short: "h" },
        once: { type: "boolean" },
        trace: { type: "string" },
        trajectories: { type: "string" },
        json: { type: "string" },
        "data-dir": { type: "string" },
      },
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
