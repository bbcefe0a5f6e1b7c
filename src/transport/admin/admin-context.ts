import type { ServiceContext } from "../service-context.ts";

/** What the services of operators share; they see every caller. */
export type AdminContext = Omit<ServiceContext, "caller">;

/** Who acts through the admin socket: its file permissions are the credential until there are others. */
export const ADMIN_ACTOR = "admin-socket";
