import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    pool: "forks",
    // Every budget of time and memory is planned for two cores.
    maxWorkers: 2,
    // Real processes, real files and real kills: long enough that only a hang reaches it.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    slowTestThreshold: 5_000,
    // A flaky test is a bug.
    retry: 0,
  },
});
