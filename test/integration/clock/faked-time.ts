import { globSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

// The clocks of a process as Debian's faketime shows them to it; what they show is read anew from a file at every look.

/** What Debian's `faketime` and others load into a program. Asking the program itself fails where an id of a process comes again. */
const LIBRARIES = "/usr/{lib,lib64,local/lib}/{faketime,*/faketime}/libfaketime.so.1";

function findLibrary(): string {
  const [library] = globSync(LIBRARIES);
  if (library === undefined) throw new Error(`no library of faketime at ${LIBRARIES}`);
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
