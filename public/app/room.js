// The room on the page: who is there, what is said, and what becomes of an order while one looks.

import { byId, element, say, whileBusy } from "./dom.js";
import { Live, keyOf } from "./live.js";
import { message, pageLanguage } from "./messages.js";

const ROOM = "general";
/** Messages that stay on the page. */
const MOST = 200;
/** Milliseconds without a key after which somebody types no more, and between two times that it is told. */
const PAUSE = 2500;
const TOLD = 5000;

const shown = { state: "idle", people: [], said: [], typing: new Map() };
let live = null;
let pause = 0;
let told = -TOLD;

/** `onOrder` is told of each change of one's orders, as far as the room says it. */
export function wireRoom(onOrder) {
  byId("room-enter").addEventListener("click", () => (live ? leave() : enter(onOrder)));
  const form = byId("say");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    whileBusy(form.querySelector("button"), () => speakUp(form.text));
  });
  form.text.addEventListener("input", () => {
    if (!pause && performance.now() - told > TOLD) {
      told = performance.now();
      live?.typing(true);
    }
    clearTimeout(pause);
    pause = setTimeout(() => restTyping(true), PAUSE);
  });
}

/** Show everything again in the language that the page is in now. */
export function showRoom() {
  if (live) render();
}

function enter(onOrder) {
  if (!byId("token").value.trim()) {
    say(byId("room-status"), message("room.noToken"), "bad");
    return;
  }
  Object.assign(shown, { people: [], said: [], typing: new Map() });
  live = new Live(ROOM, () => byId("token").value.trim(), {
    said: (entry) => {
      shown.said = [...shown.said, entry].slice(-MOST);
      shown.typing.delete(keyOf(entry.user));
      const log = byId("room-log");
      log.append(line(entry));
      while (log.children.length > MOST) log.firstChild.remove();
      log.parentElement.scrollTop = log.parentElement.scrollHeight;
      renderTyping();
    },
    typing: (user, isTyping) => {
      if (isTyping) shown.typing.set(keyOf(user), user);
      else shown.typing.delete(keyOf(user));
      renderTyping();
    },
    people: (users) => {
      shown.people = users;
      renderPeople();
    },
    state: (how) => {
      shown.state = how;
      renderState();
    },
    order: onOrder,
  });
  render();
}

function leave() {
  live.leave();
  live = null;
  Object.assign(shown, { state: "idle", people: [] });
  render();
}

async function speakUp(input) {
  const text = input.value.trim();
  if (!live || !text) return;
  restTyping(false);
  if (await live.say(text)) input.value = "";
  else say(byId("room-status"), message("room.notSent"), "bad");
}

/** Whoever gets a message sees that its author types no more. */
function restTyping(isTold) {
  if (pause && isTold) live?.typing(false);
  clearTimeout(pause);
  pause = 0;
}

function render() {
  byId("room-log").replaceChildren(...shown.said.map(line));
  byId("room-enter").textContent = message(live ? "room.leave" : "room.enter");
  delete byId("room-enter").dataset.t;
  byId("say").hidden = !live;
  renderState();
  renderPeople();
  renderTyping();
}

function renderState() {
  const status = byId("room-status");
  const text = message(`room.${shown.state}`);
  if (status.textContent !== text) say(status, text, shown.state === "lost" ? "bad" : live ? "good" : "");
  status.dataset.state = shown.state;
}

function renderPeople() {
  const names = shown.people.map((user) => element("li", { "data-user": user.id }, element("span", { class: "chip" }, user.id)));
  byId("room-people").replaceChildren(...names);
}

function renderTyping() {
  const names = [...shown.typing.values()].map((user) => user.id);
  byId("room-typing").textContent = names.length ? message("room.typing", { names: names.join(", ") }) : "";
}

function line(entry) {
  const time = new Date(entry.at);
  const short = new Intl.DateTimeFormat(pageLanguage(), { timeStyle: "short" }).format(time);
  const name = entry.user?.id ?? "";
  const told = { user_joined: "room.came", user_left: "room.went" }[entry.type];
  const words = told ? [element("span", { class: "muted" }, message(told, { name }))] : [element("b", {}, name), " ", element("span", { dir: "auto" }, entry.text ?? "")];
  return element("li", { "data-number": entry.number, "data-type": entry.type }, element("time", { datetime: entry.at }, short), " ", ...words);
}
