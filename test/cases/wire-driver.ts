import { connect } from "../integration/transport/wire-client.ts";
import { startWireDaemon } from "../integration/transport/wire-daemon.ts";
import { CaseClock } from "./case-clock.ts";
import type { Case } from "./case-file.ts";
import { casePolicy } from "./case-policy.ts";
import type { Driver } from "./driver.ts";
import { SERVICES, sendTo } from "./send.ts";

/** The doors of the daemon on a real socket, and plain generated clients. */
export async function createWireDriver(one: Case): Promise<Driver> {
  const clock = new CaseClock(one.at);
  const daemon = await startWireDaemon({ clock, policySet: casePolicy(one.documents, 1) });
  const clients = {
    enforcement: connect(SERVICES.enforcement, daemon.agent),
    guards: connect(SERVICES.guards, daemon.agent),
    approvals: connect(SERVICES.approvals, daemon.admin),
    executions: connect(SERVICES.executions, daemon.admin),
  };
  let generation = 1;
  return {
    send: (request) =>
      sendTo(request, (method, message) => {
        const client = clients[request.service as keyof typeof clients];
        const rpc = client.rpc as unknown as {
          readonly [name: string]: (message: object) => Promise<unknown>;
        };
        return rpc[method]?.(message) ?? Promise.reject(new Error(`no method ${method}`));
      }),
    swap: (documents) => {
      daemon.world.policy = casePolicy(documents, ++generation);
    },
    advance: (ms) => {
      clock.advance(ms);
      daemon.runDue();
    },
    close: async () => {
      for (const client of Object.values(clients)) client.close();
      await daemon.close();
    },
  };
}
