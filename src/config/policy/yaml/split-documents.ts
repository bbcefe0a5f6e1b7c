// Cuts a file into its documents before anything is parsed: a line that starts with `---` or `...` can be nothing else in YAML.

export interface DocumentText {
  readonly text: string;
  /** Line of the file on which the text begins, from 1. */
  readonly line: number;
}

const BORDER = /^(?:---|\.\.\.)(?=\s|$)/gm;

/** Documents in order; stretches without anything but comments are none. */
export function splitDocuments(text: string): readonly DocumentText[] {
  const starts = [0];
  for (const { index, 0: border } of text.matchAll(BORDER))
    starts.push(border === "..." ? index + border.length : index);
  const documents: DocumentText[] = [];
  let line = 1;
  for (const [place, start] of starts.entries()) {
    const piece = text.slice(start, starts[place + 1] ?? text.length).replace(/\n\.\.\.$/, "\n");
    if (hasContent(piece)) documents.push({ text: piece, line });
    line += countLines(piece);
  }
  return documents;
}

function hasContent(piece: string): boolean {
  return piece
    .replace(/^---(?=\s|$)/, "")
    .split("\n")
    .some((one) => /^\s*[^#\s]/.test(one));
}

function countLines(piece: string): number {
  let lines = 0;
  for (let at = piece.indexOf("\n"); at >= 0; at = piece.indexOf("\n", at + 1)) lines++;
  return lines;
}
