import { describe, expect, test } from "vitest";
import {
  BASELINE_HEAD,
  limitOf,
  maxSteps,
  type PolicyDaemon,
  tenantText,
  usePolicyDaemon,
} from "./policy-daemon.ts";

const steps = (value: number): string => `execution: {max_steps: ${value}}\n`;
const both = (value: number): string => `execution: {max_steps: ${value}, max_tokens: ${value}}\n`;
const bounded = (value: number, max: number): string =>
  `${BASELINE_HEAD}execution: {max_steps: {default: ${value}, max: ${max}}}\n`;

async function readiness({ daemon }: PolicyDaemon): Promise<{ policy: { [key: string]: unknown } }> {
  const response = await fetch(`http://${daemon.addresses.probe}/readyz`);
  return (await response.json()) as { policy: { [key: string]: unknown } };
}

describe("policy files", () => {
  test("P9: are in force from the start, and every limit names its document and line", async () => {
    const running = await usePolicyDaemon({
      "base.yaml": bounded(50, 1_000),
      "acme.yaml": tenantText("acme", steps(500)),
    });
    expect(await maxSteps(running, "acme", "a")).toBe(500n);
    expect(await maxSteps(running, "other", "b")).toBe(50n);
    const { execution } = await running.client.calls.getExecution({ executionId: "a" });
    expect(execution?.limits.find(({ key }) => key === "max_steps")).toMatchObject({
      document: "acme.yaml",
      line: 4,
      ceiling: { value: { case: "count", value: 1_000n } },
    });
  });

  test("a swapped ConfigMap is in force at once: another etag, the next generation, and running executions move", async () => {
    const running = await usePolicyDaemon({ "acme.yaml": tenantText("acme", both(500)) });
    const before = await running.client.calls.getInfo({});
    await maxSteps(running, "acme", "running");
    running.directory.swap({ "acme.yaml": tenantText("acme", both(400)) });
    await running.waitFor("policy_swapped");
    expect(await maxSteps(running, "acme", "fresh")).toBe(400n);
    const charged = await running.client.calls.charge({
      executionId: "running",
      requestId: "r",
      intent: { estimate: { tokens: { input: 401n } } },
    });
    expect(charged.decision?.findings[0]).toMatchObject({ limit: { value: { value: 400n } } });
    const after = await running.client.calls.getInfo({});
    expect(after.policyEtag).not.toBe(before.policyEtag);
    expect(after.policyGeneration).toBe(before.policyGeneration + 1n);
  });

  test("P6: a broken tenant keeps its last good version, clamped by the new baseline; all others move", async () => {
    const running = await usePolicyDaemon({
      "base.yaml": bounded(50, 1_000),
      "acme.yaml": tenantText("acme", steps(500)),
      "beta.yaml": tenantText("beta", steps(600)),
    });
    running.directory.swap({
      "base.yaml": bounded(50, 300),
      "acme.yaml": tenantText("acme", steps(-1)),
      "beta.yaml": tenantText("beta", steps(200)),
    });
    await running.waitFor("policy_swapped");
    const refused = await running.waitFor("tenant_policy_refused");
    expect(refused).toMatchObject({ tenant: "acme" });
    expect(refused["problems"]).toEqual([
      expect.stringContaining("acme.yaml:4:24: execution.max_steps: -1 must be a whole number of at least 0"),
    ]);
    expect(await maxSteps(running, "acme", "a")).toBe(300n);
    expect(await maxSteps(running, "beta", "b")).toBe(200n);
    expect((await readiness(running)).policy).toMatchObject({
      stale_documents: ["acme.yaml"],
      last_reload_error: expect.stringContaining("acme.yaml:4:24"),
    });
    running.directory.swap({ "base.yaml": bounded(50, 300), "acme.yaml": tenantText("acme", steps(7)) });
    await running.waitFor("policy_swapped");
    expect((await readiness(running)).policy).toMatchObject({ stale_documents: [], last_reload_error: null });
  });

  test("a file that does not parse any more keeps the tenants it held", async () => {
    const running = await usePolicyDaemon({ "acme.yaml": tenantText("acme", steps(500)) });
    running.directory.swap({
      "acme.yaml": tenantText("acme", "execution: {"),
      "beta.yaml": tenantText("beta", steps(9)),
    });
    await running.waitFor("policy_swapped");
    expect(await maxSteps(running, "acme", "a")).toBe(500n);
    expect(await maxSteps(running, "beta", "b")).toBe(9n);
  });

  test("a broken document of the platform keeps the whole old set", async () => {
    const running = await usePolicyDaemon({
      "base.yaml": bounded(50, 1_000),
      "acme.yaml": tenantText("acme", steps(500)),
    });
    running.directory.swap({
      "base.yaml": `${BASELINE_HEAD}execution: {max_step: 10}\n`,
      "acme.yaml": tenantText("acme", steps(400)),
    });
    const refused = await running.waitFor("policy_refused");
    expect(refused["problems"]).toEqual([
      expect.stringContaining("base.yaml:3:23: execution.max_step: is no key here"),
    ]);
    expect(await maxSteps(running, "acme", "a")).toBe(500n);
    expect(await maxSteps(running, "other", "b")).toBe(50n);
    expect((await readiness(running)).policy).toMatchObject({
      last_reload_error: expect.stringContaining("base.yaml:3:23"),
    });
  });

  test("a removed document leaves the tenant to the baseline, with a warning", async () => {
    const running = await usePolicyDaemon({
      "base.yaml": bounded(50, 1_000),
      "acme.yaml": tenantText("acme", steps(500)),
    });
    running.directory.swap({ "base.yaml": bounded(50, 1_000) });
    await running.waitFor("policy_swapped");
    expect(await running.waitFor("tenant_policy_removed")).toMatchObject({ tenant: "acme", level: "warn" });
    expect(await maxSteps(running, "acme", "a")).toBe(50n);
  });

  test("P3: under load no request is dropped, and none sees half of a policy", async () => {
    const pair = (value: number): string => tenantText("acme", both(value));
    const running = await usePolicyDaemon({ "acme.yaml": pair(1) });
    const seen = new Set<string>();
    let isDone = false;
    const ask = async (worker: number): Promise<void> => {
      for (let at = 0; !isDone; at++) {
        const executionId = `${worker}-${at}`;
        const { limits } = await running.client.calls.registerExecution({
          executionId,
          principal: { tenant: "acme" },
        });
        const values = ["max_steps", "max_tokens"].map((key) => limitOf(limits, key));
        seen.add(values.join(" "));
        await running.client.calls.completeExecution({ executionId });
      }
    };
    const workers = [1, 2, 3, 4].map(ask);
    for (const value of [2, 3, 4]) {
      running.directory.swap({ "acme.yaml": pair(value) });
      await running.waitFor("policy_swapped");
    }
    isDone = true;
    await Promise.all(workers);
    expect([...seen].every((one) => /^(\d) \1$/.test(one))).toBe(true);
    expect(seen.size).toBeGreaterThan(1);
  });
});
