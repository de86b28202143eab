// A supergraph of the graph and a tiny second subgraph that extends User, by Apollo's own composition and router.
//
//   node supergraph.mjs < {"sdl": "…", "url": "http://…", "operations": [{"query": "…", "variables": {}}]}
//
// Prints {"hints": […], "answers": […]}, or {"errors": […]} where the two do not compose.

import { composeServices } from "@apollo/composition";
import { ApolloGateway, LocalGraphQLDataSource, RemoteGraphQLDataSource } from "@apollo/gateway";
import { buildSubgraphSchema } from "@apollo/subgraph";
import { parse } from "graphql";
import { text } from "node:stream/consumers";

const REVIEWS = parse(`
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key", "@external", "@requires"])
  type Query { reviewers: [User]! }
  type User @key(fields: "id") {
    id: ID!
    name: String! @external
    reviews: [String!]!
    greeting: String! @requires(fields: "name")
  }
`);
const REVIEWED = { ada: ["good", "better"], grace: [] };
const RESOLVERS = {
  Query: { reviewers: () => ["ada", "nobody", "grace"].map((id) => ({ __typename: "User", id })) },
  User: {
    reviews: ({ id }) => REVIEWED[id] ?? [],
    greeting: ({ name }) => `Hello ${name}`,
  },
};

const { sdl, url, operations } = JSON.parse(await text(process.stdin));
const reviews = buildSubgraphSchema([{ typeDefs: REVIEWS, resolvers: RESOLVERS }]);
const composed = composeServices([
  { name: "graph", url, typeDefs: parse(sdl) },
  { name: "reviews", url: "http://reviews.invalid", typeDefs: REVIEWS },
]);
if (composed.errors) {
  console.log(JSON.stringify({ errors: composed.errors.map((error) => error.message) }));
  process.exit(0);
}
const silent = { debug() {}, info() {}, warn() {}, error() {} };
const gateway = new ApolloGateway({
  supergraphSdl: composed.supergraphSdl,
  buildService: ({ name, url }) =>
    name === "graph" ? new RemoteGraphQLDataSource({ url }) : new LocalGraphQLDataSource(reviews),
  logger: silent,
});
const { schema, executor } = await gateway.load();
const answers = [];
for (const { query, variables } of operations) {
  const request = { query, variables };
  const { data, errors } = await executor({
    document: parse(query),
    request,
    schema,
    context: {},
    metrics: {},
    logger: silent,
    queryHash: query,
    operationName: null,
  });
  answers.push({ data, errors: errors?.map(({ message, path, extensions }) => ({ message, path, extensions })) });
}
await gateway.stop();
console.log(JSON.stringify({ hints: composed.hints.map((hint) => hint.message), answers }));
