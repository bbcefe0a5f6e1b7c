import type { MonoMs } from "../../domain/time.ts";

// One ordered set of deadlines: a binary heap over typed arrays. Entries are never removed early: what has become void is
// recognised when it comes up, by the stamp of its owner.

export const DEADLINE = {
  wallTime: 0,
  workingTime: 1,
  idle: 2,
  reservation: 3,
  stepTimeout: 4,
  approval: 5,
  forgetExecution: 6,
  sweep: 7,
  sweepRequests: 8,
  toolCall: 9,
  endHalted: 10,
} as const;

export interface DueDeadline {
  readonly kind: number;
  readonly key: number;
  readonly stamp: number;
}

export class Deadlines {
  #at = new Float64Array(1024);
  #kind = new Uint8Array(1024);
  #key = new Int32Array(1024);
  #stamp = new Int32Array(1024);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The earliest deadline, or undefined when there is none. */
  next(): MonoMs | undefined {
    return this.#size === 0 ? undefined : (this.#at[0] as MonoMs);
  }

  add(atMonoMs: number, kind: number, key: number, stamp: number): void {
    if (this.#size === this.#at.length) this.#grow();
    let place = this.#size++;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if ((this.#at[parent] as number) <= atMonoMs) break;
      this.#move(parent, place);
      place = parent;
    }
    this.#set(place, atMonoMs, kind, key, stamp);
  }

  /** Takes the earliest deadline that is not after `monoMs`. */
  takeDue(monoMs: number): DueDeadline | undefined {
    if (this.#size === 0 || (this.#at[0] as number) > monoMs) return undefined;
    const due = {
      kind: this.#kind[0] as number,
      key: this.#key[0] as number,
      stamp: this.#stamp[0] as number,
    };
    const last = --this.#size;
    if (last > 0) {
      const at = this.#at[last] as number;
      let place = 0;
      for (;;) {
        let child = place * 2 + 1;
        if (child >= last) break;
        if (child + 1 < last && (this.#at[child + 1] as number) < (this.#at[child] as number)) child++;
        if ((this.#at[child] as number) >= at) break;
        this.#move(child, place);
        place = child;
      }
      this.#set(
        place,
        at,
        this.#kind[last] as number,
        this.#key[last] as number,
        this.#stamp[last] as number,
      );
    }
    return due;
  }

  #move(from: number, to: number): void {
    this.#set(
      to,
      this.#at[from] as number,
      this.#kind[from] as number,
      this.#key[from] as number,
      this.#stamp[from] as number,
    );
  }

  #set(place: number, at: number, kind: number, key: number, stamp: number): void {
    this.#at[place] = at;
    this.#kind[place] = kind;
    this.#key[place] = key;
    this.#stamp[place] = stamp;
  }

  #grow(): void {
    const size = this.#at.length * 2;
    const at = new Float64Array(size);
    const kind = new Uint8Array(size);
    const key = new Int32Array(size);
    const stamp = new Int32Array(size);
    at.set(this.#at);
    kind.set(this.#kind);
    key.set(this.#key);
    stamp.set(this.#stamp);
    this.#at = at;
    this.#kind = kind;
    this.#key = key;
    this.#stamp = stamp;
  }
}
