import type { EventType, ExecutionEvent } from "../../domain/event.ts";
import type { Now } from "../../domain/time.ts";
import { usageSnapshot } from "../../engine/executions/snapshot.ts";
import type { World } from "../../engine/world.ts";
import { type Event, EventType as WireEventType } from "../../gen/tollgate/enforcement/v1/event_pb.ts";
import type { Finding } from "../../gen/tollgate/enforcement/v1/finding_pb.ts";
import { approvalToProto } from "./approvals.ts";
import { snapshotToProto } from "./executions.ts";
import { findingToProto } from "./findings.ts";
import { effectiveLimitsToProto } from "./limits.ts";
import { durationToProto, timestampToProto } from "./times.ts";

export const EVENT_TYPE_TO_PROTO: { readonly [T in EventType]: WireEventType } = {
  HALT: WireEventType.HALT,
  PAUSE: WireEventType.PAUSE,
  RESUME: WireEventType.RESUME,
  WARNING: WireEventType.WARNING,
  BLOCK: WireEventType.BLOCK,
  LIMITS_CHANGED: WireEventType.LIMITS_CHANGED,
  QUOTA_EXHAUSTED: WireEventType.QUOTA_EXHAUSTED,
  QUOTA_ALERT: WireEventType.QUOTA_ALERT,
  RESERVATION_EXPIRED: WireEventType.RESERVATION_EXPIRED,
  STEP_TIMEOUT: WireEventType.STEP_TIMEOUT,
  APPROVAL_OPENED: WireEventType.APPROVAL_OPENED,
  APPROVAL_ANSWERED: WireEventType.APPROVAL_ANSWERED,
  STORE_FAILING: WireEventType.STORE_FAILING,
  DATA_LOSS: WireEventType.DATA_LOSS,
  COMPLETED: WireEventType.COMPLETED,
};

/** What an event needs beside itself: the world as it stands, and the file it is kept in. */
export interface EventSurroundings {
  readonly world: World;
  readonly storeId: string;
  readonly now: Now;
}

export function eventToProto(event: ExecutionEvent, index: number, around: EventSurroundings): Event {
  return {
    $typeName: "tollgate.enforcement.v1.Event",
    eventNumber: BigInt(event.number),
    executionId: around.world.executions.record(index).id,
    type: EVENT_TYPE_TO_PROTO[event.type],
    occurredAt: timestampToProto(event.atMs),
    message: event.message,
    payload: payloadOf(event, index, around),
  };
}

/** Told to everybody: it concerns no single execution and cannot be resumed. */
export function storeEventToProto(recovered: boolean, message: string, now: Now): Event {
  return {
    $typeName: "tollgate.enforcement.v1.Event",
    eventNumber: 0n,
    executionId: "",
    type: WireEventType.STORE_FAILING,
    occurredAt: timestampToProto(now.wallMs),
    message,
    payload: {
      case: "storeFailing",
      value: {
        $typeName: "tollgate.enforcement.v1.StoreFailingEvent",
        recovered: recovered ? true : undefined,
      },
    },
  };
}

const PREFIX = "tollgate.enforcement.v1";

function payloadOf(
  event: ExecutionEvent,
  index: number,
  { world, storeId, now }: EventSurroundings,
): Event["payload"] {
  const record = world.executions.record(index);
  const finding = event.finding === undefined ? undefined : findingToProto(event.finding, record.id);
  const { approvalId = event.finding?.approvalId, reservationId = "" } = event;
  switch (event.type) {
    case "HALT":
      return { case: "halt", value: { $typeName: `${PREFIX}.HaltEvent`, finding } };
    case "PAUSE":
      return { case: "pause", value: { $typeName: `${PREFIX}.PauseEvent`, finding, approvalId } };
    case "RESUME":
      return { case: "resume", value: { $typeName: `${PREFIX}.ResumeEvent`, approvalId } };
    case "WARNING":
      return { case: "warning", value: { $typeName: `${PREFIX}.WarningEvent`, finding } };
    case "BLOCK":
      return {
        case: "block",
        value: { $typeName: `${PREFIX}.BlockEvent`, findings: finding === undefined ? [] : [finding] },
      };
    case "LIMITS_CHANGED": {
      const limits = effectiveLimitsToProto(record.limits);
      return {
        case: "limitsChanged",
        value: { $typeName: `${PREFIX}.LimitsChangedEvent`, limits, policyEtag: world.policy.etag },
      };
    }
    case "QUOTA_EXHAUSTED":
    case "QUOTA_ALERT":
      return quotaPayload(event, finding);
    case "RESERVATION_EXPIRED":
      return {
        case: "reservationExpired",
        value: { $typeName: `${PREFIX}.ReservationExpiredEvent`, reservationId },
      };
    case "STEP_TIMEOUT": {
      const elapsed = durationToProto(event.elapsedMs ?? 0);
      const limit = durationToProto(event.limitMs ?? 0);
      return {
        case: "stepTimeout",
        value: { $typeName: `${PREFIX}.StepTimeoutEvent`, reservationId, elapsed, limit, finding },
      };
    }
    case "APPROVAL_OPENED":
    case "APPROVAL_ANSWERED": {
      const entry = approvalId === undefined ? undefined : world.approvals.find(approvalId);
      const approval = entry === undefined ? undefined : approvalToProto(world, entry);
      return event.type === "APPROVAL_OPENED"
        ? { case: "approvalOpened", value: { $typeName: `${PREFIX}.ApprovalOpenedEvent`, approval } }
        : { case: "approvalAnswered", value: { $typeName: `${PREFIX}.ApprovalAnsweredEvent`, approval } };
    }
    case "STORE_FAILING":
      return { case: "storeFailing", value: { $typeName: `${PREFIX}.StoreFailingEvent` } };
    case "DATA_LOSS":
      return { case: "dataLoss", value: { $typeName: `${PREFIX}.DataLossEvent`, storeId, finding } };
    case "COMPLETED": {
      const usage = snapshotToProto(usageSnapshot(world, index, now));
      return { case: "completed", value: { $typeName: `${PREFIX}.CompletedEvent`, usage, finding } };
    }
  }
}

function quotaPayload(event: ExecutionEvent, finding: Finding | undefined): Event["payload"] {
  const { windowEndsAtMs, levelPercent = 0 } = event;
  if (event.type === "QUOTA_ALERT")
    return { case: "quotaAlert", value: { $typeName: `${PREFIX}.QuotaAlertEvent`, finding, levelPercent } };
  const windowEndsAt = windowEndsAtMs === undefined ? undefined : timestampToProto(windowEndsAtMs);
  return {
    case: "quotaExhausted",
    value: { $typeName: `${PREFIX}.QuotaExhaustedEvent`, finding, windowEndsAt },
  };
}
