// The whole daemon over a directory of policies, with a look at every turn of its event loop.
// node reload-process.ts DIRECTORY

import { createSettings } from "../../../src/config/read-settings.ts";
import { SETTINGS } from "../../../src/config/settings.ts";
import { startDaemon } from "../../../src/daemon.ts";
import { createLogger } from "../../../src/observability/logger.ts";
import { answerSamples } from "./control.ts";
import { watchTurns } from "./watch-turns.ts";

const [directory = ""] = process.argv.slice(2);

const settings = createSettings({
  data: `${directory}/data`,
  policy: `${directory}/policy`,
  address: SETTINGS.address.parse(`unix:${directory}/agent.sock`),
  adminAddress: SETTINGS.adminAddress.parse(`unix:${directory}/admin.sock`),
  probe: undefined,
});
const daemon = await startDaemon(settings, { logger: createLogger("error") });
const turns = watchTurns();
answerSamples(() => daemon.stop(), turns);
