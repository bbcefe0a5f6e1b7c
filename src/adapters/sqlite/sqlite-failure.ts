// Turns what SQLite or the file system throws into short words for operators. No path and no SQL leaves the adapter.

/** The code of a driver or system error: `SQLITE_FULL`, `ENOSPC` …; empty when there is none. */
export function failureCode(thrown: unknown): string {
  const code = thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
  return typeof code === "string" ? code : "";
}

/** Codes of an error whose cause is the content of the file, not the disk under it. */
export function isDamage(thrown: unknown): boolean {
  const code = failureCode(thrown);
  // A damaged schema text shows itself as "no such table" or "malformed", both SQLITE_ERROR, or as a constraint that never was.
  const oddities = [
    "SQLITE_ERROR",
    "SQLITE_MISMATCH",
    "SQLITE_TOOBIG",
    "SQLITE_RANGE",
    "SQLITE_EMPTY",
    "SQLITE_FORMAT",
  ];
  return (
    code.startsWith("SQLITE_CORRUPT") ||
    code.startsWith("SQLITE_NOTADB") ||
    code.startsWith("SQLITE_CONSTRAINT") ||
    code === "SQLITE_IOERR_SHORT_READ" ||
    oddities.includes(code) ||
    thrown instanceof RangeError ||
    thrown instanceof SyntaxError
  );
}

export function isFull(thrown: unknown): boolean {
  const code = failureCode(thrown);
  return code.startsWith("SQLITE_FULL") || code === "ENOSPC" || code === "EDQUOT";
}

/** One short text: `disk full`, `input/output error` … */
export function failureText(thrown: unknown): string {
  const code = failureCode(thrown);
  if (isFull(thrown)) return "disk full";
  if (code.startsWith("SQLITE_IOERR") || code === "EIO") return "input/output error";
  if (code.startsWith("SQLITE_CORRUPT") || code.startsWith("SQLITE_NOTADB")) return "the file is damaged";
  if (code.startsWith("SQLITE_READONLY") || code === "EROFS" || code === "EACCES" || code === "EPERM")
    return "read-only";
  if (code.startsWith("SQLITE_BUSY") || code.startsWith("SQLITE_LOCKED"))
    return "another process holds the file";
  if (code !== "") return `store error ${code}`;
  return thrown instanceof Error ? `store error: ${thrown.message}` : "store error";
}
