import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { expect, test } from "vitest";
import { isUnavailable } from "../../src/client/call-error.ts";
import { connectService, createClient, type TollgateClient } from "../../src/client/connect-client.ts";
import type { UnaryMethods } from "../../src/client/unary-methods.ts";
import { GuardService } from "../../src/gen/tollgate/enforcement/v1/guard_service_pb.ts";
import type { CheckToolCallResponse } from "../../src/gen/tollgate/enforcement/v1/tool_call_pb.ts";
import { createDirectory, DaemonProcess } from "../integration/daemon/daemon-process.ts";
import { atScale, printedSeed, SeededRandom } from "./seeded-random.ts";

// Every guard that remembers something which a loss would loosen, each with a client of its own that goes to its bound again and
// again while the daemon is killed at random. No kill may let one call more through than the bound.

const BOUND = { budget: 6, attempts: 3, chain: 4, slots: 3, unattributed: 2 } as const;

const POLICY = `
apiVersion: tollgate.dev/v1
kind: Baseline
long_running: disabled
execution: {max_steps: 1000000, max_wall_time_ms: 86400000}
guards:
  tool_budget: {level: block, discovery: 100000, execution: 100000, total: 100000, tools: {get_budgeted: {total: ${BOUND.budget}}}}
  retry_safety: {max_same_signature_retries: ${BOUND.attempts}}
  plan_shape: {max_chain_length: ${BOUND.chain}}
  concurrency: {per_session_max: ${BOUND.slots}}
  side_effect: {require_capability_token: true}
  provenance: {level: block, max_unattributed_uses: ${BOUND.unattributed}}
  timeout_budget: {per_turn_budget_ms: 700}
  precondition: {level: block, post: {get_checked: ["args.most >= output.used"]}}
`;

const encoder = new TextEncoder();
const jsonOf = (value: unknown): Uint8Array => encoder.encode(JSON.stringify(value));

/** Settled while a daemon is there; set anew with every start. */
let up: Promise<unknown> = Promise.resolve();

/** Repeats a call until a daemon has answered it: ids make the repetition count once. */
async function insist<T>(call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      await up;
      await new Promise(setImmediate);
    }
  }
}

type Guards = UnaryMethods<typeof GuardService>;

/** One execution at a time, in a session of its own, and the calls that were made in it. */
class Runner {
  readonly name: string;
  readonly #client: TollgateClient;
  readonly #guards: Guards;
  #runs = 0;
  calls = 0;
  allowed = 0;

  constructor(name: string, client: TollgateClient, guards: Guards) {
    this.name = name;
    this.#client = client;
    this.#guards = guards;
  }

  get executionId(): string {
    return `${this.name}-${this.#runs}`;
  }

  /** Ends the execution there was, which frees what it held. */
  async start(): Promise<void> {
    const ended = { executionId: this.executionId };
    if (this.#runs > 0) await insist(() => this.#client.calls.completeExecution(ended));
    this.#runs++;
    this.calls = 0;
    this.allowed = 0;
    const { executionId } = this;
    await insist(() => this.#client.calls.registerExecution({ executionId }));
  }

  async call(tool: string, value: unknown, more: object = {}): Promise<CheckToolCallResponse> {
    const callId = `c${++this.calls}`;
    const { executionId } = this;
    const request = { executionId, callId, tool, argumentsJson: jsonOf(value), acceptsRepair: true, ...more };
    const answer = await insist(() => this.#guards.checkToolCall(request));
    if (answer.decision?.allowed === true) this.allowed++;
    return answer;
  }

  output(value: unknown, call: number = this.calls, more: object = {}) {
    const { executionId } = this;
    const request = { executionId, callId: `c${call}`, outputJson: jsonOf(value), ...more };
    return insist(() => this.#guards.checkToolOutput(request));
  }
}

type Sign = (id: string) => Promise<string>;
/** One operation at the bound; starts a new execution when it has been there. */
type Scenario = (run: Runner, sign: Sign) => Promise<void>;

const isAllowed = (answer: CheckToolCallResponse): boolean => answer.decision?.allowed === true;

/** Calls until it is refused, which must be exactly after `most` that were allowed. */
function upTo(
  most: number,
  by: string,
  call: (run: Runner) => Promise<CheckToolCallResponse>,
  after: (run: Runner) => Promise<unknown>,
): Scenario {
  return async (run) => {
    const answer = await call(run);
    expect(run.allowed).toBeLessThanOrEqual(most);
    if (isAllowed(answer)) {
      await after(run);
      return;
    }
    expect([run.executionId, answer.stoppedAt, run.allowed]).toEqual([run.executionId, by, most]);
    await run.start();
  };
}

const SCENARIOS: { readonly [name: string]: Scenario } = {
  tool_budget: upTo(
    BOUND.budget,
    "tool_budget",
    (run) => run.call("get_budgeted", { at: run.calls }),
    (run) => run.output({}),
  ),
  retry_safety: upTo(
    BOUND.attempts,
    "retry_safety",
    (run) => run.call("get_page", { same: 1 }),
    (run) => run.output({}, run.calls, { errorClass: "timeout" }),
  ),
  plan_shape: upTo(
    BOUND.chain,
    "plan_shape",
    (run) =>
      run.call(
        "get_page",
        { at: run.calls },
        { planId: "p", parents: run.calls === 0 ? [] : [`c${run.calls}`] },
      ),
    (run) => run.output({}),
  ),
  concurrency: async (run) => {
    const answer = await run.call("get_slow", { at: run.calls });
    expect(run.allowed).toBeLessThanOrEqual(BOUND.slots);
    if (isAllowed(answer)) return;
    expect([answer.stoppedAt, run.allowed]).toEqual(["concurrency", BOUND.slots]);
    // One is freed, and one more fits.
    await run.output({}, 1);
    expect(isAllowed(await run.call("get_slow", { at: run.calls }))).toBe(true);
    expect(isAllowed(await run.call("get_slow", { at: run.calls }))).toBe(false);
    await run.start();
  },
  provenance: upTo(
    BOUND.unattributed,
    "provenance",
    (run) => run.call("get_page", { at: run.calls, ref: null }),
    (run) => run.output({}),
  ),
  timeout_budget: async (run) => {
    const answer = await run.call("get_page", { at: run.calls }, { turnId: "t" });
    if (isAllowed(answer)) {
      await run.output({});
      return;
    }
    expect(answer.stoppedAt).toBe("timeout_budget");
    for (let again = 0; again < 5; again++)
      expect(isAllowed(await run.call("get_page", { at: run.calls }, { turnId: "t" }))).toBe(false);
    await run.start();
  },
  side_effect: async (run, sign) => {
    const capabilityToken = await sign(run.executionId);
    expect(isAllowed(await run.call("create_user", { at: 1 }, { capabilityToken }))).toBe(true);
    for (let again = 0; again < 3; again++)
      expect((await run.call("create_user", { at: 2 }, { capabilityToken })).reason).toContain(
        "used already",
      );
    await run.output({}, 1);
    await run.start();
  },
  precondition: async (run) => {
    expect(isAllowed(await run.call("get_checked", { most: 1, at: run.calls }))).toBe(true);
    const { decision, reason } = await run.output({ used: 2 });
    expect(decision?.allowed).toBe(false);
    expect(reason).toMatch(/^Postcondition of 'get_checked' (failed|cannot be evaluated)/);
    if (run.calls > 20) await run.start();
  },
};

async function createSigner(directory: string): Promise<Sign> {
  const pair = await generateKeyPair("EdDSA", { extractable: true });
  writeFileSync(join(directory, "keys.json"), JSON.stringify({ keys: [await exportJWK(pair.publicKey)] }));
  return (id) =>
    new SignJWT({ tenant: "default", tools: ["create_*"], classes: ["write"] })
      .setProtectedHeader({ alg: "EdDSA" })
      .setAudience("tollgate")
      .setSubject("agent")
      .setJti(id)
      .setExpirationTime("50 min")
      .sign(pair.privateKey);
}

test("P1 P3: over kills of the daemon no guard lets one call more through than its bound", async () => {
  const random = new SeededRandom(printedSeed("guards kill"));
  const kills = atScale(12, 60);
  const directory = createDirectory();
  mkdirSync(join(directory, "policy"));
  writeFileSync(join(directory, "policy", "baseline.yaml"), POLICY);
  const sign = await createSigner(directory);
  const settings = { CAPABILITY_KEYS: join(directory, "keys.json") };
  const spawn = (): DaemonProcess => DaemonProcess.spawn(settings, ["src/main.ts", "serve"], directory);
  let daemon = spawn();
  await daemon.waitFor("daemon_started");
  const address = `unix:${directory}/agent.sock`;
  const client = createClient({ address, decisionDeadlineMs: 30_000 });
  const guards = connectService(address, GuardService);
  const done: { [name: string]: number } = {};
  let isOver = false;
  let steps = 0;
  let wake = (): void => {};
  const workers = Object.entries(SCENARIOS).map(async ([name, scenario]) => {
    const run = new Runner(name, client, guards);
    await run.start();
    while (!isOver) {
      await scenario(run, sign);
      done[name] = (done[name] ?? 0) + 1;
      steps++;
      wake();
    }
  });
  const all = Promise.all(workers);
  /** Until so many more steps were made, or a worker has failed. */
  const waitFor = async (more: number): Promise<void> => {
    const until = steps + more;
    while (steps < until) await Promise.race([all, new Promise<void>((resolve) => (wake = resolve))]);
  };
  try {
    for (let kill = 0; kill < kills; kill++) {
      await waitFor(1 + random.below(150));
      const killed = daemon.kill();
      up = killed.then(() => {
        daemon = spawn();
        return daemon.waitFor("daemon_started");
      });
      await up;
    }
    await waitFor(100);
    isOver = true;
    await all;
    console.log(`guards kill: ${kills} kills, steps ${JSON.stringify(done)}`);
    for (const name of Object.keys(SCENARIOS)) expect(done[name]).toBeGreaterThan(0);
  } finally {
    isOver = true;
    guards.close();
    client.close();
    await daemon.kill();
    await all.catch(() => undefined);
    rmSync(directory, { recursive: true, force: true });
  }
}, 600_000);
