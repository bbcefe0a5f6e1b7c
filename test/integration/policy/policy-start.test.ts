import { afterEach, describe, expect, test } from "vitest";
import { DaemonProcess } from "../daemon/daemon-process.ts";
import {
  BASELINE_HEAD,
  maxSteps,
  type PolicyDaemon,
  PolicyDirectory,
  startPolicyDaemon,
  tenantText,
} from "./policy-daemon.ts";

const running: PolicyDaemon[] = [];

afterEach(async () => {
  for (const daemon of running.splice(0)) await daemon.stop();
});

describe("policy files at the start", () => {
  test("bad documents of the platform: exit 78 with all errors of all of them", async () => {
    const directory = new PolicyDirectory();
    directory.swap({
      "base.yaml": `${BASELINE_HEAD}execution: {max_steps: {default: 10, max: 5}}\n`,
      "prices.yaml": "apiVersion: tollgate.dev/v1\nkind: Prices\nmodels: []\n",
      "tools.yaml": "apiVersion: tollgate.dev/v1\nkind: Tools\ntools: [{name: a, side_effect: none}]\n",
      "quotas.yaml": "version: 2\n",
      "schemas.yaml":
        "apiVersion: tollgate.dev/v1\nkind: Tools\ntools: [{name: b, schema: {type: nothing}}]\n",
    });
    const daemon = DaemonProcess.spawn({ POLICY: directory.path });
    expect(await daemon.waitForExit()).toBe(78);
    const output = daemon.lines.join("\n");
    for (const place of [
      "base.yaml:3:34",
      "prices.yaml:3:9",
      "tools.yaml:3:32",
      "quotas.yaml:1:10",
      "schemas.yaml:3:27",
    ])
      expect(output).toContain(place);
  });

  test("a document of a tenant that does not say whose it is: exit 78, for nobody can tell who is to be refused", async () => {
    const directory = new PolicyDirectory();
    directory.swap({ "acme.yaml": "apiVersion: tollgate.dev/v1\nkind: Tenant\n" });
    const daemon = DaemonProcess.spawn({ POLICY: directory.path });
    expect(await daemon.waitForExit()).toBe(78);
    expect(daemon.lines.join("\n")).toContain("acme.yaml:1:1: tenant: is required");
  });

  test("a bad document of a tenant, or two of them: all others are served", async () => {
    const directory = new PolicyDirectory();
    directory.swap({
      "acme.yaml": tenantText("acme", "execution: {max_steps: many}\n"),
      "beta.yaml": tenantText("beta", "execution: {max_steps: 7}\n"),
      "gamma.yaml": `${tenantText("gamma")}---\n${tenantText("gamma")}`,
    });
    const daemon = await startPolicyDaemon(directory);
    running.push(daemon);
    expect(await maxSteps(daemon, "beta", "b")).toBe(7n);
    const refused = daemon.lines.filter(({ event }) => event === "tenant_policy_refused");
    expect(refused.map(({ tenant }) => tenant).toSorted()).toEqual(["acme", "gamma"]);
  });

  test("a quotas file that is not there is no error", async () => {
    const daemon = await startPolicyDaemon(new PolicyDirectory(), { quotas: "/nowhere/quotas.yaml" });
    running.push(daemon);
    expect((await daemon.client.calls.getInfo({})).policyEtag).toBe("built-in");
  });

  test("what counts pod by pod is told in the log, in GetInfo and in the explained policy", async () => {
    const directory = new PolicyDirectory();
    const shared =
      "quotas: {tenant: {requests: {hour: {value: 5, scope: cluster, on_unavailable: allow}}}}\n";
    directory.swap({
      "acme.yaml": tenantText("acme", "quotas: {tenant: {requests: {hour: 10, day: 90}}}\n"),
      "beta.yaml": tenantText("beta", shared),
      "gamma.yaml": tenantText("gamma", "quotas: {tenant: {requests: {hour: 10}}}\n"),
    });
    const daemon = await startPolicyDaemon(directory);
    running.push(daemon);
    const line = (event: string) => daemon.lines.find((one) => one.event === event);
    expect(line("quota_not_shared")).toMatchObject({
      keys: ["acme.yaml: quotas.tenant.requests.day"],
      count: 1,
    });
    expect(line("shared_store_missing")).toMatchObject({ keys: ["beta.yaml: quotas.tenant.requests.hour"] });
    const { warnings } = await daemon.client.calls.getInfo({});
    expect(warnings).toEqual(["QUOTA_NOT_SHARED", "SHARED_STORE_MISSING"]);
    await daemon.client.calls.registerExecution({ executionId: "run", principal: { tenant: "beta" } });
    const charge = (requestId: string) =>
      daemon.client.calls.charge({ requestId, executionId: "run", intent: { weight: 5n } });
    expect((await charge("1")).decision?.allowed).toBe(true);
    expect((await charge("2")).decision?.findings).toMatchObject([
      { message: "Hourly request quota exceeded: 10 > 5" },
    ]);
    directory.swap({ "gamma.yaml": tenantText("gamma", "quotas: {tenant: {requests: {hour: 10}}}\n") });
    await daemon.waitFor("policy_swapped");
    expect((await daemon.client.calls.getInfo({})).warnings).toEqual([]);
  });

  test("a document that is looser than a baseline that fell is clamped after a restart too, and told", async () => {
    const directory = new PolicyDirectory();
    const tenant = tenantText("acme", "execution: {max_steps: 500}\n");
    directory.swap({
      "baseline.yaml": `${BASELINE_HEAD}execution: {max_steps: 1000}\n`,
      "acme.yaml": tenant,
    });
    const before = await startPolicyDaemon(directory);
    directory.swap({ "baseline.yaml": `${BASELINE_HEAD}execution: {max_steps: 50}\n`, "acme.yaml": tenant });
    await before.waitFor("policy_swapped");
    expect(await maxSteps(before, "acme", "run-1")).toBe(50n);
    await before.stop();
    const after = await startPolicyDaemon(directory);
    running.push(after);
    expect(await maxSteps(after, "acme", "run-2")).toBe(50n);
    expect(after.lines.find(({ event }) => event === "tenant_policy_clamped")).toMatchObject({
      tenant: "acme",
    });
  });
});
