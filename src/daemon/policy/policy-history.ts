import { ALL_MAX_BYTES } from "../../config/policy/files/find-files.ts";
import type { Replaced } from "./policy-content.ts";

// The policies before the one in force, to be compared. Of each only what the next one replaced is kept: whole policies of a
// thousand tenants, parsed and compiled, would be most of the heap after a few reloads, and V8 would stand still to look
// through them.

interface Remembered {
  readonly etag: string;
  readonly replaced: Replaced;
  readonly characters: number;
}

/** Policies that are remembered beside the one in force. */
const REMEMBERED = 31;
/** Characters that all of them may take together; the last one is remembered whatever it takes. */
const CHARACTERS_MAX = ALL_MAX_BYTES;

export class PolicyHistory {
  /** Oldest first. */
  readonly #policies: Remembered[] = [];
  #characters = 0;

  /** The policy `etag` is replaced. */
  add(etag: string, replaced: Replaced): void {
    let characters = 0;
    for (const [key, json = ""] of replaced) characters += key.length + json.length;
    this.#policies.push({ etag, replaced, characters });
    this.#characters += characters;
    const isTooMuch = () =>
      this.#policies.length > REMEMBERED || (this.#policies.length > 1 && this.#characters > CHARACTERS_MAX);
    while (isTooMuch()) this.#characters -= this.#policies.shift()?.characters ?? 0;
  }

  /** What this policy and all later ones had replaced, oldest first; undefined when it is not remembered. */
  since(etag: string): readonly Replaced[] | undefined {
    const place = this.#policies.findLastIndex((one) => one.etag === etag);
    return place < 0 ? undefined : this.#policies.slice(place).map(({ replaced }) => replaced);
  }
}
