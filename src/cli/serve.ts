import { constants } from "node:os";
import { isOpenTelemetryConfigured, readSettings, type SettingsInForce } from "../config/read-settings.ts";
import { SettingsError } from "../config/settings-error.ts";
import { formatSettingsHelp } from "../config/settings-text.ts";
import { StartFailure } from "../daemon/start-failure.ts";
import { type Daemon, startDaemon } from "../daemon.ts";
import { EXIT_CODES } from "./exit-codes.ts";

const HELP = `usage: tollgate serve [flags]

Serves until SIGTERM or SIGINT, then lets streams end, writes the last cut and exits 0. A second signal stops at once:
what was acknowledged as durable is in the file either way.

  --config FILE   TOLLGATE_CONFIG   default: none
      settings as a YAML mapping, under the names of the variables in lower case without their prefix
`;

/** Runs the daemon until a signal; answers the exit code. */
export async function serve(argv: readonly string[]): Promise<number> {
  if (argv.includes("--help") || argv.includes("-h")) {
    process.stdout.write(`${HELP}${formatSettingsHelp()}\n`);
    return EXIT_CODES.done;
  }
  const stop = listenForSignals();
  try {
    const inForce = await readSettings(argv, process.env);
    const daemon = await startDaemon(inForce.settings, {
      changedSettings: changedSettings(inForce),
      isOpenTelemetryConfigured: isOpenTelemetryConfigured(process.env),
    });
    if (process.stdout.isTTY) process.stdout.write(formatReady(daemon));
    await stop;
    await daemon.stop();
    return EXIT_CODES.done;
  } catch (thrown) {
    return explain(thrown);
  }
}

/** Resolves at the first signal; the second one ends the process there and then. */
function listenForSignals(): Promise<void> {
  return new Promise((resolve) => {
    let isStopping = false;
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.on(signal, () => {
        if (isStopping) process.exit(128 + constants.signals[signal]);
        isStopping = true;
        resolve();
      });
    }
  });
}

function explain(thrown: unknown): number {
  if (thrown instanceof SettingsError) {
    for (const problem of thrown.problems) process.stderr.write(`tollgate: ${problem}\n`);
    return EXIT_CODES.settings;
  }
  if (thrown instanceof StartFailure) {
    process.stderr.write(`tollgate: ${thrown.message}\n`);
    return EXIT_CODES[thrown.kind];
  }
  process.stderr.write(
    `tollgate: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}\n`,
  );
  return EXIT_CODES.fault;
}

function changedSettings({ sources }: SettingsInForce): readonly string[] {
  return Object.entries(sources)
    .filter(([, source]) => source !== "default")
    .map(([name, source]) => `${name} (${source})`);
}

function formatReady({ addresses }: Daemon): string {
  const doors = Object.entries(addresses).map(([name, address]) => `${name} ${address}`);
  return `Tollgate serves: ${doors.join(" · ")}\n`;
}
