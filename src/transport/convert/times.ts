import type { Duration, Timestamp } from "@bufbuild/protobuf/wkt";

/** A length of time, whole milliseconds. */
export function durationToProto(ms: number): Duration {
  const whole = Math.max(0, Math.floor(ms));
  const seconds = Math.floor(whole / 1000);
  return {
    $typeName: "google.protobuf.Duration",
    seconds: BigInt(seconds),
    nanos: (whole - seconds * 1000) * 1_000_000,
  };
}

/** Milliseconds, rounded down; the table of request checks has bounded it before. */
export function durationFromProto(duration: Duration): number {
  return Number(duration.seconds) * 1000 + Math.floor(duration.nanos / 1_000_000);
}

/** An instant of the wall clock, ms since 1970. */
export function timestampToProto(wallMs: number): Timestamp {
  const whole = Math.floor(wallMs);
  const seconds = Math.floor(whole / 1000);
  return {
    $typeName: "google.protobuf.Timestamp",
    seconds: BigInt(seconds),
    nanos: (whole - seconds * 1000) * 1_000_000,
  };
}

export function timestampFromProto(timestamp: Timestamp): number {
  return Number(timestamp.seconds) * 1000 + Math.floor(timestamp.nanos / 1_000_000);
}
