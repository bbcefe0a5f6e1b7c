import type { Telemetry } from "../telemetry.ts";

// What happened to the file.

export interface StoreOpening {
  readonly storeId: string;
  readonly directory: string;
  readonly fresh: boolean;
  readonly lastCut: number;
  readonly executions: number;
  readonly elapsedMs: number;
}

/** The file was opened, and everything in it proved. */
export function storeOpened(telemetry: Telemetry, opening: StoreOpening): void {
  const { storeId, directory, fresh, lastCut, executions, elapsedMs } = opening;
  telemetry.logger.log(
    "info",
    {
      event: "store_opened",
      store_id: storeId,
      directory,
      fresh,
      last_cut: lastCut,
      executions,
      elapsed_ms: elapsedMs,
    },
    fresh ? "store made" : "store opened",
  );
}

export interface StoreLoss {
  readonly storeId: string;
  readonly hole: string | undefined;
  readonly damagedRows: number;
  readonly unproved: readonly string[];
  readonly setAside: string | undefined;
}

/** The file was opened and part of what had been acknowledged is not in it, or does not prove. */
export function storeLossFound(telemetry: Telemetry, loss: StoreLoss): void {
  telemetry.logger.log(
    "error",
    {
      event: "data_loss",
      store_id: loss.storeId,
      hole: loss.hole,
      damaged_rows: loss.damagedRows,
      unproved: loss.unproved,
      set_aside: loss.setAside,
    },
    "part of the store is lost or damaged: what it concerns is marked uncertain",
  );
}

/** A cut is in the file. */
export function cutWritten(
  telemetry: Telemetry,
  cut: { readonly number: number; readonly rows: number; readonly bytes: number; readonly ms: number },
): void {
  const { metrics } = telemetry;
  metrics.cutSeconds.observe(cut.ms / 1_000);
  metrics.cutRows.observe(cut.rows);
  metrics.cutBytes.add(cut.bytes);
}

/** The file began to refuse cuts. Counters go on in memory, nothing more is acknowledged as durable. */
export function storeFailed(
  telemetry: Telemetry,
  state: "failing" | "blocking",
  cause: string | undefined,
): void {
  telemetry.metrics.cutFailures.add();
  const message =
    state === "blocking"
      ? "the file cannot be written: new intents are refused"
      : "the file cannot be written: answers are not durable";
  telemetry.logger.log(
    "error",
    { event: state === "blocking" ? "store_blocking" : "store_failing", cause },
    message,
  );
}

/** The file takes cuts again, and everything is in it. */
export function storeRecovered(telemetry: Telemetry): void {
  telemetry.logger.log("info", { event: "store_recovered" }, "the file is written again");
}
