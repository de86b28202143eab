// How the people of the place write and count, by the profile of `/geo?include=formats`, and the switch to a site in several languages.

import { byId, element } from "./dom.js";
import { money } from "./locale.js";
import { message } from "./messages.js";

/** A Monday: the first day of the week is counted from one. */
const MONDAY = Date.UTC(2024, 0, 1);
const DAY = 24 * 3600 * 1000;
const AFTERNOON = Date.UTC(2024, 0, 1, 17, 30);

/** Show the profile of `locale`, written by itself. */
export function showFormats(locale) {
  const { language, formats } = locale;
  const list = byId("formats");
  if (!formats) return;
  const day = (number) => new Intl.DateTimeFormat(language, { weekday: "long", timeZone: "UTC" }).format(MONDAY + (number - 1) * DAY);
  const hours = { hour: "numeric", minute: "2-digit", timeZone: "UTC", hourCycle: formats.hourCycle };
  const rows = [
    ["amount", money(language, locale.currency, 1234.5), `${formats.decimal} ${formats.group}`.trim()],
    ["hours", new Intl.DateTimeFormat(language, hours).format(AFTERNOON), formats.hourCycle],
    ["week", day(formats.firstDayOfWeek), formats.calendar],
    ["paper", formats.paperSize, formats.measurementSystem],
    ["dialling", formats.callingCode, locale.country],
  ];
  list.lang = language;
  list.dir = locale.direction;
  list.replaceChildren(
    ...rows.map(([name, text, small]) =>
      element(
        "div",
        { "data-format": name },
        element("dt", {}, message(`formats.${name}`)),
        element("dd", {}, element("bdi", {}, text), element("small", {}, element("bdi", { dir: "ltr" }, small))),
      ),
    ),
  );
}

/** The site is served by the development server alone; away from it there is nothing to switch to. */
export function wireSite(local) {
  if (!local) byId("site").remove();
}
