import { execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

// The clocks of a process as Debian's faketime shows them to it; what they show is read anew from a file at every look.

/** What `faketime` loads into a program: its path differs between machines. */
function findLibrary(): string {
  const environment = execFileSync("faketime", ["-f", "+0", "env"], { encoding: "utf8" });
  const library = /^LD_PRELOAD=(.+)$/m.exec(environment)?.[1];
  if (library === undefined) throw new Error("faketime names no library");
  return library;
}

/** `wall`: the monotonic clock goes on as it does. `all`: both move together, as when time passes. */
export type FakedClocks = "wall" | "all";

export class FakedTime {
  /** For the process whose clocks they are. */
  readonly environment: { readonly [name: string]: string };
  readonly #path: string;

  constructor(clocks: FakedClocks) {
    this.#path = join(mkdtempSync(join(tmpdir(), "tollgate-time-")), "now");
    this.show("+0");
    this.environment = {
      LD_PRELOAD: findLibrary(),
      FAKETIME_TIMESTAMP_FILE: this.#path,
      FAKETIME_NO_CACHE: "1",
      TZ: "UTC",
      ...(clocks === "wall" ? { FAKETIME_DONT_FAKE_MONOTONIC: "1", DONT_FAKE_MONOTONIC: "1" } : {}),
    };
  }

  /** An offset such as `+31m` or `-2h`. */
  show(offset: string): void {
    writeFileSync(this.#path, `${offset}\n`);
  }

  /** An instant such as `2038-01-19T03:14:05Z`, from which the clock goes on. Answers it in s since 1970. */
  showInstant(instant: string): number {
    const seconds = Date.parse(instant) / 1_000;
    const offset = Math.floor(seconds - Date.now() / 1_000);
    this.show(`${offset < 0 ? "" : "+"}${offset}`);
    return seconds;
  }
}
