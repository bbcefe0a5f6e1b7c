import { expect, test } from "vitest";
import { PolicyService } from "../../../src/gen/tollgate/admin/v1/policy_service_pb.ts";
import { connect } from "../transport/wire-client.ts";
import { PolicyDirectory, startPolicyDaemon } from "./policy-daemon.ts";

test("explains the file of rates: what can be about the tenant, with its descriptions and lines", async () => {
  const quotas = `version: 1
defaults: {rps: 20}
principals:
  - {principal: "tenant:acme", rps: 100, burst: 150, description: enterprise}
  - {principal: "tenant:beta", rps: 5}
  - {principal: "user:ann", rps: 2.5}
endpoint_multipliers: {/v1/chat: 0.5}
`;
  const directory = new PolicyDirectory();
  directory.swap({ "quotas.yaml": quotas });
  const daemon = await startPolicyDaemon(directory);
  const policies = connect(PolicyService, daemon.daemon.addresses.admin ?? "");
  const explained = await policies.rpc.explain({ tenant: "acme", keyPrefix: "quotas_file" });
  policies.close();
  await daemon.stop();
  const rows = explained.policy?.values.map(({ key, valueJson, document, line }) => [
    key,
    JSON.parse(new TextDecoder().decode(valueJson)) as unknown,
    document?.endsWith("/quotas.yaml"),
    line,
  ]);
  expect(rows).toEqual([
    ["quotas_file.defaults", { rps: 20, burst: 40 }, true, undefined],
    ['quotas_file.endpoint_multipliers["/v1/chat"]', 0.5, true, undefined],
    ['quotas_file.principals["tenant:acme"]', { rps: 100, burst: 150, description: "enterprise" }, true, 4],
    ['quotas_file.principals["user:ann"]', { rps: 2.5, burst: 5 }, true, 6],
  ]);
});
