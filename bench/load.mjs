// The load: closed-loop HTTP/1.1 clients on raw sockets, light enough to share a machine with what they measure.
//
// Reads one JSON command a line on standard input, answers with one JSON line each; `load.py` is its client.
//
//   {"host": "127.0.0.1", "port": 8787, "connections": 16, "seconds": 1.5, "requests": ["GET / HTTP/1.1\r\n...", ...]}
//   -> {"served": 4211, "seconds": 1.5, "statuses": {"200": 4211}, "failed": 0, "bytes": 1234,
//       "latencies": {"p50": 3.1, "p99": 5.2}, "first_bytes": {"p50": 2.9, "p99": 5.0}}        (milliseconds)
//
// Every connection sends its next request when the former answer is complete; all of them draw from one ring of
// requests. A response ends as RFC 9112 section 6.3 says: by its Content-Length or by its last chunk.

import net from 'node:net';
import readline from 'node:readline';

const HEAD_END = Buffer.from('\r\n\r\n');

/** Follows one response at a time; `push` gives the bytes that are left over once it is complete, else null. */
export class ResponseReader {
  constructor() {
    this.reset();
  }

  reset() {
    this.status = 0;
    this.head = null; // bytes of an incomplete header section
    this.remaining = 0; // content bytes, or bytes of a chunk with its line end
    this.chunked = false;
    this.line = ''; // an incomplete chunk-size line
  }

  push(bytes) {
    if (this.status === 0) {
      bytes = this.readHead(bytes);
      if (bytes === null) return null;
    }
    return this.chunked ? this.readChunks(bytes) : this.readContent(bytes);
  }

  readHead(bytes) {
    if (this.head !== null) bytes = Buffer.concat([this.head, bytes]);
    const end = bytes.indexOf(HEAD_END);
    if (end < 0) {
      this.head = bytes;
      return null;
    }
    const head = bytes.latin1Slice(0, end).toLowerCase();
    this.status = Number(head.slice(9, 12));
    const length = /\r\ncontent-length: *(\d+)/.exec(head);
    this.chunked = /\r\ntransfer-encoding: *chunked/.test(head);
    this.remaining = length ? Number(length[1]) : 0;
    if (!length && !this.chunked && this.status !== 204 && this.status !== 304) {
      throw new Error(`no way to tell where the ${this.status} ends`);
    }
    return bytes.subarray(end + 4);
  }

  readContent(bytes) {
    if (bytes.length < this.remaining) {
      this.remaining -= bytes.length;
      return null;
    }
    return bytes.subarray(this.remaining);
  }

  readChunks(bytes) {
    for (let at = 0; ;) {
      if (this.remaining > 0) {
        const taken = Math.min(this.remaining, bytes.length - at);
        this.remaining -= taken;
        at += taken;
        if (this.remaining > 0) return null;
        if (this.last) {
          this.last = false;
          return bytes.subarray(at);
        }
      }
      const end = bytes.indexOf(10, at);
      this.line += bytes.latin1Slice(at, end < 0 ? bytes.length : end + 1);
      if (end < 0) return null;
      at = end + 1;
      const size = parseInt(this.line, 16);
      this.line = '';
      this.last = size === 0;
      this.remaining = size + 2; // its own line end; after the last chunk the empty line, for we expect no trailers
    }
  }
}

class Connection {
  constructor(run) {
    this.run = run;
    this.reader = new ResponseReader();
    this.awaiting = false;
    this.open();
  }

  open() {
    const { host, port } = this.run;
    this.socket = net.connect({ host, port, noDelay: true });
    this.socket.on('connect', () => this.next());
    this.socket.on('data', (bytes) => this.receive(bytes));
    this.socket.on('error', () => {}); // 'close' follows
    this.socket.on('close', () => this.lost());
  }

  next() {
    if (this.run.over) {
      this.socket.end();
      return;
    }
    this.awaiting = true;
    this.firstByte = 0;
    this.sent = performance.now();
    this.socket.write(this.run.nextRequest());
  }

  receive(bytes) {
    if (this.firstByte === 0) this.firstByte = performance.now();
    this.run.bytes += bytes.length;
    let rest;
    try {
      rest = this.reader.push(bytes);
    } catch (error) {
      this.run.fault ??= error.message;
      this.socket.destroy();
      return;
    }
    if (rest === null) return;
    this.run.finished(this.reader.status, this.firstByte - this.sent, performance.now() - this.sent);
    this.reader.reset();
    this.awaiting = false;
    this.next();
  }

  lost() {
    if (this.awaiting) this.run.failed += 1;
    if (this.run.over || this.run.failed > 100) {
      this.run.closed();
      return;
    }
    this.awaiting = false;
    this.reader.reset();
    this.open();
  }
}

class Run {
  constructor({ host, port, connections, seconds, requests }, done) {
    Object.assign(this, { host, port, done, failed: 0, bytes: 0, over: false, fault: null });
    this.requests = requests.map((text) => Buffer.from(text, 'latin1'));
    this.statuses = {};
    this.latencies = [];
    this.firstBytes = [];
    this.at = 0;
    this.open = connections;
    this.began = performance.now();
    setTimeout(() => { this.over = true; }, seconds * 1000);
    for (let i = 0; i < connections; i += 1) new Connection(this);
  }

  nextRequest() {
    this.at = (this.at + 1) % this.requests.length;
    return this.requests[this.at];
  }

  finished(status, firstByte, latency) {
    this.statuses[status] = (this.statuses[status] ?? 0) + 1;
    this.firstBytes.push(firstByte);
    this.latencies.push(latency);
  }

  closed() {
    this.open -= 1;
    if (this.open > 0) return;
    this.done({
      served: this.latencies.length,
      seconds: (performance.now() - this.began) / 1000,
      statuses: this.statuses,
      failed: this.failed,
      fault: this.fault,
      bytes: this.bytes,
      latencies: percentiles(this.latencies),
      first_bytes: percentiles(this.firstBytes),
    });
  }
}

/** Nearest-rank percentiles in milliseconds; null without a sample. */
function percentiles(sample) {
  const sorted = Float64Array.from(sample).sort();
  const rank = (share) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
  return { p50: rank(0.5), p99: rank(0.99) };
}

const input = readline.createInterface({ input: process.stdin });
for await (const line of input) {
  const result = await new Promise((done) => new Run(JSON.parse(line), done));
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
