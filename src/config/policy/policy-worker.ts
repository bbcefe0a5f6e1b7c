// Entry of the thread that reads and parses policy files: answers plain data through the port it was given, and ends.

import { readFileSync } from "node:fs";
import { workerData } from "node:worker_threads";
import { findFiles } from "./files/find-files.ts";
import { type PolicyText, parseFiles } from "./files/parse-files.ts";
import type { PolicyAnswer, PolicyWork } from "./files/policy-work.ts";

const { places, known, port } = workerData as PolicyWork;
const problems: string[] = [];
const texts = findFiles(places, problems).flatMap(({ name, path }): readonly PolicyText[] => {
  try {
    return [{ name, path, text: readFileSync(path, "utf8") }];
  } catch (thrown) {
    problems.push(`${path}: cannot be read (${(thrown as NodeJS.ErrnoException).code ?? "unknown"})`);
    return [];
  }
});
const answer = (message: PolicyAnswer): void => {
  port.postMessage(message);
};
const platform = parseFiles(texts, known, (reading) => answer({ type: "tenant", reading }));
answer({
  type: "platform",
  platform: { ...platform, problems: [...problems, ...platform.problems] },
  isEmpty: texts.length === 0 && problems.length === 0,
});
