import { status } from "@grpc/grpc-js";
import { afterEach, describe, expect, test } from "vitest";
import { findAddress } from "../../../src/client/address.ts";
import { formatFindings } from "../../../src/client/answer.ts";
import { connectClient, createClient } from "../../../src/client/connect-client.ts";
import { allowFor, UnattendedDecider } from "../../../src/client/on-unavailable.ts";
import { Role, Verdict } from "../../../src/gen/tollgate/enforcement/v1/finding_pb.ts";
import { type ScriptedDaemon, startScriptedDaemon } from "./scripted-daemon.ts";

let daemon: ScriptedDaemon | undefined;

afterEach(() => {
  daemon?.stop();
  daemon = undefined;
});

const NOBODY = "unix:/nonexistent/agent.sock";

describe("an answer", () => {
  test("P8: counts a verdict that the client does not know, and no decision at all, as BLOCK", async () => {
    const said = [
      { decision: { verdict: 99 as Verdict, allowed: true } },
      {},
      { decision: { verdict: Verdict.UNSPECIFIED, allowed: true } },
    ];
    daemon = await startScriptedDaemon(() => said.shift());
    const client = createClient({ address: daemon.address });
    for (let index = 0; index < 3; index++) {
      expect(await client.check({ executionId: "e", intent: {} })).toMatchObject({
        allowed: false,
        verdict: Verdict.BLOCK,
        local: false,
      });
    }
    client.close();
  });

  test("P9: says the way out of every finding", async () => {
    daemon = await startScriptedDaemon(() => ({
      decision: {
        verdict: Verdict.BLOCK,
        findings: [
          {
            verdict: Verdict.BLOCK,
            message: "step_limit exceeded: 6 / 5 (120%)",
            remedy: { setting: "max_steps", role: Role.TENANT_ADMIN },
          },
        ],
      },
    }));
    const client = createClient({ address: daemon.address });
    const answer = await client.check({ executionId: "e", intent: {} });
    expect(formatFindings(answer)).toBe(
      "step_limit exceeded: 6 / 5 (120%); way out: max_steps (the tenant administrator)",
    );
    client.close();
  });
});

describe("while no daemon answers", () => {
  test("P8: the client blocks by default and says why", async () => {
    const client = createClient({ address: NOBODY });
    const answer = await client.check({ executionId: "e", intent: {} });
    expect(answer).toMatchObject({ allowed: false, verdict: Verdict.BLOCK, local: true });
    expect(answer.decision.findings[0]).toMatchObject({
      reason: "SIDECAR_UNAVAILABLE",
      remedy: { setting: "onUnavailable" },
    });
    client.close();
  });

  test("a daemon that is silent longer than the deadline counts as away", async () => {
    daemon = await startScriptedDaemon(() => undefined);
    const client = await connectClient({ address: daemon.address, decisionDeadlineMs: 50 });
    expect(await client.check({ executionId: "e", intent: {} })).toMatchObject({
      allowed: false,
      local: true,
    });
    client.close();
  });

  test("allowFor warns until as much as it says is used, then blocks", async () => {
    const client = createClient({
      address: NOBODY,
      onUnavailable: allowFor(60_000, { requests: 2, tokens: 1_000n }),
    });
    const ask = (input: bigint) =>
      client.check({ executionId: "e", intent: { estimate: { tokens: { input } } } });
    expect(await ask(1_001n)).toMatchObject({ allowed: false });
    expect(await ask(1_000n)).toMatchObject({ allowed: true, verdict: Verdict.WARN, local: true });
    expect(await ask(0n)).toMatchObject({ allowed: true });
    expect(await ask(0n)).toMatchObject({ allowed: false, verdict: Verdict.BLOCK });
    client.close();
  });

  test("allowFor blocks after its duration, and begins anew with every contact", () => {
    let nowMs = 0;
    const decider = new UnattendedDecider(allowFor(1_000, {}), () => nowMs);
    nowMs = 999;
    expect(decider.decide({}).allowed).toBe(true);
    nowMs = 1_000;
    expect(decider.decide({}).allowed).toBe(false);
    decider.noteContact();
    expect(decider.decide({}).allowed).toBe(true);
  });

  test("connecting says in one line what to do", async () => {
    await expect(connectClient({ address: NOBODY, readyDeadlineMs: 50 })).rejects.toMatchObject({
      code: status.DEADLINE_EXCEEDED,
      message: expect.stringContaining("npm start"),
    });
  });
});

describe("findAddress", () => {
  test("takes what is given, else the environment, else the default socket", () => {
    expect(findAddress("unix:/a", { TOLLGATE_ADDRESS: "unix:/b" })).toBe("unix:/a");
    expect(findAddress(undefined, { TOLLGATE_ADDRESS: "unix:/b" })).toBe("unix:/b");
    expect(findAddress(undefined, {})).toBe("unix:/run/tollgate/agent.sock");
  });
});
