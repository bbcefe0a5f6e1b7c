import { cpSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  BASELINE_HEAD,
  type PolicyDaemon,
  PolicyDirectory,
  startPolicyDaemon,
  tenantText,
  usePolicyDaemon,
} from "./policy-daemon.ts";

/** Reason and verdict of a registration. */
async function register({ client }: PolicyDaemon, tenant: string, labels: { [name: string]: string } = {}) {
  const { decision } = await client.calls.registerExecution({
    executionId: `${tenant}-${Object.keys(labels).length}`,
    principal: { tenant },
    labels,
  });
  return { allowed: decision?.allowed, reasons: decision?.findings.map(({ reason }) => reason) };
}

describe("tenants and their documents", () => {
  test("P8: a tenant whose document never was good is refused with POLICY_INVALID, all others are served", async () => {
    const daemon = await usePolicyDaemon({
      "acme.yaml": tenantText("acme", "execution: {max_steps: many}\n"),
      "beta.yaml": tenantText("beta", "execution: {max_steps: 5}\n"),
    });
    expect(await register(daemon, "acme")).toEqual({ allowed: false, reasons: ["POLICY_INVALID"] });
    expect(await register(daemon, "beta")).toMatchObject({ allowed: true });
    daemon.directory.swap({
      "acme.yaml": tenantText("acme", "execution: {max_steps: 5}\n"),
      "beta.yaml": tenantText("beta"),
    });
    await daemon.waitFor("policy_swapped");
    expect(await register(daemon, "acme")).toMatchObject({ allowed: true });
  });

  test("a tenant without a document is the baseline's, or refused where the platform says so", async () => {
    const daemon = await usePolicyDaemon({
      "base.yaml": `${BASELINE_HEAD}unknown_tenant: block\n`,
      "acme.yaml": tenantText("acme"),
    });
    expect(await register(daemon, "nobody")).toEqual({ allowed: false, reasons: ["TENANT_UNKNOWN"] });
    expect(await register(daemon, "acme")).toMatchObject({ allowed: true });
    daemon.directory.swap({ "base.yaml": BASELINE_HEAD, "acme.yaml": tenantText("acme") });
    await daemon.waitFor("policy_swapped");
    expect(await register(daemon, "nobody")).toMatchObject({ allowed: true });
  });
});

describe("sample policies", () => {
  test("the platform's hold tenants to what their comments say", async () => {
    const directory = new PolicyDirectory();
    rmSync(directory.path, { recursive: true });
    cpSync("deploy/policies/platform", directory.path, { recursive: true });
    const daemon = await startPolicyDaemon(directory, {
      quotas: join(process.cwd(), "deploy/policies/quotas.yaml"),
    });
    onTestFinished(() => daemon.stop());
    expect((await register(daemon, "stranger", { cost_center: "1" })).reasons).toEqual(["TENANT_UNKNOWN"]);
    expect((await register(daemon, "acme")).reasons).toEqual(["LABEL_MISSING"]);
    expect(await register(daemon, "acme", { cost_center: "1" })).toMatchObject({ allowed: true });
    expect(readFileSync("deploy/policies/platform/tenants.yaml", "utf8")).toContain("max_steps: 400");
    const { execution } = await daemon.client.calls.getExecution({ executionId: "acme-1" });
    expect(execution?.limits.find(({ key }) => key === "max_steps")).toMatchObject({
      value: { value: { value: 400n } },
      ceiling: { value: { value: 1_000n } },
      document: "tenants.yaml",
    });
  });
});
