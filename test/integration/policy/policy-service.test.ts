import { afterEach, describe, expect, test } from "vitest";
import {
  PolicyKind,
  PolicyService,
  PolicySource,
  PolicyState,
} from "../../../src/gen/tollgate/admin/v1/policy_service_pb.ts";
import { TenantPart, TenantService } from "../../../src/gen/tollgate/admin/v1/tenant_service_pb.ts";
import { WaitMode } from "../../../src/gen/tollgate/enforcement/v1/request_pb.ts";
import { connect, failureOf, type WireClient } from "../transport/wire-client.ts";
import {
  BASELINE_HEAD,
  maxSteps,
  type PolicyDaemon,
  PolicyDirectory,
  startPolicyDaemon,
  tenantText,
} from "./policy-daemon.ts";

interface Operated extends PolicyDaemon {
  readonly policies: WireClient<typeof PolicyService>;
  readonly tenants: WireClient<typeof TenantService>;
}

const started: Operated[] = [];

afterEach(async () => {
  for (const daemon of started.splice(0)) await close(daemon);
});

async function close(daemon: Operated): Promise<void> {
  daemon.policies.close();
  daemon.tenants.close();
  await daemon.stop();
}

async function start(
  files: { readonly [name: string]: string } = {},
  directory: PolicyDirectory = new PolicyDirectory(),
): Promise<Operated> {
  if (Object.keys(files).length > 0) directory.swap(files);
  const daemon = await startPolicyDaemon(directory);
  const admin = daemon.daemon.addresses.admin ?? "";
  const operated = {
    ...daemon,
    policies: connect(PolicyService, admin),
    tenants: connect(TenantService, admin),
  };
  started.push(operated);
  return operated;
}

const steps = (value: number): string => `execution:\n  max_steps: ${value} # as agreed\n`;
const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const fromJson = (bytes: Uint8Array | undefined): unknown => JSON.parse(new TextDecoder().decode(bytes));

describe("PolicyService", () => {
  test("P1: a written document is in force when it is answered, and after a restart", async () => {
    const daemon = await start();
    const text = tenantText("acme", steps(40));
    const { document, reached, policyEtag } = await daemon.policies.rpc.put({
      tenant: "acme",
      text,
      note: "new",
    });
    expect(document).toMatchObject({
      kind: PolicyKind.TENANT,
      tenant: "acme",
      source: PolicySource.API,
      name: "api:acme#1",
      state: PolicyState.IN_FORCE,
      version: 1n,
      updatedBy: "admin-socket",
    });
    expect(reached).toBe(WaitMode.DURABLE);
    expect(await maxSteps(daemon, "acme", "a")).toBe(40n);
    started.pop();
    await close(daemon);
    const again = await start({}, daemon.directory);
    expect(await maxSteps(again, "acme", "b")).toBe(40n);
    expect((await again.client.calls.getInfo({})).policyEtag).toBe(policyEtag);
    expect((await again.policies.rpc.get({ tenant: "acme" })).text).toBe(text);
  });

  test("a write that changes nothing makes no version, and says that nothing was reached", async () => {
    const daemon = await start();
    const value = { tenant: { requests: { hour: 5 } } };
    const part = { tenant: "acme", part: TenantPart.QUOTAS, valueJson: json(value) };
    expect(await daemon.tenants.rpc.putPart(part)).toMatchObject({ version: 1n, reached: WaitMode.DURABLE });
    const again = await daemon.tenants.rpc.putPart(part);
    expect(again).toMatchObject({ version: 1n });
    expect(again.reached).toBeUndefined();
    const { text } = await daemon.policies.rpc.get({ tenant: "acme" });
    const put = await daemon.policies.rpc.put({ tenant: "acme", text });
    expect(put).toMatchObject({ document: { version: 1n }, policyEtag: again.policyEtag });
    expect(put.reached).toBeUndefined();
    const rolled = await daemon.policies.rpc.rollback({ tenant: "acme", version: 1n });
    expect(rolled.reached).toBeUndefined();
    expect((await daemon.policies.rpc.delete({ tenant: "acme" })).reached).toBe(WaitMode.DURABLE);
    const back = await daemon.policies.rpc.rollback({ tenant: "acme", version: 1n });
    expect(back).toMatchObject({ document: { version: 3n }, reached: WaitMode.DURABLE });
  });

  test("P6: what is kept may tighten the file and the baseline, never loosen them", async () => {
    const daemon = await start({
      "base.yaml": `${BASELINE_HEAD}custom_counters: [x, y]\nexecution: {max_steps: {default: 50, max: 1000}}\n`,
      "acme.yaml": tenantText("acme", steps(500)),
    });
    const refused = await failureOf(
      daemon.policies.rpc.put({ tenant: "acme", text: tenantText("acme", steps(600)) }),
    );
    expect(refused).toMatchObject({ reason: "FIELD_INVALID" });
    expect(refused.message).toContain(
      "5:14: execution.max_steps.value: 600 is looser than the ceiling 500 of acme.yaml",
    );
    const above = await failureOf(
      daemon.policies.rpc.put({ tenant: "beta", text: tenantText("beta", steps(1_001)) }),
    );
    expect(above.message).toContain("1001 is looser than the ceiling 1000");
    const scope = "rules: [{id: default_prompt_injection, scope: {tools: [none]}}]\n";
    const adds = await failureOf(
      daemon.policies.rpc.put({ tenant: "beta", text: tenantText("beta", scope) }),
    );
    expect(adds.message).toContain(
      `4:55: rules[0].scope.tools: ["none"] has no effect: default_prompt_injection is the platform's`,
    );
    const counters = `custom_counters: [a, b, c, d, e, f, g]\n${steps(9)}`;
    const tooMany = await failureOf(
      daemon.policies.rpc.put({ tenant: "acme", text: tenantText("acme", counters) }),
    );
    expect(tooMany.message).toContain(
      "4:18: custom_counters: together with those of broader documents these are 9",
    );
    expect(await maxSteps(daemon, "acme", "unchanged")).toBe(500n);
    await daemon.policies.rpc.put({ tenant: "acme", text: tenantText("acme", steps(7)) });
    expect(await maxSteps(daemon, "acme", "a")).toBe(7n);
    daemon.directory.swap({ "base.yaml": `${BASELINE_HEAD}execution: {max_steps: {default: 5, max: 5}}\n` });
    await daemon.waitFor("policy_swapped");
    await daemon.waitFor("policy_swapped");
    expect(await maxSteps(daemon, "acme", "b")).toBe(5n);
  });

  test("a document is refused with every problem, and nothing changes", async () => {
    const daemon = await start();
    const text = tenantText("acme", "execution: {max_steps: -1, max_step: 5}\nrules: [{id: a}]\n");
    const { problems, valid } = await daemon.policies.rpc.validate({ text });
    expect(valid).toBe(false);
    // The rule says neither name nor description, type, action or severity.
    const ofRule = Array<string>(5).fill("5:9");
    expect(problems.map(({ line, column }) => `${line}:${column}`)).toEqual(["4:24", "4:38", ...ofRule]);
    const before = (await daemon.client.calls.getInfo({})).policyEtag;
    expect((await failureOf(daemon.policies.rpc.put({ tenant: "acme", text }))).message).toContain(
      "and 6 more",
    );
    for (const other of [
      tenantText("beta"),
      BASELINE_HEAD,
      `${tenantText("acme")}---\n${tenantText("beta")}`,
    ]) {
      const failure = await failureOf(daemon.policies.rpc.put({ tenant: "acme", text: other }));
      expect(failure.message).toContain("must be one Tenant document of acme");
    }
    expect((await daemon.client.calls.getInfo({})).policyEtag).toBe(before);
    expect((await daemon.policies.rpc.validate({ text: tenantText("acme", steps(5)) })).valid).toBe(true);
  });

  test("a write with another etag is ABORTED", async () => {
    const daemon = await start();
    const put = (value: number, etag?: string) =>
      daemon.policies.rpc.put({
        tenant: "acme",
        text: tenantText("acme", steps(value)),
        ...(etag === undefined ? {} : { etag }),
      });
    const { document } = await put(1, "");
    expect(await failureOf(put(2, ""))).toMatchObject({ reason: "ETAG_MISMATCH" });
    await put(2, document?.etag);
    expect(
      await failureOf(daemon.policies.rpc.delete({ tenant: "acme", etag: document?.etag ?? "" })),
    ).toMatchObject({
      reason: "ETAG_MISMATCH",
    });
  });

  test("history names every version, and a rollback brings one back", async () => {
    const daemon = await start();
    for (const value of [1, 2])
      await daemon.policies.rpc.put({ tenant: "acme", text: tenantText("acme", steps(value)) });
    await daemon.policies.rpc.delete({ tenant: "acme", note: "gone" });
    expect(await maxSteps(daemon, "acme", "a")).toBe(100n);
    const back = await daemon.policies.rpc.rollback({ tenant: "acme", version: 1n });
    expect(back.document).toMatchObject({ version: 4n });
    expect(await maxSteps(daemon, "acme", "b")).toBe(1n);
    const { versions } = await daemon.policies.rpc.history({ tenant: "acme" });
    expect(versions.map(({ version, text, note }) => [version, text?.match(/\d+ #/)?.[0], note])).toEqual([
      [4n, "1 #", undefined],
      [3n, undefined, "gone"],
      [2n, "2 #", undefined],
      [1n, "1 #", undefined],
    ]);
    expect(await failureOf(daemon.policies.rpc.rollback({ tenant: "acme", version: 9n }))).toMatchObject({
      reason: "POLICY_NOT_FOUND",
    });
  });

  test("lists documents with their state, shows them, and tells what two policies differ in", async () => {
    const daemon = await start({
      "base.yaml": `${BASELINE_HEAD}execution: {max_steps: 50}\n`,
      "acme.yaml": tenantText("acme", steps(40)),
    });
    const before = (await daemon.client.calls.getInfo({})).policyEtag;
    daemon.directory.swap({
      "base.yaml": `${BASELINE_HEAD}execution: {max_steps: 50}\n`,
      "acme.yaml": tenantText("acme", steps(30)),
    });
    await daemon.waitFor("policy_swapped");
    const { documents } = await daemon.policies.rpc.list({});
    expect(documents.map(({ kind, name, state }) => [kind, name, state])).toEqual([
      [PolicyKind.BASELINE, "base.yaml", PolicyState.IN_FORCE],
      [PolicyKind.TENANT, "acme.yaml", PolicyState.IN_FORCE],
    ]);
    const first = await daemon.policies.rpc.list({ pageSize: 1 });
    const second = await daemon.policies.rpc.list({ pageSize: 1, pageToken: first.nextPageToken });
    expect(second.documents.map(({ name }) => name)).toEqual(["acme.yaml"]);
    expect(JSON.parse((await daemon.policies.rpc.get({ tenant: "acme" })).text)).toMatchObject({
      tenant: "acme",
    });
    const { changes } = await daemon.policies.rpc.diff({ fromEtag: before });
    expect(changes).toMatchObject([{ tenant: "acme", path: "execution.max_steps" }]);
    expect([fromJson(changes[0]?.beforeJson), fromJson(changes[0]?.afterJson)]).toEqual([40, 30]);
    expect(await failureOf(daemon.policies.rpc.diff({ fromEtag: "unknown" }))).toMatchObject({
      reason: "POLICY_NOT_FOUND",
    });
    daemon.directory.swap({
      "base.yaml": `${BASELINE_HEAD}execution: {max_steps: 50}\n`,
      "acme.yaml": "kind: Tenant\ntenant: acme\n[",
    });
    const reload = await daemon.policies.rpc.reload({});
    expect(reload.staleDocuments).toEqual(["acme.yaml"]);
    const stale = await daemon.policies.rpc.list({ tenant: "acme" });
    expect(stale.documents).toMatchObject([{ state: PolicyState.STALE }]);
    expect(stale.documents[0]?.problems[0]).toContain("acme.yaml:3:");
  });

  test("compares any two policies it remembers, also where documents came, went and came back", async () => {
    const base = `${BASELINE_HEAD}execution: {max_steps: 50}\n`;
    const daemon = await start({ "base.yaml": base, "acme.yaml": tenantText("acme", steps(40)) });
    const etagAfter = async (files: { readonly [name: string]: string }): Promise<string> => {
      daemon.directory.swap(files);
      await daemon.policies.rpc.reload({});
      return (await daemon.client.calls.getInfo({})).policyEtag;
    };
    const first = (await daemon.client.calls.getInfo({})).policyEtag;
    const second = await etagAfter({
      "base.yaml": `${BASELINE_HEAD}execution: {max_steps: 60}\n`,
      "acme.yaml": tenantText("acme", steps(30)),
      "beta.yaml": tenantText("beta", steps(20)),
    });
    const third = await etagAfter({ "base.yaml": base });
    const told = async (fromEtag: string, toEtag?: string, tenant?: string) => {
      const { changes } = await daemon.policies.rpc.diff({ fromEtag, toEtag, tenant });
      return changes.map(({ tenant: whose, path }) => `${whose ?? ""} ${path}`.trim());
    };
    const all = ["execution.max_steps", "acme execution.max_steps", "beta"];
    expect(await told(first, second)).toEqual(all);
    expect(await told(second, first)).toEqual(all);
    expect(await told(first, second, "beta")).toEqual(["beta"]);
    expect(await told(first)).toEqual(["acme"]);
    expect(await told(second, third)).toEqual(["execution.max_steps", "acme", "beta"]);
    const again = await etagAfter({ "base.yaml": base, "acme.yaml": tenantText("acme", steps(40)) });
    expect([again, await told(first), await told(third)]).toEqual([first, [], ["acme"]]);
  });

  test("explains every value, and serves the schemas", async () => {
    const daemon = await start({ "acme.yaml": tenantText("acme", steps(40)) });
    const { policy } = await daemon.policies.rpc.explain({
      tenant: "acme",
      keyPrefix: "execution.max_steps",
    });
    expect(
      policy?.values.find(({ key }) => key === "execution.max_steps.value" || key === "execution.max_steps"),
    ).toMatchObject({
      document: "acme.yaml",
      line: 5,
    });
    const { schemaJson } = await daemon.policies.rpc.getSchema({ kind: PolicyKind.TENANT });
    expect(fromJson(schemaJson)).toMatchObject({ title: "Tollgate tenant policy" });
  });
});

describe("TenantService", () => {
  test("replaces one part and leaves the rest, comments too, as it is", async () => {
    const daemon = await start();
    await daemon.policies.rpc.put({ tenant: "acme", text: tenantText("acme", steps(40)) });
    const settings = { brand_name: "Acme", disabled_features: ["beta"] };
    const put = await daemon.tenants.rpc.putPart({
      tenant: "acme",
      part: TenantPart.SETTINGS,
      valueJson: json(settings),
    });
    expect(put.version).toBe(2n);
    const part = await daemon.tenants.rpc.getPart({ tenant: "acme", part: TenantPart.SETTINGS });
    expect(fromJson(part.keptJson)).toEqual(settings);
    expect(fromJson(part.effectiveJson)).toMatchObject({ ...settings, primary_color: "#1f2937" });
    expect(part.etag).toBe(put.etag);
    const { text } = await daemon.policies.rpc.get({ tenant: "acme" });
    expect(text).toContain("max_steps: 40 # as agreed");
    await daemon.tenants.rpc.putPart({ tenant: "acme", part: TenantPart.SETTINGS });
    expect(
      (await daemon.tenants.rpc.getPart({ tenant: "acme", part: TenantPart.SETTINGS })).keptJson,
    ).toBeUndefined();
  });

  test("makes a document for a tenant that has none; settings above 64 KiB and wrong parts are refused", async () => {
    const daemon = await start();
    const quotas = { tenant: { cost_usd: { day: 200 }, cpu_hours: { day: 24 } } };
    await daemon.tenants.rpc.putPart({ tenant: "acme", part: TenantPart.QUOTAS, valueJson: json(quotas) });
    const part = await daemon.tenants.rpc.getPart({ tenant: "acme", part: TenantPart.QUOTAS });
    expect(fromJson(part.effectiveJson)).toMatchObject({ tenant: { cost_usd: { day: { value: 200 } } } });
    const large = { custom_css: "x".repeat(40_000), system_prompts: { a: "y".repeat(40_000) } };
    const refused = await failureOf(
      daemon.tenants.rpc.putPart({ tenant: "acme", part: TenantPart.SETTINGS, valueJson: json(large) }),
    );
    expect(refused.message).toContain("at most 65536");
    const rules = [{ id: "a", type: "content" }];
    expect(
      await failureOf(
        daemon.tenants.rpc.putPart({ tenant: "acme", part: TenantPart.RULES, valueJson: json(rules) }),
      ),
    ).toMatchObject({ reason: "FIELD_INVALID" });
  });

  test("gives one principal another value until an instant, within the tenant's own", async () => {
    const daemon = await start({
      "acme.yaml": tenantText(
        "acme",
        'quotas: {tenant: {cost_usd: {day: 20}}, "user:*": {cost_usd: {day: 10}}}\n',
      ),
    });
    const until = { seconds: BigInt(Math.floor(Date.now() / 1_000) + 3_600), nanos: 0 };
    const override = { tenant: "acme", principal: "user:ann", target: "cost_usd.day", until };
    const { given, reached } = await daemon.tenants.rpc.putOverride({
      ...override,
      value: { case: "quota", value: "12.50" },
    });
    expect(reached).toBe(WaitMode.DURABLE);
    expect(given).toMatchObject({
      ...override,
      value: { case: "quota", value: "12.50" },
      by: "admin-socket",
    });
    expect((await daemon.tenants.rpc.listOverrides({ tenant: "acme" })).overrides).toHaveLength(1);
    expect(
      await failureOf(daemon.tenants.rpc.putOverride({ ...override, value: { case: "quota", value: "21" } })),
    ).toMatchObject({ reason: "ABOVE_CEILING" });
    expect(
      await failureOf(daemon.tenants.rpc.putOverride({ ...override, value: { case: "quota", value: "-1" } })),
    ).toMatchObject({ reason: "FIELD_INVALID" });
    await daemon.tenants.rpc.deleteOverride({
      tenant: "acme",
      principal: "user:ann",
      target: "cost_usd.day",
    });
    expect((await daemon.tenants.rpc.listOverrides({})).overrides).toEqual([]);
  });

  test("P10: a reload of thousands of bad tenants tells the first thousand, and how many more there are", async () => {
    const daemon = await start({ "base.yaml": `${BASELINE_HEAD}execution: {max_steps: 50}\n` });
    const bad = Array.from(
      { length: 1_500 },
      (_, at) => `---\n${tenantText(`t${at}`, "execution: {max_steps: -1}\n")}`,
    );
    daemon.directory.swap({
      "base.yaml": `${BASELINE_HEAD}execution: {max_steps: 40}\n`,
      "bad.yaml": bad.join(""),
      "nonsense.yaml": tenantText("worst", Array.from({ length: 20_000 }, (_, at) => `k${at}: 1`).join("\n")),
    });
    const reload = await daemon.policies.rpc.reload({});
    expect(reload.problems).toHaveLength(1_001);
    expect(reload.problems.at(-1)).toBe("and 1501 more");
    expect(reload.staleDocuments).toHaveLength(1_001);
    expect(await maxSteps(daemon, "good", "g")).toBe(40n);
  });
});
