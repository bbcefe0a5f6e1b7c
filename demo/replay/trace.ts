import { UsageError } from "../options.ts";

/** One call of a model, as the trace has it. */
export interface Invocation {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** Lines `TIMESTAMP,ContextTokens,GeneratedTokens` behind one line of names. @throws UsageError naming the line */
export function parseTrace(text: string, path: string): readonly Invocation[] {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  return lines.slice(1).map((line, index) => {
    const [, inputTokens, outputTokens] = line.split(",");
    if (!isCount(inputTokens) || !isCount(outputTokens)) {
      throw new UsageError(
        `${path}, line ${index + 2}: wanted TIMESTAMP,ContextTokens,GeneratedTokens, found "${line}"`,
      );
    }
    return { inputTokens: Number(inputTokens), outputTokens: Number(outputTokens) };
  });
}

function isCount(text: string | undefined): text is string {
  return text !== undefined && /^\d{1,9}$/.test(text);
}
