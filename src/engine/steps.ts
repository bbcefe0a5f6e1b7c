// Work that is too long for one turn of the event loop. The engine waits for nobody: it offers such work in pieces, and
// whoever has a loop lets others have their turn in between.

/** Work in pieces of at most a millisecond or so; where a longer one cannot be cut, it is a piece of its own. */
export type Steps<T> = Generator<undefined, T, unknown>;

/** Does all of it now. */
export function finish<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
