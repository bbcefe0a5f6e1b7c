import type { Principal } from "../execution.ts";

// The chain of principals that usage is charged to. A level that a request does not name takes no part.

/** From what all share to whoever asks; `unattributed` is for usage of executions that nobody registered. */
export const LEVELS = ["global", "tenant", "team", "user", "api_key", "agent", "unattributed"] as const;
export type Level = (typeof LEVELS)[number];

/** One level of a chain. */
export interface LevelName {
  readonly level: Level;
  readonly name: string;
}

/** The levels of a principal, the widest first. */
export function levelsOf(principal: Principal, unattributed: boolean): readonly LevelName[] {
  const { tenant, team, user, apiKeyId, agent } = principal;
  const levels: LevelName[] = [
    { level: "global", name: "" },
    { level: "tenant", name: tenant },
  ];
  if (team !== undefined) levels.push({ level: "team", name: team });
  if (user !== undefined) levels.push({ level: "user", name: user });
  if (apiKeyId !== undefined) levels.push({ level: "api_key", name: apiKeyId });
  if (agent !== undefined) levels.push({ level: "agent", name: agent });
  if (unattributed) levels.push({ level: "unattributed", name: tenant });
  return levels;
}

/** As findings and policies name it: `user:alice`, `tenant:acme`, `global`. */
export function formatLevel({ level, name }: LevelName): string {
  return level === "global" ? level : `${level}:${name}`;
}
