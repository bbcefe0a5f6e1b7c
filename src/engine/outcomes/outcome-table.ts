import type { CallerId } from "../../domain/ids.ts";

/** What came of a decision, by name, for example `user_accepted`. */
export type OutcomeValue = boolean | string;

/** A decision that carried an operation, or an approval: what outcomes are about. */
export interface OutcomeSubject {
  readonly caller: CallerId;
  readonly tenant: string;
  readonly executionId: string;
  /** What was recorded so far. */
  readonly outcome: Map<string, OutcomeValue>;
}

/** Subjects kept in memory: far more than become durable in the time that a cut takes. Older ones are read from the file. */
export const MAX_SUBJECTS = 10_000;

/** The latest subjects; whatever is not among them is in the file. */
export class OutcomeTable {
  readonly #subjects = new Map<string, OutcomeSubject>();

  find(id: string): OutcomeSubject | undefined {
    return this.#subjects.get(id);
  }

  remember(id: string, subject: OutcomeSubject): void {
    this.#subjects.delete(id);
    this.#subjects.set(id, subject);
    if (this.#subjects.size <= MAX_SUBJECTS) return;
    for (const oldest of this.#subjects.keys()) {
      this.#subjects.delete(oldest);
      return;
    }
  }
}
