import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isScalar,
  LineCounter,
  parseAllDocuments,
  visit,
} from "yaml";

// YAML documents with the place of every value. Anchors and aliases are refused: a few bytes of them make gigabytes.

/** One document of a file. */
export interface YamlSource {
  readonly value: unknown;
  /** `FILE:LINE:COLUMN` of a value, or of the nearest thing around it that is there. */
  position(path: readonly PropertyKey[]): string;
  /** The same of a key within a mapping. */
  positionOfKey(path: readonly PropertyKey[], key: string): string;
}

/** Parses a file that may hold several documents; adds every syntax error to `problems`. */
export function parseYaml(name: string, text: string, problems: string[]): readonly YamlSource[] {
  const lines = new LineCounter();
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${name}:${line}:${col}`;
  };
  let documents: readonly Document.Parsed[];
  try {
    documents = [
      ...parseAllDocuments(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false }),
    ] as Document.Parsed[];
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown;
    problems.push(`${name}:1:1: is nested too deeply`);
    return [];
  }
  const sources: YamlSource[] = [];
  for (const document of documents) {
    const before = problems.length;
    for (const error of document.errors) problems.push(`${at(error.pos[0])}: ${error.message}`);
    refuseAnchors(document, at, problems);
    if (problems.length > before || document.contents === null) continue;
    sources.push({
      value: document.toJS({ maxAliasCount: 0 }),
      position: (path) => at(offsetOf(document, path)),
      positionOfKey: (path, key) => at(offsetOfKey(document, path, key) ?? offsetOf(document, path)),
    });
  }
  return sources;
}

function refuseAnchors(document: Document.Parsed, at: (offset: number) => string, problems: string[]): void {
  visit(document, {
    Node: (_key, node) => {
      const isAnchor = (isCollection(node) || isScalar(node)) && node.anchor !== undefined;
      if (isAlias(node) || isAnchor)
        problems.push(`${at(node.range?.[0] ?? 0)}: anchors and aliases are not allowed`);
    },
  });
}

function offsetOf(document: Document.Parsed, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return document.contents?.range?.[0] ?? 0;
}

function offsetOfKey(
  document: Document.Parsed,
  path: readonly PropertyKey[],
  key: string,
): number | undefined {
  const map = path.length === 0 ? document.contents : document.getIn(path, true);
  if (!isMap(map)) return undefined;
  for (const pair of map.items) {
    if (isScalar(pair.key) && String(pair.key.value) === key) return pair.key.range?.[0];
  }
  return undefined;
}
