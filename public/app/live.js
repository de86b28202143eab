// A room, live: over a WebSocket, and where there is none, by server-sent events. Misses nothing and shows nothing twice:
// everything said has a number, and what is missing is asked for. See docs/rooms.md.

import { call, succeeded } from "./gateway.js";

const SOCKET = "/api/rooms/socket";
const ROOMS = "/api/rooms";

/** Milliseconds until a lost connection is tried again: soon at first, and then by chance up to the last. */
const AGAIN = [300, 1000, 2000, 5000];
/** Connections that never opened, after which events take over. */
const HOPELESS = 2;
/** Milliseconds between two signs of life; a silent connection ends after ten minutes. */
const ALIVE = 240_000;
/** Milliseconds, when a stream does not say. */
const RETRY = 2000;

/** How the room is heard. */
export const CONNECTING = "connecting";
export const SOCKETS = "sockets";
export const EVENTS = "events";
export const LOST = "lost";

/**
 * `on` is told: `said(message)` of each message with a number, in order; `typing(user, isTyping)`; `people(users)`;
 * `state(how)`; `order(order)`. `token()` gives the caller's token, whenever one is needed.
 */
export class Live {
  constructor(room, token, on) {
    Object.assign(this, { room, token, on, last: null, counted: 0, failed: 0, socket: null, over: false });
    this.present = new Map();
    this.asked = new Map();
    this.offline = () => this.socket?.close();
    this.online = () => this.#again(0);
    addEventListener("offline", this.offline);
    addEventListener("online", this.online);
    this.#connect();
  }

  /** Leave for good. */
  leave() {
    this.over = true;
    clearTimeout(this.timer);
    clearInterval(this.pulse);
    removeEventListener("offline", this.offline);
    removeEventListener("online", this.online);
    this.socket?.close(1000);
  }

  /** Say something; gives whether it was taken, once that is known. */
  async say(text) {
    if (this.#isOpen()) return this.#ask({ type: "chat_message", text });
    const outcome = await call(`${ROOMS}/${this.room}/messages`, {
      method: "POST",
      headers: { ...this.#authorization(), "content-type": "application/json" },
      body: JSON.stringify({ text }),
    });
    return succeeded(outcome);
  }

  typing(isTyping) {
    if (this.#isOpen()) this.#send({ type: isTyping ? "typing_start" : "typing_stop" });
  }

  #isOpen = () => this.socket?.readyState === 1 && this.counted > 0;

  #authorization = () => ({ authorization: `Bearer ${this.token()}` });

  #send(fields) {
    this.socket.send(JSON.stringify({ room: this.room, ...fields }));
    return true;
  }

  /** Send it, and wait for the answer: whether it was done. A connection that is lost has no answer. */
  #ask(fields) {
    const ref = String((this.refs = (this.refs ?? 0) + 1));
    this.#send({ ...fields, ref });
    return new Promise((resolve) => this.asked.set(ref, resolve));
  }

  #connect() {
    if (this.over || this.socket) return;
    if (!("WebSocket" in window) || this.failed >= HOPELESS) {
      this.#read();
      return;
    }
    this.on.state(CONNECTING);
    let opened = false;
    const socket = new WebSocket(new URL(SOCKET, location.href.replace(/^http/, "ws")), ["bearer", this.token()]);
    this.socket = socket;
    socket.onopen = () => {
      opened = true;
      this.failed = 0;
      this.#send({ type: "join" });
      this.pulse = setInterval(() => socket.send('{"type": "ping"}'), ALIVE);
    };
    socket.onmessage = ({ data }) => this.#hear(JSON.parse(data));
    socket.onclose = () => {
      clearInterval(this.pulse);
      this.socket = null;
      this.counted = 0;
      for (const resolve of this.asked.values()) resolve(false);
      this.asked.clear();
      if (!opened && navigator.onLine) this.failed += 1;
      if (this.over) return;
      this.on.state(LOST);
      this.#again();
    };
  }

  #again(after = AGAIN[Math.min((this.tries = (this.tries ?? 0) + 1), AGAIN.length) - 1] * (0.5 + Math.random())) {
    clearTimeout(this.timer);
    if (navigator.onLine) this.timer = setTimeout(() => this.#connect(), after);
  }

  #hear(message) {
    this.asked.get(message.ref)?.(message.type !== "error");
    this.asked.delete(message.ref);
    if (message.type === "joined") {
      this.tries = 0;
      this.counted = message.last;
      this.present = new Map(message.users.map((user) => [keyOf(user), user]));
      this.on.people([...this.present.values()]);
      this.on.state(SOCKETS);
      this.#catchUp();
    } else if (message.type === "history") {
      for (const one of message.messages) this.#keep(one);
      if (message.more) this.#catchUp();
    } else if (message.type === "typing_start" || message.type === "typing_stop") {
      this.on.typing(message.user, message.type === "typing_start");
    } else if (message.type === "order_changed") {
      this.on.order(message.order);
    } else if (message.type === "error" && message.code === "token_expired") {
      this.socket.close();
    } else if (message.room === this.room && message.number && message.at) {
      if (this.last === null || message.number > this.last + 1) this.#catchUp();
      else this.#keep(message);
    }
  }

  /** Ask for what came after the last number; at the very first, for the newest. */
  #catchUp() {
    this.#send(this.last === null ? { type: "history" } : { type: "history", after: this.last });
  }

  #keep(message) {
    if (this.last !== null && message.number <= this.last) return;
    this.last = message.number;
    const comes = message.type === "user_joined";
    if (this.counted && message.number > this.counted && (comes || message.type === "user_left")) {
      if (comes) this.present.set(keyOf(message.user), message.user);
      else this.present.delete(keyOf(message.user));
      this.on.people([...this.present.values()]);
    }
    this.on.said(message);
  }

  /** One answer of the event stream, and then the next: what a browser's `EventSource` does, with a token. */
  async #read() {
    if (this.over) return;
    const known = this.last === null ? {} : { "last-event-id": String(this.last) };
    const headers = { ...this.#authorization(), ...known };
    const outcome = await call(`${ROOMS}/${this.room}/events`, { headers, cache: "no-store" });
    this.on.state(succeeded(outcome) ? EVENTS : LOST);
    const { events, retry } = eventsOf(succeeded(outcome) ? outcome.text : "");
    for (const event of events) this.#keep(JSON.parse(event.data));
    this.timer = setTimeout(() => this.#read(), retry ?? RETRY);
  }
}

/** Somebody: an id means something only with its issuer. */
export const keyOf = (user) => JSON.stringify([user.issuer, user.id]);

/** What an event stream says (WHATWG HTML, section 9.2.6), as far as ours go: one line of data each. */
export function eventsOf(text) {
  const blocks = text.split("\n\n").map((block) => Object.fromEntries(block.split("\n").map(fieldOf)));
  const retry = blocks.find((block) => /^\d+$/.test(block.retry ?? ""))?.retry;
  return { events: blocks.filter((block) => "data" in block), retry: retry === undefined ? undefined : Number(retry) };
}

function fieldOf(line) {
  const colon = line.indexOf(":");
  return colon < 0 ? [line, ""] : [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, "")];
}
