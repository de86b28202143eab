// How the people of the place write and count, by the client `/geo.js`, and the switch to a site in several languages.

import { byId, element } from "./dom.js";
import { turns } from "./gateway.js";
import { message } from "./messages.js";

const asking = turns();

/** A Monday: the first day of the week is counted from one. */
const MONDAY = Date.UTC(2024, 0, 1);
const DAY = 24 * 3600 * 1000;
const AFTERNOON = Date.UTC(2024, 0, 1, 17, 30);

/** Show the profile that the client has of a visitor with the language and currency of `chosen`, written by itself. */
export async function showFormats(chosen) {
  const isLatest = asking();
  const wish = new URLSearchParams({ lang: chosen.language, currency: chosen.currency });
  const { geo } = await import(`/geo.js?${wish}`);
  const { locale, price, date } = await geo();
  if (!isLatest() || !locale.formats) return;
  const { language, formats } = locale;
  const list = byId("formats");
  const day = (number) => date(MONDAY + (number - 1) * DAY, { weekday: "long", timeZone: "UTC" });
  const rows = [
    ["amount", price(1234.5), `${formats.decimal} ${formats.group}`.trim()],
    ["hours", date(AFTERNOON, { hour: "numeric", minute: "2-digit", timeZone: "UTC" }), formats.hourCycle],
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
