import type { ServiceContext } from "../service-context.ts";
import type { RequestMemory } from "./request-memory.ts";

/** What the services of operators share; they see every caller. */
export interface AdminContext extends Omit<ServiceContext, "caller"> {
  readonly requests: RequestMemory;
}

/** Who acts through the admin socket: its file permissions are the credential until there are others. */
export const ADMIN_ACTOR = "admin-socket";
