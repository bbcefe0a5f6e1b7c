import { type NameResolver, RESOLVE_MAX_ADDRESSES, RESOLVE_MAX_NAMES } from "../../ports/resolve.ts";

/** Answers from a map, without a network; a name that is not in it has no address. */
export function createMemoryResolver(known: ReadonlyMap<string, readonly string[]>): NameResolver {
  let isClosed = false;
  return {
    resolve: (names) => {
      const answers = new Map<string, readonly string[]>();
      for (const name of names) {
        const isAsked = !isClosed && (answers.has(name) || answers.size < RESOLVE_MAX_NAMES);
        answers.set(name, isAsked ? (known.get(name) ?? []).slice(0, RESOLVE_MAX_ADDRESSES) : []);
      }
      return Promise.resolve(answers);
    },
    close: () => {
      isClosed = true;
    },
  };
}
