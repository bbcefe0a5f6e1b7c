/** What was made of objects: found again as long as the object is there. */
export interface Memo<K extends object, V> {
  get(key: K): V | undefined;
  set(key: K, value: V): void;
}

/** What a class that extends this makes is the object that it is given, with the private fields of the class. */
const Onto = function (object: object): object {
  return object;
} as unknown as new (
  object: object,
) => object;

/**
 * A WeakMap whose values hang on their keys themselves. V8 follows a WeakMap while everything stands still: a thousand compiled
 * policies, reached through one, took it 60 ms; what an object names itself it follows beside the work (docs/decisions/0034).
 */
export function createMemo<K extends object, V>(): Memo<K, V> {
  class Made extends Onto {
    #value: V | undefined;

    static get(key: K): V | undefined {
      return #value in key ? (key as Made).#value : undefined;
    }

    static set(key: K, value: V): void {
      const holder = #value in key ? key : new Made(key);
      holder.#value = value;
    }
  }
  return Made;
}
