/** Names at first from which the dead ones among them are looked for. */
const FIRST_SWEEP = 1_024;

/**
 * What was compiled, by the text it was compiled from, for as long as somebody uses it: documents that change keep most of
 * what they say, and many tenants say the same. Whether something is found depends on the collector; what it means never does.
 */
export class WeakValues<V extends object> {
  readonly #byText = new Map<string, WeakRef<V>>();
  #sweepAt = FIRST_SWEEP;

  get(text: string): V | undefined {
    return this.#byText.get(text)?.deref();
  }

  set(text: string, value: V): void {
    this.#byText.set(text, new WeakRef(value));
    if (this.#byText.size < this.#sweepAt) return;
    for (const [known, one] of this.#byText) if (one.deref() === undefined) this.#byText.delete(known);
    this.#sweepAt = Math.max(FIRST_SWEEP, this.#byText.size * 2);
  }
}
