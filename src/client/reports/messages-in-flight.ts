// Two Node processes can stop reading each other for ever: while a write to a socket waits, Node's HTTP/2 does not read
// from it, and a Unix socket is full after 212,992 bytes, of which the smallest message takes about 768. So a reporter
// never has so much on its way that its own writing waits for the daemon.

/** Most messages sent and not yet accepted. */
const MESSAGES_MAX = 32;
/** Most bytes sent and not yet accepted, unless it is one message. */
const BYTES_MAX = 98_304;

interface Sent {
  readonly through: number;
  readonly bytes: number;
}

/** What was sent and of which the daemon has not said yet that it is applied. */
export class MessagesInFlight {
  #sent: Sent[] = [];
  #bytes = 0;

  get isFull(): boolean {
    return this.#sent.length >= MESSAGES_MAX || this.#bytes >= BYTES_MAX;
  }

  add(through: number, bytes: number): void {
    this.#sent.push({ through, bytes });
    this.#bytes += bytes;
  }

  /** Everything up to `through` is applied. */
  accept(through: number): void {
    let applied = 0;
    for (const message of this.#sent) {
      if (message.through > through) break;
      applied++;
      this.#bytes -= message.bytes;
    }
    this.#sent.splice(0, applied);
  }

  /** The connection is gone. */
  clear(): void {
    this.#sent = [];
    this.#bytes = 0;
  }
}
