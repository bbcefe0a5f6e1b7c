"""A Python agent is stopped by what another stream uses, and sees why.

Two reporters share one execution. The first streams and watches; the second reports more than the execution may use. The
first is told to halt. Prints one JSON object. Needs the generated code (generate.py) in PYTHONPATH.

Usage: python clients/python/tests/halt_test.py ADDRESS
"""

import json
import queue
import secrets
import sys
import threading
import time

import grpc

from tollgate.enforcement.v1 import check_pb2, enforcement_service_pb2_grpc, event_pb2, execution_pb2, finding_pb2
from tollgate.enforcement.v1 import intent_pb2, limits_pb2, stream_pb2, usage_pb2

DEADLINE_SECONDS = 10
MAX_TOKENS = 1_000


class Reporter:
    """One stream of reports: what it sends is queued, what it hears is queued."""

    def __init__(self, stub, name):
        self.heard = queue.Queue()
        self._to_send = queue.Queue()
        hello = stream_pb2.Hello(reporter_id=name, epoch=secrets.randbits(63) + 1)
        self._to_send.put(stream_pb2.StreamUsageRequest(hello=hello))
        self._call = stub.StreamUsage(iter(self._to_send.get, None))
        threading.Thread(target=self._listen, daemon=True).start()
        self.wait_for(lambda message: message.HasField("welcome"))

    def _listen(self):
        try:
            for message in self._call:
                self.heard.put((time.monotonic(), message))
        except grpc.RpcError as error:
            self.heard.put((time.monotonic(), error))

    def report(self, execution_id, sequence, tokens):
        usage = usage_pb2.Usage(requests=1, tokens=usage_pb2.TokenUsage(input=tokens))
        group = usage_pb2.UsageGroup(execution_id=execution_id, first_sequence=sequence, usage=[usage])
        self._to_send.put(stream_pb2.StreamUsageRequest(usage_batch=usage_pb2.UsageBatch(groups=[group])))

    def wait_for(self, wanted):
        """The first message that is wanted, and when it came. Raises when the stream ends or nothing comes."""
        while True:
            at, message = self.heard.get(timeout=DEADLINE_SECONDS)
            if isinstance(message, grpc.RpcError):
                raise message
            if wanted(message):
                return at, message

    def close(self):
        self._to_send.put(None)
        self._call.cancel()


def is_durable(sequence):
    return lambda message: message.HasField("progress") and message.progress.durable_through >= sequence


def is_halt(message):
    return message.HasField("event") and message.event.type == event_pb2.EVENT_TYPE_HALT


def register(stub, execution_id):
    limits = limits_pb2.Limits(max_tokens=MAX_TOKENS)
    request = execution_pb2.RegisterExecutionRequest(execution_id=execution_id, limits=limits)
    answer = stub.RegisterExecution(request, timeout=DEADLINE_SECONDS)
    assert answer.decision.allowed, answer
    assert answer.state == execution_pb2.EXECUTION_STATE_RUNNING, answer


def is_refused(stub, execution_id):
    intent = intent_pb2.Intent(step=intent_pb2.IntentStep(name="next"))
    decision = stub.Check(check_pb2.CheckRequest(execution_id=execution_id, intent=intent), timeout=DEADLINE_SECONDS).decision
    assert decision.verdict == finding_pb2.VERDICT_BLOCK, decision
    return not decision.allowed


def main(address):
    channel = grpc.insecure_channel(address)
    grpc.channel_ready_future(channel).result(timeout=DEADLINE_SECONDS)
    stub = enforcement_service_pb2_grpc.EnforcementServiceStub(channel)
    execution_id = f"python-{secrets.token_hex(4)}"
    register(stub, execution_id)
    agent = Reporter(stub, f"{execution_id}-agent")
    agent.report(execution_id, 1, 100)
    agent.wait_for(is_durable(1))
    other = Reporter(stub, f"{execution_id}-other")
    sent_at = time.monotonic()
    other.report(execution_id, 1, MAX_TOKENS)
    halted_at, message = agent.wait_for(is_halt)
    finding = message.event.halt.finding
    result = {
        "halted_after_ms": round((halted_at - sent_at) * 1000, 1),
        "reason": finding.reason,
        "message": finding.message,
        "setting": finding.remedy.setting,
        "refused": is_refused(stub, execution_id),
    }
    agent.close()
    other.close()
    channel.close()
    print(json.dumps(result))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
