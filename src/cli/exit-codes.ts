import type { StartFailureKind } from "../daemon/start-failure.ts";

/** After sysexits.h, so that a supervisor can tell what waiting cures from what it does not. */
export const EXIT_CODES = {
  done: 0,
  usage: 64,
  damage: 65,
  address: 69,
  fault: 70,
  store: 74,
  locked: 75,
  settings: 78,
} as const satisfies { readonly [K in StartFailureKind | "done" | "usage" | "fault"]: number };
