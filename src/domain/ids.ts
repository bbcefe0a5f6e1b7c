/** The socket or credential that a request came through. Every id that a client chooses is kept per caller. */
export type CallerId = string & { readonly __brand: "CallerId" };
export type ExecutionId = string & { readonly __brand: "ExecutionId" };

/** Longest id, in characters: ids are kept per row and per log line. */
export const MAX_ID_LENGTH = 128;

/** Opaque text of 1 to 128 visible ASCII characters (0x21 to 0x7e). */
export function isId(text: string): boolean {
  const length = text.length;
  if (length === 0 || length > MAX_ID_LENGTH) return false;
  for (let at = 0; at < length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x21 || code > 0x7e) return false;
  }
  return true;
}
