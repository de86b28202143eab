// The API reference: reads /openapi.json and shows what is in it. Knows OpenAPI 3.1 as far as Gatehouse writes it.

import { byId, element, say, whileBusy } from "./dom.js";
import { call, refusal, succeeded } from "./gateway.js";

const METHODS = ["get", "head", "post", "put", "patch", "delete", "options"];
const MOST_VALUES = 12;

/** Follow a `$ref` within the document. */
const resolve = (document, node) =>
  node?.$ref ? node.$ref.replace("#/", "").split("/").reduce((at, key) => at?.[key], document) : node;

async function show() {
  const outcome = await call("/openapi.json");
  if (!succeeded(outcome) || !outcome.data) {
    say(byId("about"), refusal(outcome), "bad");
    return;
  }
  const api = outcome.data;
  say(byId("about"), `${api.info.title} ${api.info.version}: ${api.info.summary}`);
  for (const tag of api.tags) showTag(api, tag);
  showSchemas(api);
  document.documentElement.dataset.ready = "1";
}

function showTag(api, tag) {
  const operations = operationsOf(api, tag.name);
  if (!operations.length) return;
  const title = tag.name[0].toUpperCase() + tag.name.slice(1);
  byId("contents").append(element("h2", {}, title), ...operations.map(entry));
  byId("operations").append(
    element(
      "section",
      { class: "group" },
      element("h2", {}, title),
      element("p", {}, tag.description),
      ...operations.map((operation) => article(api, operation)),
    ),
  );
}

/** Operations of a tag; HEAD beside a GET says nothing new and is left out. */
function operationsOf(api, tag) {
  return Object.entries(api.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]?.tags?.includes(tag) && !(method === "head" && item.get)).map((method) => ({
      path,
      method,
      ...item[method],
    })),
  );
}

function entry({ path, method, operationId }) {
  return element("a", { href: `#${operationId}` }, badge(method), element("code", {}, path));
}

const badge = (method) => element("span", { class: `method ${method}` }, method.toUpperCase());

function article(api, operation) {
  const parameters = (operation.parameters ?? []).map((one) => resolve(api, one));
  return element(
    "article",
    { class: "panel", id: operation.operationId },
    element(
      "header",
      {},
      badge(operation.method),
      element("h3", {}, operation.path),
      element("p", { class: "summary" }, operation.summary),
    ),
    element("p", { class: "access" }, ...prose(access(operation))),
    parameters.length > 0 && element("h4", {}, "Parameters"),
    parameters.length > 0 && table(["name", "in", "value", "meaning"], parameters.map(parameterRow)),
    ...body(api, operation),
    element("h4", {}, "Answers"),
    table(["status", "content", "meaning"], Object.entries(operation.responses).map((pair) => responseRow(api, pair))),
    operation.method === "get" && trial(operation, parameters),
  );
}

function access({ security, description }) {
  if (!security?.length) return ["Open to everybody.", description].filter(Boolean).join(" ");
  const fields = security.filter((one) => Object.keys(one).length).map((one) => Object.keys(one)[0]);
  const optional = security.some((one) => !Object.keys(one).length);
  const token = `${optional ? "Takes" : "Needs"} a token (${fields.join(" or ")})${optional ? " but does not need one" : ""}.`;
  return description ? `${token} ${description}` : token;
}

const parameterRow = (one) => [one.name, one.required ? `${one.in}, required` : one.in, typeOf(one.schema), one.description ?? ""];

function body(api, operation) {
  const content = operation.requestBody?.content;
  if (!content) return [];
  return Object.entries(content).flatMap(([type, media]) => [
    element("h4", {}, `Content: ${type}`),
    ...(media.schema ? [properties(api, resolve(api, media.schema))] : []),
  ]);
}

function responseRow(api, [status, reference]) {
  const response = resolve(api, reference);
  const schemas = Object.values(response.content ?? {}).flatMap(({ schema }) => schema?.anyOf ?? [schema]);
  const links = schemas.filter((one) => one?.$ref).flatMap((one, index) => (index ? [" or ", link(one)] : [link(one)]));
  return [status, links, response.description];
}

function link(schema) {
  const name = schema.$ref.split("/").at(-1);
  return element("a", { href: `#schema-${name}` }, name);
}

function showSchemas(api) {
  const section = byId("schemas");
  for (const [name, schema] of Object.entries(api.components.schemas)) {
    section.append(
      element(
        "article",
        { class: "panel", id: `schema-${name}` },
        element("h3", {}, name),
        element("p", { class: "access" }, ...prose(schema.description ?? "")),
        properties(api, schema),
      ),
    );
  }
  section.hidden = false;
}

function properties(api, schema) {
  const required = new Set(schema.required);
  const rows = Object.entries(schema.properties ?? {}).map(([name, one]) => [
    name,
    one.$ref ? link(one) : typeOf(one),
    required.has(name) ? "always" : "optional",
    one.description ?? "",
  ]);
  return table(["member", "value", "there", "meaning"], rows);
}

/** A schema in a few words: `string matching …`, `list of string`, `one of …`. */
function typeOf(schema) {
  if (schema.$ref) return schema.$ref.split("/").at(-1);
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(" or ");
  if (schema.enum) return values(schema.enum);
  if (schema.const !== undefined) return String(schema.const);
  if (schema.type === "array") return `list of ${typeOf(schema.items ?? {})}`;
  return schema.pattern ? `${schema.type} matching ${schema.pattern}` : (schema.type ?? "anything");
}

function values(list) {
  const first = list.slice(0, MOST_VALUES).join(", ");
  return list.length > MOST_VALUES ? `one of ${list.length}: ${first}, …` : first;
}

function table(titles, rows) {
  const head = element("thead", {}, element("tr", {}, ...titles.map((title) => element("th", { scope: "col" }, title))));
  const lines = rows.map(([first, ...rest]) =>
    element("tr", {}, element("th", { scope: "row" }, first), ...rest.map((cell) => element("td", { class: "values" }, ...prose(cell)))),
  );
  return element("div", { class: "scroll" }, element("table", {}, head, element("tbody", {}, ...lines)));
}

/** What stands between backticks is code; anything but text stays what it is. */
function prose(cell) {
  if (typeof cell !== "string") return [cell].flat();
  return cell.split("`").map((part, index) => (index % 2 ? element("code", {}, part) : part));
}

/** A form that calls the operation and shows what comes back. */
function trial(operation, parameters) {
  const answer = element("pre", { hidden: "", tabindex: "0", "aria-label": "Answer" });
  const button = element("button", { class: "primary", type: "submit" }, "Send");
  const inputs = parameters.map((one) => [one, element("input", { id: `${operation.operationId}-${one.name}`, name: one.name, value: one.in === "path" ? (one.example ?? "") : "" })]);
  const fields = inputs.map(([one, input]) =>
    element("p", { class: "field" }, element("label", { for: input.id }, one.name), input),
  );
  const token = operation.security?.length > 0 ? element("input", { id: `${operation.operationId}-token`, autocomplete: "off" }) : null;
  if (token) fields.push(element("p", { class: "field" }, element("label", { for: token.id }, "bearer token"), token));
  const form = element("form", { class: "try" }, ...fields, element("p", { class: "actions" }, button));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    whileBusy(button, () => send(operation, inputs, token?.value.trim(), answer));
  });
  return element("details", {}, element("summary", {}, "Try it"), form, answer);
}

async function send(operation, inputs, token, answer) {
  const query = new URLSearchParams();
  const headers = token ? { authorization: `Bearer ${token}` } : {};
  let path = operation.path;
  for (const [parameter, input] of inputs) {
    if (parameter.in === "path") path = path.replace(`{${parameter.name}}`, input.value.split("/").map(encodeURIComponent).join("/"));
    else if (input.value && parameter.in === "header") headers[parameter.name] = input.value;
    else if (input.value) query.set(parameter.name, input.value);
  }
  const outcome = await call(query.size ? `${path}?${query}` : path, { headers });
  const lines = outcome.headers.map(([name, value]) => `${name}: ${value}`);
  const content = outcome.data === null ? outcome.text : JSON.stringify(outcome.data, null, 2);
  answer.textContent = [`HTTP ${outcome.status}`, ...lines, "", content].join("\n");
  answer.hidden = false;
}

show();
