// Building elements. Text is always set as text, never as markup, so nothing a server says can become a script.

/** `byId("shelf")`: an element the page is known to have. */
export const byId = (id) => document.getElementById(id);

/**
 * An element: `element("li", { class: "row", lang: "de" }, "text", otherElement)`.
 * Children that are null, undefined or false are left out.
 */
export function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null) node.setAttribute(key, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** Replace what `node` shows and how it is toned: "", "good" or "bad". From then on the text is no longer the page's own to translate. */
export function say(node, text, tone = "") {
  delete node.dataset.t;
  node.textContent = text;
  node.classList.toggle("good", tone === "good");
  node.classList.toggle("bad", tone === "bad");
}

/** Run `work` while `control` says it is busy; a second press meanwhile is ignored. The control keeps its focus. */
export async function whileBusy(control, work) {
  if (control.getAttribute("aria-disabled") === "true") return;
  control.setAttribute("aria-disabled", "true");
  try {
    await work();
  } finally {
    control.removeAttribute("aria-disabled");
  }
}
