import { afterEach, expect, test } from "vitest";
import { PolicyService } from "../../../src/gen/tollgate/admin/v1/policy_service_pb.ts";
import { createDirectory, DaemonProcess } from "../daemon/daemon-process.ts";
import { connect } from "../transport/wire-client.ts";
import { tenantText } from "./policy-daemon.ts";

const started: DaemonProcess[] = [];

afterEach(async () => {
  for (const daemon of started.splice(0)) await daemon.kill();
});

test("P1: documents that operators wrote, with every version, are there after a kill", async () => {
  const directory = createDirectory();
  const start = async () => {
    const daemon = DaemonProcess.spawn({}, undefined, directory);
    started.push(daemon);
    return { daemon, policies: connect(PolicyService, await daemon.address("admin")) };
  };
  const first = await start();
  for (const value of [1, 2])
    await first.policies.rpc.put({
      tenant: "acme",
      text: tenantText("acme", `execution: {max_steps: ${value}}\n`),
      note: `version ${value}`,
    });
  const before = await first.policies.rpc.history({ tenant: "acme" });
  const { policyEtag } = await first.policies.rpc.list({});
  first.policies.close();
  await first.daemon.kill();
  const second = await start();
  const after = await second.policies.rpc.history({ tenant: "acme" });
  expect(after.versions).toEqual(before.versions);
  expect(after.versions.map(({ note }) => note)).toEqual(["version 2", "version 1"]);
  expect((await second.policies.rpc.list({})).policyEtag).toBe(policyEtag);
  second.policies.close();
});
