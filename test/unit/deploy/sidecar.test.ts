import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { createSettings, readSettings } from "../../../src/config/read-settings.ts";

interface Container {
  readonly name: string;
  readonly restartPolicy?: string;
  readonly env: readonly { readonly name: string; readonly value?: string }[];
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  readonly resources: { readonly limits: { readonly [resource: string]: string } };
  readonly securityContext: { readonly [name: string]: unknown };
  readonly [probe: string]: unknown;
}

const pod = parse(readFileSync("deploy/kubernetes/sidecar.yaml", "utf8")) as {
  readonly spec: {
    readonly initContainers: readonly [Container];
    readonly containers: readonly [Container];
    readonly volumes: readonly {
      readonly name: string;
      readonly emptyDir?: { readonly sizeLimit: string };
    }[];
  };
};
const [sidecar] = pod.spec.initContainers;
const [agent] = pod.spec.containers;

function mountsOf(container: Container): readonly string[] {
  return container.volumeMounts.map(({ name }) => name);
}

describe("deploy/kubernetes/sidecar.yaml", () => {
  test("is a native sidecar whose start the agent waits for", () => {
    expect(sidecar.restartPolicy).toBe("Always");
    expect(sidecar["startupProbe"]).toMatchObject({ httpGet: { path: "/readyz" } });
    expect(sidecar["livenessProbe"]).toMatchObject({ httpGet: { path: "/healthz" } });
  });

  test("P5: has a memory limit and no CPU limit", () => {
    expect(sidecar.resources.limits).toEqual({ memory: "256Mi" });
  });

  test("P12: the agent reaches the agent socket only", () => {
    expect(mountsOf(agent)).toEqual(["tollgate-agent"]);
    expect(mountsOf(sidecar)).toContain("tollgate-admin");
  });

  test("runs without root on a read-only file system", () => {
    expect(sidecar.securityContext).toMatchObject({
      runAsUser: 65_532,
      runAsNonRoot: true,
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
    });
  });

  test("mounts a volume wherever the defaults write, larger than the file and its log", () => {
    const settings = createSettings();
    const paths = sidecar.volumeMounts.map(({ mountPath }) => mountPath);
    expect(paths).toEqual([settings.data, "/run/tollgate", "/run/tollgate-admin", settings.policy]);
    const data = pod.spec.volumes.find(({ name }) => name === "tollgate-data");
    expect(data?.emptyDir?.sizeLimit).toBe("512Mi");
    expect(settings.fileMaxBytes + 64 * 1_048_576).toBeLessThan(512 * 1_048_576);
  });

  test("every variable it sets is a setting", async () => {
    const environment = Object.fromEntries(sidecar.env.map(({ name, value }) => [name, value ?? "x"]));
    const { settings } = await readSettings([], environment);
    expect(settings.tenant).toBe("x");
    expect(agent.env[0]?.value).toBe(`unix:${settings.address.path}`);
  });
});
