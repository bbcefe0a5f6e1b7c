import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createMemoryResolver } from "../../../../src/adapters/memory/name-resolver.ts";
import { EnforcementService } from "../../../../src/gen/tollgate/enforcement/v1/enforcement_service_pb.ts";
import { Verdict, ViolationType } from "../../../../src/gen/tollgate/enforcement/v1/finding_pb.ts";
import { GuardService } from "../../../../src/gen/tollgate/enforcement/v1/guard_service_pb.ts";
import { parseKeys } from "../../../../src/transport/capability/key-file.ts";
import { createCapabilityVerifier } from "../../../../src/transport/capability/verify-capability.ts";
import { builtInLimits, builtInSettings, policySetOf } from "../../../unit/engine/policy-fixture.ts";
import { connect, type WireClient } from "../wire-client.ts";
import { startWireDaemon, type WireDaemon } from "../wire-daemon.ts";

// What guards need from outside the engine: addresses behind names, genuine tokens.

const names = new Map([
  ["ok.example.com", ["8.8.8.8", "2606:4700:4700::1111"]],
  ["inner.example.com", ["8.8.8.8", "10.0.0.5"]],
]);

let daemon: WireDaemon;
let guards: WireClient<typeof GuardService>;
let client: WireClient<typeof EnforcementService>;
let sign: (claims: object) => Promise<string>;
let made = 0;

beforeAll(async () => {
  const pair = await generateKeyPair("EdDSA", { extractable: true });
  const keys = parseKeys(JSON.stringify({ keys: [await exportJWK(pair.publicKey)] }));
  sign = (claims) =>
    new SignJWT({ tenant: "default", tools: ["create_*"], classes: ["write"], ...claims })
      .setProtectedHeader({ alg: "EdDSA" })
      .setAudience("tollgate")
      .setSubject("agent")
      .setExpirationTime("5 min")
      .sign(pair.privateKey);
  const settings = builtInSettings();
  const changed = {
    ...settings.guards,
    network_policy: { ...settings.guards.network_policy, resolve_dns: true },
    side_effect: { ...settings.guards.side_effect, require_capability_token: true },
  };
  const resolver = createMemoryResolver(names);
  daemon = await startWireDaemon({
    policySet: {
      generation: 1,
      etag: "policy-of-the-test",
      set: policySetOf(builtInLimits(), { guards: changed }),
      prices: undefined,
    },
    servers: {
      facts: {
        resolveHosts: (asked) => resolver.resolve(asked),
        verifyCapability: createCapabilityVerifier({ read: () => Promise.resolve(keys) }, () => Date.now()),
      },
    },
  });
  guards = connect(GuardService, daemon.agent);
  client = connect(EnforcementService, daemon.agent);
  await client.rpc.registerExecution({ executionId: "run" });
});

afterAll(async () => {
  guards.close();
  client.close();
  await daemon.close();
});

function call(tool: string, value: object, more: object = {}) {
  return guards.rpc.checkToolCall({
    executionId: "run",
    callId: `call-${++made}`,
    tool,
    argumentsJson: new TextEncoder().encode(JSON.stringify(value)),
    acceptsRepair: true,
    ...more,
  });
}

describe("names behind a tool call", () => {
  test("are resolved, judged and pinned", async () => {
    const { decision } = await call("get_page", { url: "https://ok.example.com/" });
    expect(decision).toMatchObject({
      verdict: Verdict.ALLOW,
      resolvedHosts: [{ host: "ok.example.com", addresses: ["8.8.8.8", "2606:4700:4700::1111"] }],
    });
  });

  test.each([
    ["https://inner.example.com/", "NETWORK_PRIVATE"],
    ["https://lost.example.com/", "DNS_UNAVAILABLE"],
    ["http://127.0.0.1/", "NETWORK_LOCALHOST"],
  ])("%s is refused with %s", async (url, reason) => {
    const { decision, stoppedAt } = await call("get_page", { url });
    expect(stoppedAt).toBe("network_policy");
    expect(decision).toMatchObject({
      allowed: false,
      resolvedHosts: [],
      findings: [{ reason, violationType: ViolationType.NETWORK_VIOLATION, fatal: true }],
    });
  });
});

describe("the network target of an intent", () => {
  const urlOf = (value: string) => ({ networkTarget: { target: { case: "url" as const, value } } });

  test("is resolved, judged and pinned by Check, Charge and Reserve", async () => {
    const request = { executionId: "run", intent: urlOf("https://ok.example.com/") };
    const answers = [
      await client.rpc.check(request),
      await client.rpc.charge({ ...request, requestId: "r1" }),
      await client.rpc.reserve({ ...request, reservationId: "h1" }),
    ];
    for (const { decision } of answers)
      expect(decision).toMatchObject({ allowed: true, resolvedHosts: [{ host: "ok.example.com" }] });
  });

  test.each([
    ["https://inner.example.com/", "NETWORK_PRIVATE"],
    ["https://lost.example.com/", "DNS_UNAVAILABLE"],
    ["http://169.254.169.254/", "NETWORK_METADATA"],
  ])("%s is refused with %s, takes nothing and is a violation", async (url, reason) => {
    const before = await client.rpc.getExecution({ executionId: "run" });
    for (const intent of [urlOf(url), { ...urlOf(url), step: {} }]) {
      const { decision } = await client.rpc.charge({ executionId: "run", intent, requestId: `c${++made}` });
      expect(decision).toMatchObject({
        verdict: Verdict.BLOCK,
        findings: [
          {
            reason,
            violationType: ViolationType.NETWORK_VIOLATION,
            fatal: true,
            code: "network_violation",
          },
        ],
      });
    }
    const after = await client.rpc.getExecution({ executionId: "run" });
    expect(after.execution?.usage?.requests).toBe(before.execution?.usage?.requests);
  });

  test("may be a bare host with its port beside it", async () => {
    const networkTarget = { target: { case: "host" as const, value: "0x7f.1" }, port: 22 };
    const { decision } = await client.rpc.check({ executionId: "run", intent: { networkTarget } });
    expect(decision?.findings.map(({ reason }) => reason)).toEqual(["NETWORK_LOCALHOST"]);
  });
});

describe("capability tokens", () => {
  test("a call that changes something needs one that is genuine", async () => {
    expect((await call("create_user", {})).reason).toContain("requires a capability token");
    expect((await call("create_user", {}, { capabilityToken: "a.b.c" })).reason).toBe(
      "Capability token refused: no compact JWS",
    );
    const token = await sign({ tenant: "other" });
    expect((await call("create_user", {}, { capabilityToken: token })).reason).toBe(
      "Capability token refused: for another tenant",
    );
    expect((await call("create_user", {}, { capabilityToken: await sign({}) })).decision?.allowed).toBe(true);
  });

  test("one with an id works once", async () => {
    const capabilityToken = await sign({ jti: "once" });
    expect((await call("create_user", {}, { capabilityToken })).decision?.allowed).toBe(true);
    expect((await call("create_user", {}, { capabilityToken })).reason).toBe(
      "Capability token refused: used already",
    );
  });

  test("one in the arguments is taken out of them", async () => {
    const args = { name: "Ann", _capability_token: await sign({}) };
    const { decision } = await call("create_user", args);
    expect(decision?.verdict).toBe(Verdict.REPAIR);
    expect(new TextDecoder().decode(decision?.repairedArgsJson)).toBe('{"name":"Ann"}');
    const refused = await call("create_user", args, { acceptsRepair: false });
    expect(refused.decision?.findings.map(({ reason }) => reason)).toContain("REPAIR_NOT_ACCEPTED");
  });
});
