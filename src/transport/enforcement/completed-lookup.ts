import type { CallerId } from "../../domain/ids.ts";
import { callerKey } from "../../engine/executions/execution-record.ts";
import { NO_INDEX } from "../../engine/executions/execution-table.ts";
import { restoreCompleted } from "../../engine/rows/restore-completed.ts";
import type { EngineAccess } from "../engine-access.ts";
import type { TransportObserver } from "../transport-observer.ts";

/** How long an id that the file does not know is not asked for again, ms; and how many are remembered. */
const UNKNOWN_MEMORY_MS = 60_000;
const MAX_UNKNOWN = 10_000;

/** The body of the newest row of `completed_executions` whose subject is the key; undefined when there is none. */
export type FindCompleted = (key: string) => Promise<string | undefined>;

/** Executions that completed longer ago than memory goes back, looked up in the file before the engine's turn. */
export class CompletedLookup {
  readonly #host: EngineAccess;
  readonly #find: FindCompleted;
  readonly #observer: TransportObserver;
  /** Monotonic instant until which an id is known to be unknown. */
  readonly #unknown = new Map<string, number>();

  constructor(host: EngineAccess, find: FindCompleted, observer: TransportObserver) {
    this.#host = host;
    this.#find = find;
    this.#observer = observer;
  }

  /** Whether an id has to be looked up before a turn can judge it. */
  isMissing(caller: CallerId, executionId: string): boolean {
    if (executionId === "") return false;
    if (this.#host.world.executions.find(caller, executionId) !== NO_INDEX) return false;
    const until = this.#unknown.get(callerKey(caller, executionId));
    return until === undefined || until <= this.#host.now().monoMs;
  }

  /** The row of a completed execution; a file that cannot be asked counts as one that does not know. */
  async find(caller: CallerId, executionId: string): Promise<string | undefined> {
    const key = callerKey(caller, executionId);
    try {
      const body = await this.#find(key);
      if (body === undefined) this.#rememberUnknown(key);
      return body;
    } catch (cause) {
      this.#observer.lookupFailed(cause);
      return undefined;
    }
  }

  /** Takes a completed execution up again when memory does not know it and the file does. */
  async restore(caller: CallerId, executionId: string): Promise<void> {
    if (!this.isMissing(caller, executionId)) return;
    const body = await this.find(caller, executionId);
    if (body === undefined) return;
    this.#host.turn((world, now) => restoreCompleted(world, body, now));
  }

  /** An id was registered: it is unknown no more. */
  forget(caller: CallerId, executionId: string): void {
    this.#unknown.delete(callerKey(caller, executionId));
  }

  #rememberUnknown(key: string): void {
    if (this.#unknown.size >= MAX_UNKNOWN) {
      const oldest = this.#unknown.keys().next().value;
      if (oldest !== undefined) this.#unknown.delete(oldest);
    }
    this.#unknown.set(key, this.#host.now().monoMs + UNKNOWN_MEMORY_MS);
  }
}
