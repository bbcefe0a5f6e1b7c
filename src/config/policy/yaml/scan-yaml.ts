import { CST } from "yaml";

// Looks at the tokens of a document before it is parsed, and refuses what a few bytes blow up: anchors, aliases, tags, deep
// nesting, more values than a policy has. The parser itself takes seconds for some of them.

/** Levels of nesting: a policy has nine, JSON Schemas of tools some more. */
export const MAX_DEPTH = 64;
/** Values of one document: 1,000 rules with every key, or 10,000 access rules with an id and a name. */
const MAX_VALUES = 60_000;
/** Refusals of one document that are told; what follows is mostly a consequence. */
const MAX_TOLD = 20;

/** Something wrong at a place of the text. */
export interface Refusal {
  readonly offset: number;
  readonly message: string;
}

const FORBIDDEN: { readonly [type: string]: string } = {
  anchor: "anchors and aliases are not allowed",
  alias: "anchors and aliases are not allowed",
  tag: "tags are not allowed",
  "directive-line": "directives are not allowed",
};

/** Everything that must not be parsed; empty for tokens of a text that may be. */
export function scanYaml(tokens: readonly string[]): readonly Refusal[] {
  const refusals: Refusal[] = [];
  const refuse = (offset: number, message: string): void => {
    refusals.push({ offset, message });
  };
  let offset = 0;
  let depth = 0;
  let inLine = 0;
  let values = 0;
  let isScalarText = false;
  for (const token of tokens) {
    const type: string = isScalarText ? "text" : (CST.tokenType(token) ?? "text");
    isScalarText = type === "scalar";
    if (type === "doc-mode" || type === "flow-error-end" || type === "scalar") continue;
    const why = FORBIDDEN[type];
    if (why !== undefined) refuse(offset, why);
    if (type === "newline") inLine = 0;
    else if (type === "seq-item-ind" || type === "explicit-key-ind" || type === "map-value-ind") inLine++;
    else if (type === "flow-map-start" || type === "flow-seq-start") depth++;
    else if (type === "flow-map-end" || type === "flow-seq-end") depth--;
    else if (type !== "space" && type !== "comment") values++;
    if (depth > MAX_DEPTH || (depth === 0 && inLine > MAX_DEPTH)) {
      refuse(offset, `is nested too deeply: at most ${MAX_DEPTH} levels`);
      return refusals;
    }
    if (depth < 0) {
      refuse(offset, "closes a bracket that is not open");
      return refusals;
    }
    if (values > MAX_VALUES) {
      refuse(offset, `has too many values: at most ${MAX_VALUES} in a document`);
      return refusals;
    }
    if (refusals.length === MAX_TOLD) return refusals;
    offset += token.length;
  }
  return refusals;
}
