import { describe, expect, test } from "vitest";
import { networkPolicy } from "../../../../../src/engine/guards/effects/network-policy.ts";
import { judgeNetworkTarget } from "../../../../../src/engine/network/judge-network-target.ts";
import { settingsOf } from "../guard-fixture.ts";
import { hasData, readCorpus } from "../input/read-data.ts";
import { beforeOf, factsOf } from "./inputs.ts";

if (!hasData) console.log("corpus of targets: skipped, there is no data (set TOLLGATE_DATA_DIR)");

interface Row {
  /** One after the other, as redirects would lead. */
  readonly urls: readonly string[];
  /** Answers for every name at the first look-up and, if asked again, at the second. */
  readonly answers: readonly (readonly string[])[];
  readonly expected: string;
  readonly line: string;
}

function readRows(): Row[] {
  return readCorpus("ssrf.tsv").map((cells) => {
    const [input = "", expected = ""] = cells;
    const [text = "", answers] = input.split(" => ");
    const lookUps = (answers ?? "8.8.8.8").split(" ; ");
    return {
      urls: text.split(" -> "),
      answers: lookUps.map((addresses) => addresses.split(",").filter((address) => address !== "")),
      expected,
      line: cells.join("\t"),
    };
  });
}

/** Answers for whatever name is asked. */
function answerAll(addresses: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const answers = new Map<string, readonly string[]>();
  answers.get = () => addresses;
  return answers;
}

const policies = {
  "the defaults with names resolved": settingsOf("network_policy", { resolve_dns: true }),
  "http and https only": settingsOf("network_policy", { resolve_dns: true, schemes: ["http", "https"] }),
};

describe.each(Object.entries(policies))("the corpus of targets under %s", (_, settings) => {
  const rows = readRows();

  test.skipIf(!hasData)("as the argument of a tool", () => {
    const wrong = rows.filter(({ urls, answers, expected }) => {
      // A name that answers twice is asked twice where its answers live shorter than a second, as a rebinding one's do.
      const facts = factsOf({ addresses: answerAll(answers.flat()) });
      const isRefused = urls.some(
        (url) =>
          (
            networkPolicy.before?.(beforeOf(settings, undefined, { tool: "fetch" }, { url }, facts)).notes ??
            []
          ).length > 0,
      );
      return isRefused !== (expected === "block");
    });
    expect(wrong.map(({ line }) => line)).toEqual([]);
  });

  test.skipIf(!hasData)("as the target of an intent", () => {
    const wrong = rows.filter(({ urls, answers, expected }) => {
      const isRefused = urls.some(
        (text) =>
          judgeNetworkTarget(
            settings,
            { form: /^\d+$/.test(text) ? "host" : "url", text },
            answerAll(answers.flat()),
          ) !== undefined,
      );
      return isRefused !== (expected === "block");
    });
    expect(wrong.map(({ line }) => line)).toEqual([]);
  });

  test.skipIf(!hasData)("inside a longer text and in an argument of any name", () => {
    const wrong = rows.filter(({ urls, answers, expected, line }) => {
      // Alone these are targets; between other words they are words.
      if (/^(?:about|unix|blob|http:\/\/\/|http:\/\/1\.1\.1\.1 |\d+\t)/.test(line)) return false;
      const facts = factsOf({ addresses: answerAll(answers.flat()) });
      const isRefused = urls.some((url) => {
        const args = { note: `Please fetch ${url} and tell me.` };
        return (
          (networkPolicy.before?.(beforeOf(settings, undefined, { tool: "f" }, args, facts)).notes ?? [])
            .length > 0
        );
      });
      return isRefused !== (expected === "block");
    });
    expect(wrong.map(({ line }) => line)).toEqual([]);
  });
});
