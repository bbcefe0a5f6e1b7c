import { randomBytes } from "node:crypto";

/**
 * Which counted stream of the daemon a reporter writes: its epoch, and how the numbers of this process map to sequences.
 * Sequences are contiguous from 1 in every epoch.
 */
export class ReporterEpoch {
  readonly #given: bigint | undefined;
  #epoch: bigint;
  /** Number less sequence. */
  #base = 0;
  /** What `resume` says: this epoch has sent a batch before. */
  #hasSent: boolean;
  /** Highest sequence that was ever said to be durable. */
  #durableSeen = 0;

  constructor(given: bigint | undefined) {
    this.#given = given;
    this.#epoch = given ?? randomEpoch();
    // A given epoch has sent before, for all we know; the daemon says when it has not.
    this.#hasSent = given !== undefined;
  }

  get epoch(): bigint {
    return this.#epoch;
  }

  get base(): number {
    return this.#base;
  }

  get hasSent(): boolean {
    return this.#hasSent;
  }

  get durableSeen(): number {
    return this.#durableSeen;
  }

  noteSent(): void {
    this.#hasSent = true;
  }

  noteDurable(sequence: number): void {
    this.#durableSeen = Math.max(this.#durableSeen, sequence);
  }

  /**
   * The daemon knows nothing of this epoch. A given epoch begins anew when nothing of it was ever durable, a random one
   * is replaced. Answers what was done; "stop" when nothing can be.
   *
   * @param firstKept number of the oldest report that will be sent again
   */
  restart(firstKept: number): "same_epoch" | "new_epoch" | "stop" {
    if (this.#given !== undefined) {
      if (this.#durableSeen > 0) return "stop";
      this.#hasSent = false;
      return "same_epoch";
    }
    this.#epoch = randomEpoch();
    this.#base = firstKept - 1;
    this.#hasSent = false;
    this.#durableSeen = 0;
    return "new_epoch";
  }
}

/** 64 random bits, never 0. */
function randomEpoch(): bigint {
  return randomBytes(8).readBigUInt64BE() | 1n;
}
