import { type Arbitrary, array, integer, record, tuple } from "fast-check";

/** The beginning of a message, of any length, with up to three of its bytes changed. */
export function changedBytes(message: Buffer): Arbitrary<Buffer> {
  const change = record({
    at: integer({ min: 0, max: message.length - 1 }),
    to: integer({ min: 0, max: 255 }),
  });
  const length = integer({ min: 0, max: message.length });
  return tuple(array(change, { maxLength: 3 }), length).map(([changes, end]) => {
    const bytes = Buffer.from(message.subarray(0, end));
    for (const { at, to } of changes) if (at < end) bytes[at] = to;
    return bytes;
  });
}
