import { setFlagsFromString } from "node:v8";

/**
 * Lets V8 make every object young. It would otherwise learn from the first burst of messages, of which many are under way at
 * once, to make such objects old from the start; old garbage then keeps the young objects that it names, and half of what is decoded
 * is copied before it is collected (docs/decisions/0017). For the whole process; later calls change nothing.
 */
export function keepObjectsYoung(): void {
  setFlagsFromString("--no-allocation-site-pretenuring");
}
