import { type DestinationStream, pino } from "pino";
import { keepAllowed, type LogFields } from "./log-fields.ts";

// One JSON line per event on the error output. Fields by allow-list only; bursts are cut to a rate.

export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";

export interface Logger {
  level: LogLevel;
  log(level: Exclude<LogLevel, "silent">, fields: LogFields, message: string): void;
  /** Waits until everything is written; call before the process ends. */
  flush(): void;
}

/** The file descriptor of the error output: standard output stays free for what commands print. */
const ERROR_OUTPUT = 2;

export function createLogger(level: LogLevel, destination?: DestinationStream): Logger {
  const output = destination ?? pino.destination({ fd: ERROR_OUTPUT, sync: false });
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: keepAllowed },
    },
    output,
  );
  return {
    get level() {
      return logger.level as LogLevel;
    },
    set level(next) {
      logger.level = next;
    },
    log: (at, fields, message) => logger[at](fields, message),
    flush: () => {
      if ("flushSync" in output && typeof output.flushSync === "function") output.flushSync();
    },
  };
}
