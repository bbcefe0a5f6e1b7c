import { isMap, parseDocument } from "yaml";

/** Columns at which long texts are folded: never, a diff of versions should show what changed. */
const LINE_WIDTH = 0;

/** A document with one section of its top level replaced; comments and order of all others stay. Undefined takes it out. */
export function editYaml(text: string, section: string, value: unknown): string {
  const document = parseDocument(text);
  if (value === undefined) document.delete(section);
  else document.set(section, document.createNode(value, { aliasDuplicateObjects: false }));
  if (!isMap(document.contents)) throw new TypeError("only documents that are mappings are kept");
  return document.toString({ lineWidth: LINE_WIDTH });
}
