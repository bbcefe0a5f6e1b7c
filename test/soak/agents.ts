import { connectClient, type TollgateClient } from "../../src/client/connect-client.ts";
import { Reporter } from "../../src/client/reports/reporter.ts";

/** Agents at once, and how long each rests between two runs, ms: about a thousand calls a second together. */
const AGENTS = 20;
const REST_MS = 20;
/** Reports of one run. */
const REPORTS = 20;

/** Agents that do all day what agents do: register, ask, hold, settle, report, end, and begin again. */
export class Agents {
  readonly #address: string;
  readonly #clients: TollgateClient[] = [];
  readonly #loops: Promise<void>[] = [];
  #stopping = false;
  #runs = 0;
  #failures = 0;

  constructor(address: string) {
    this.#address = address;
  }

  /** Waits for the daemon first. */
  async start(): Promise<void> {
    for (let agent = 0; agent < AGENTS; agent++) {
      const client = await connectClient({ address: this.#address, decisionDeadlineMs: 10_000 });
      this.#clients.push(client);
      this.#loops.push(this.#live(client, agent));
    }
  }

  /** After the runs under way. @throws Error when any run failed */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#loops);
    for (const client of this.#clients) client.close();
    if (this.#failures > 0) throw new Error(`${this.#failures} of ${this.#runs} runs failed`);
  }

  describe(): string {
    return `${this.#runs} runs, ${this.#failures} failed`;
  }

  async #live(client: TollgateClient, agent: number): Promise<void> {
    const reporter = new Reporter(client, { reporterId: `soak-${agent}` });
    for (let run = 0; !this.#stopping; run++) {
      try {
        await runOnce(client, reporter, `soak-${agent}-${run}`, agent);
      } catch (error) {
        this.#failures++;
        console.error(`soak: agent ${agent}: ${String(error)}`);
      }
      this.#runs++;
      await new Promise((resolve) => setTimeout(resolve, REST_MS));
    }
    await reporter.close();
  }
}

async function runOnce(
  client: TollgateClient,
  reporter: Reporter,
  executionId: string,
  agent: number,
): Promise<void> {
  const principal = { tenant: "soak", user: `user-${agent}` };
  await client.calls.registerExecution({ executionId, principal, labels: { agent: `${agent}` } });
  const intent = { step: { name: "plan" }, estimate: { tokens: { input: 100n } } };
  await client.check({ executionId, intent });
  await client.charge({ executionId, intent, requestId: "once" });
  await client.reserve({ executionId, reservationId: "h", intent });
  for (let report = 0; report < REPORTS; report++)
    await reporter.report(
      { executionId, provider: "demo", model: "demo" },
      { steps: 1n, tokens: { input: 9n } },
    );
  await client.calls.settle({ executionId, reservationId: "h", usage: { tokens: { input: 80n } } });
  await client.reserve({ executionId, reservationId: "left", intent });
  await reporter.complete(executionId);
}
