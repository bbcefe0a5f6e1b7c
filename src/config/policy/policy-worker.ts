// Entry of the thread that reads, parses and writes policies: answers plain data through the port it was given, and ends.

import { readFileSync } from "node:fs";
import { workerData } from "node:worker_threads";
import { findFiles, type PolicyPlaces } from "./files/find-files.ts";
import { type PolicyText, parseFiles } from "./files/parse-files.ts";
import { type PolicyAnswer, type PolicyWork, packDocument, partsOf } from "./files/policy-work.ts";
import { policySchema } from "./schema/policy-schemas.ts";
import { editYaml } from "./yaml/edit-yaml.ts";

/** Null where nobody started a thread: this module is then only loaded. */
const work = workerData as PolicyWork | null;

function answer(message: PolicyAnswer): void {
  work?.port.postMessage(message);
}

function readFiles(places: PolicyPlaces, problems: string[]): readonly PolicyText[] {
  return findFiles(places, problems).flatMap(({ name, path }): readonly PolicyText[] => {
    try {
      return [{ name, path, text: readFileSync(path, "utf8") }];
    } catch (thrown) {
      problems.push(`${path}: cannot be read (${(thrown as NodeJS.ErrnoException).code ?? "unknown"})`);
      return [];
    }
  });
}

function parse(
  texts: readonly PolicyText[],
  known: ReadonlyMap<string, string>,
  problems: readonly string[],
): void {
  const platform = parseFiles(texts, known, (reading) =>
    answer({
      type: "tenant",
      reading: reading.type === "read" ? { ...reading, document: packDocument(reading.document) } : reading,
    }),
  );
  for (const part of partsOf(platform)) answer(part);
  const { prices, tools, ...rest } = platform;
  answer({
    type: "platform",
    platform: {
      ...rest,
      charges: prices?.charges,
      hasTools: tools !== undefined,
      baseline: platform.baseline && packDocument(platform.baseline),
      problems: [...problems, ...platform.problems],
    },
    isEmpty: texts.length === 0 && problems.length === 0,
  });
}

switch (work?.type) {
  case "files": {
    const problems: string[] = [];
    const texts = readFiles(work.places, problems);
    parse(texts, work.known, problems);
    break;
  }
  case "texts":
    parse(work.texts, new Map(), []);
    break;
  case "edit":
    answer({ type: "text", text: editYaml(work.text, work.section, work.value) });
    break;
  case "schema":
    answer({ type: "text", text: JSON.stringify(policySchema(work.kind)) });
    break;
  case undefined:
}
