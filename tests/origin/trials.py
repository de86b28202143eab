"""What each function does by each statement of its policy: an attempt that works with it and cannot without it."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from application.common.caller_keys import caller_key
from application.common.posts_table import Post, PostsTable
from application.graph.operations import hash_of
from application.orders.items import message_of, values
from application.orders.states import Channel

from devtools.application.function_url import HttpRequest, event_of
from devtools.application.local_aws import template
from devtools.application.local_aws.application import LocalApplication
from devtools.application.local_aws.emulator import REGION
from forwarding.signing import RequestSigner, origin_key
from tests.origin.conftest import KEYS
from tests.origin.purges import Purges
from tests.origin.room_trials import RoomTrials
from tests.unit.application.catalogue.house import priced

POLICY = "what-the-function-does"
ADMIN = {"x-user-id": "ada", "x-user-role": "admin", "content-type": "application/json", "x-geo-currency": "USD"}
HOST = "gatehouse.lambda-url.us-east-1.on.aws"
IAM = {"userArn": KEYS.access_key.principal}
DEAR = 1e9
"""Milliseconds in an hour, which cost more than the threshold."""

Attempt = Callable[[], bool]

LISTS = "{ users(limit: 1) { items { id } } posts(limit: 1) { items { id } } }"
PERSISTED = {"persistedQuery": {"version": 1, "sha256Hash": hash_of(LISTS)}}

BY_LAMBDA = frozenset({"WriteLogs", "FollowTheOutbox", "FollowTheTables", "FollowTheLog", "ListStreams"})
"""Statements that Lambda itself uses in the function's name: writing its log, following streams."""


@dataclass(frozen=True)
class Workshop:
    """The deployed application, whose relays and sweepers can be put to rest: messages then stay for the attempts."""

    application: LocalApplication
    purges: Purges

    @contextmanager
    def at_rest(self) -> Iterator[None]:
        physical, client = self.application.deployment.physical, self.application.deployment.client
        streams = ("OrdersRelayCommitted", "GraphRelayUsers", "GraphRelayPosts", "RoomsBroadcasterSaid")
        sweepers = ("OrdersSweeperEveryMinute", "CatalogueSweeperEveryMinute", "RoomsSweeperEveryMinute")
        mappings, rules = [physical[name] for name in streams], [physical[name] for name in sweepers]
        for mapping in mappings:
            client("lambda").update_event_source_mapping(UUID=mapping, Enabled=False)
        for rule in rules:
            client("events").disable_rule(Name=rule)
        try:
            yield
        finally:
            for rule in rules:
                client("events").enable_rule(Name=rule)
            for mapping in mappings:
                client("lambda").update_event_source_mapping(UUID=mapping, Enabled=True)

    @contextmanager
    def without(self, function: str, sid: str) -> Iterator[None]:
        """The function's role without one statement of its policy."""
        iam, role = self.application.deployment.client("iam"), self.application.deployment.physical[f"{function}Role"]
        document = iam.get_role_policy(RoleName=role, PolicyName=POLICY)["PolicyDocument"]
        left = [statement for statement in document["Statement"] if statement["Sid"] != sid]
        assert len(left) == len(document["Statement"]) - 1
        for statements in (left, document["Statement"]):
            text = json.dumps({"Version": document["Version"], "Statement": statements})
            iam.put_role_policy(RoleName=role, PolicyName=POLICY, PolicyDocument=text)
            self.application.sessions.forget()
            if statements is left:
                yield

    # --- calls ----------------------------------------------------------------------------------

    def invoke(self, function: str, event: Mapping[str, Any]) -> Any:
        """What the function answers; None when it failed."""
        name = self.application.deployment.physical[function]
        answer = self.application.deployment.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event))
        content = json.loads(answer["Payload"].read() or b"null")
        return None if answer.get("FunctionError") else content

    def http(self, function: str, method: str, path: str, body: Any = None, **fields: str) -> Any:
        """The answer to a request that AWS vouched for."""
        content = b"" if body is None else json.dumps(body).encode()
        headers = {"host": HOST, **ADMIN, **{name.replace("_", "-"): value for name, value in fields.items()}}
        event = event_of(HttpRequest(method, path, tuple(headers.items()), content, "192.0.2.1"))
        event["requestContext"]["authorizer"] = {"iam": IAM}
        return self.invoke(function, event)

    def restart(self, function: str) -> None:
        """End its execution environments, which keep secrets for a while: a change of the configuration does."""
        lambdas, name = self.application.deployment.client("lambda"), self.application.deployment.physical[function]
        timeout = lambdas.get_function_configuration(FunctionName=name)["Timeout"]
        lambdas.update_function_configuration(FunctionName=name, Timeout=timeout)

    def by_hmac(self, function: str, method: str, path: str) -> Any:
        """The answer to a request with the gateway's own signature, by a function that has just started."""
        self.restart(function)
        stamp = RequestSigner(origin_key(KEYS.secret), HOST).sign(method, path, "", ADMIN, None)
        headers = {"host": HOST, **ADMIN, **stamp(time.time(), uuid4().int)}
        return self.invoke(function, event_of(HttpRequest(method, path, tuple(headers.items()), b"", "192.0.2.1")))

    def leave(self) -> bool:
        """Whether a new user with a post can be deleted, and the post with it."""
        physical, dynamodb = self.application.deployment.physical, self.application.deployment.client("dynamodb")
        body = {"name": "Somebody", "email": "somebody@example.com"}
        created = json.loads(self.http("UsersApi", "POST", "/users", body)["body"])
        author = caller_key(None, created["id"])
        post = Post(
            id=str(uuid4()),
            author=author,
            title="t",
            content="c",
            created_at=created["created_at"],
            updated_at=created["created_at"],
        )
        PostsTable(dynamodb, physical["PostsTable"], physical["UsersTable"]).add(post)
        answer = self.http("UsersApi", "DELETE", f"/users/{created['id']}", if_match="*")
        return bool((answer or {}).get("statusCode") == 204)

    def graph(self, query: str, **more: Any) -> Any:
        """The data of a GraphQL operation, None where any of it failed."""
        answer = self.http("GraphApi", "POST", "/graphql", {"query": query, **more}) or {}
        content = json.loads(answer.get("body") or "{}")
        return None if "errors" in content else content.get("data")

    def every_mutation(self) -> None:
        """Each operation of the graph that writes, and a registered query asked for by its hash."""
        user, named = str(uuid4()), 'name: "Somebody", email: "somebody@example.com"'
        self.graph(f'mutation {{ createUser(input: {{id: "{user}", {named}}}) {{ id }} }}')
        self.graph(f'mutation {{ updateUser(id: "{user}", input: {{name: "Other"}}) {{ name }} }}')
        write = f'mutation {{ createPost(input: {{title: "One", content: "Two", authorId: "{user}"}}) {{ id }} }}'
        post, _ = (self.graph(write)["createPost"]["id"] for _ in range(2))
        self.graph(f'mutation {{ updatePost(id: "{post}", input: {{title: "New"}}) {{ title }} }}')
        self.graph(f'mutation {{ deletePost(id: "{post}") }}')
        self.graph(f'{{ posts(authorId: "{user}") {{ items {{ id }} }} }}')
        self.graph(f'mutation {{ deleteUser(id: "{user}") }}')
        self.http("GraphApi", "GET", f"/graphql?extensions={quote(json.dumps(PERSISTED))}")

    # --- what the gateway is told ---------------------------------------------------------------

    def price(self) -> None:
        """A write of the catalogue, which tells of it at once."""
        self.http("CatalogueApi", "PUT", "/products/lamp", priced(1000))

    def told_at_once(self) -> bool:
        self.restart("CatalogueApi")
        self.purges.tags.clear()
        self.price()
        return "product-lamp" in self.purges.tags

    def told_by_the_sweeper(self) -> bool:
        self.restart("CatalogueSweeper")
        self.purges.refusing = True
        self.price()
        self.purges.refusing = False
        return bool((self.invoke("CatalogueSweeper", {}) or {}).get("told"))

    def told_by_the_relay(self) -> bool:
        self.restart("GraphRelay")
        self.purges.tags.clear()
        written = {"NewImage": {"id": {"S": "1"}, "author": {"S": "/ada"}}}
        self.invoke("GraphRelay", {"Records": [{"dynamodb": written}]})
        return "post-1" in self.purges.tags

    # --- orders ---------------------------------------------------------------------------------

    def place(self) -> Any:
        body = {"items": [{"sku": "team", "quantity": 1}], "payment_method": "pm_card_visa"}
        return self.http("OrdersApi", "POST", "/orders", body, idempotency_key=str(uuid4()))

    def rows(self, order: str) -> list[Any]:
        """The outbox's rows of an order."""
        table = self.application.deployment.physical["OutboxTable"]
        items = self.application.deployment.client("dynamodb").scan(TableName=table, ConsistentRead=True)["Items"]
        return [item for item in items if values(item)["id"].startswith(order)]

    def still_there(self, rows: list[Any]) -> list[str]:
        """Which of these are in the outbox; what is sent makes others, as the order goes on."""
        ids = {values(row)["id"] for row in rows}
        return [id_ for row in self.rows("") if (id_ := values(row)["id"]) in ids]

    def process(self) -> tuple[str, bool]:
        """A new order given to the processor: its id, and whether the message was done."""
        order: str = json.loads(self.place()["body"])["id"]
        return order, self.hand("OrdersProcessor", order, Channel.ORDERS)

    def hand(self, function: str, order: str, channel: Channel) -> bool:
        """Give a function behind a queue the message of an order; whether it was done."""
        found = [message_of(row) for row in self.rows(order)]
        (message,) = [message for message in found if message.tell.channel is channel][-1:]
        record = {
            "messageId": str(uuid4()), "receiptHandle": "none", "body": json.dumps(message.body),
            "attributes": {"ApproximateReceiveCount": "1"}, "messageAttributes": {}, "md5OfBody": "",
            "eventSource": "aws:sqs", "eventSourceARN": f"arn:aws:sqs:{REGION}:000000000000:q", "awsRegion": REGION,
        }  # fmt: skip
        answer = self.invoke(function, {"Records": [record]})
        return bool(answer == {"batchItemFailures": []})

    def paid(self, function: str, channel: Channel) -> bool:
        order, done = self.process()
        assert done
        return self.hand(function, order, channel)

    def relay(self) -> bool:
        """Whether the relay empties the outbox of an order with messages for every channel."""
        order, done = self.process()
        assert done
        left = self.rows(order)
        records = [{"eventName": "INSERT", "dynamodb": {"NewImage": row}} for row in left]
        self.invoke("OrdersRelay", {"Records": records})
        return not self.still_there(left)

    def sweep(self) -> bool:
        """Whether the sweeper does, once the messages are old enough."""
        order, done = self.process()
        assert done
        table, client = self.application.deployment.physical["OutboxTable"], self.application.deployment.client
        left = self.rows(order)
        for row in left:
            client("dynamodb").put_item(TableName=table, Item={**row, "at": {"S": "2026-01-01T00:00:00.000Z"}})
        self.invoke("OrdersSweeper", {})
        return not self.still_there(left)

    # --- running --------------------------------------------------------------------------------

    def watch(self) -> bool:
        """Whether the cost watch tells of a dear day, as if it had not told of it yet."""
        physical, client = self.application.deployment.physical, self.application.deployment.client
        dimensions = [{"Name": "FunctionName", "Value": physical["OrdersApi"]}]
        figures = [
            {"MetricName": name, "Value": DEAR, "Timestamp": time.time() - 5400, "Dimensions": dimensions}
            for name in ("Invocations", "Duration")
        ]
        client("cloudwatch").put_metric_data(Namespace="AWS/Lambda", MetricData=figures)
        for item in client("dynamodb").scan(TableName=physical["CostTable"])["Items"]:
            client("dynamodb").delete_item(TableName=physical["CostTable"], Key={"day": item["day"]})
        report = self.invoke("RunningCost", {})
        return report is not None and report["told"] is True


def attempts(shop: Workshop) -> dict[str, dict[str, Attempt]]:
    """function: statement of its policy: what it is for."""

    def answers(status: int, *asked: Any, **fields: Any) -> Attempt:
        return lambda: (shop.http(*asked, **fields) or {}).get("statusCode") == status

    def signed(function: str, method: str, path: str, status: int) -> Attempt:
        return lambda: (shop.by_hmac(function, method, path) or {}).get("statusCode") == status

    def create() -> bool:
        body = {"name": "Somebody", "email": "somebody@example.com"}
        fields = {"idempotency_key": str(uuid4())}
        return bool((shop.http("UsersApi", "POST", "/users", body, **fields) or {}).get("statusCode") == 201)

    health = answers(200, "RunningHealth", "GET", "/healthz")
    process: Attempt = lambda: shop.process()[1]  # noqa: E731  # beside the others
    return {
        "UsersApi": {
            "ReadAddChangeAndDeleteUsers": answers(200, "UsersApi", "GET", "/users/ada"),
            "FindPostsOfWhoLeaves": shop.leave,
            "DeletePostsOfWhoLeaves": shop.leave,
            "ListUsers": answers(200, "UsersApi", "GET", "/users"),
            "RememberIdempotencyKeys": create,
            "ReadTheGatewaysSecret": signed("UsersApi", "GET", "/users", 200),
        },
        "OrdersApi": {
            "PlaceReadAndCancelOrders": answers(404, "OrdersApi", "GET", "/orders/none"),
            "ListOrders": answers(200, "OrdersApi", "GET", "/orders"),
            "LeaveMessages": lambda: (shop.place() or {}).get("statusCode") == 202,
            "ReadAndSetStock": answers(200, "OrdersApi", "GET", "/stock"),
            "ShowNotifications": answers(200, "OrdersApi", "GET", "/notifications"),
            "AskWhatThingsCost": lambda: (shop.place() or {}).get("statusCode") == 202,
            "TakeSignedRequestsOnce": signed("OrdersApi", "DELETE", "/orders/none", 404),
            "ReadTheGatewaysSecret": signed("OrdersApi", "GET", "/orders", 200),
        },
        "GraphApi": {
            "ReadAddChangeAndDeleteUsers": lambda: shop.graph('{ user(id: "ada") { id } }') is not None,
            "ReadAddChangeAndDeletePosts": lambda: shop.graph('{ post(id: "none") { id } }') is not None,
            "ListUsersAndPosts": lambda: shop.graph(LISTS) is not None,
            "RememberQueries": lambda: shop.graph(LISTS, extensions=PERSISTED) is not None,
            "TakeSignedRequestsOnce": signed("GraphApi", "POST", "/graphql", 400),
            "ReadTheGatewaysSecret": signed("GraphApi", "GET", "/graphql", 400),
        },
        "GraphRelay": {"ReadTheCredentialForPurges": shop.told_by_the_relay},
        "CatalogueApi": {
            "ReadTheCredentialForPurges": shop.told_at_once,
            "TakeSignedRequestsOnce": signed("CatalogueApi", "DELETE", "/products/none", 204),
            "ReadTheGatewaysSecret": signed("CatalogueApi", "GET", "/products", 200),
        },
        **RoomTrials(shop).attempts(),
        "CatalogueSweeper": {"ReadTheCredentialForPurges": shop.told_by_the_sweeper},
        **{function: {} for function in ("CataloguePrices", "CatalogueMigrate")},
        "OrdersRelay": dict.fromkeys(("ForgetWhatWasSent", "SendOrders", "Publish"), shop.relay),
        "OrdersSweeper": dict.fromkeys(("EmptyTheOutbox", "SendOrders", "Publish"), shop.sweep),
        "OrdersProcessor": dict.fromkeys(
            ("MoveOrders", "ReserveAndRelease", "LeaveMessages", "RememberMessages"), process
        ),
        "OrdersFulfilment": dict.fromkeys(
            ("MarkFulfilled", "LeaveMessages"), lambda: shop.paid("OrdersFulfilment", Channel.FULFILMENT)
        ),
        "OrdersNotifications": {"FillMailboxes": lambda: shop.paid("OrdersNotifications", Channel.NOTIFICATIONS)},
        "RunningHealth": dict.fromkeys(("LookAtTables", "LookAtTheQueue", "LookAtTopics"), health),
        "RunningCost": dict.fromkeys(
            ("ListTheStack", "ReadFigures", "ReadConfigurations", "KeepReports", "KnowIndexes", "Tell"), shop.watch
        ),
    }


def statements() -> list[tuple[str, Mapping[str, Any]]]:
    """Every statement of every function's own policy in the template."""
    resources = template.load()["Resources"]
    return [
        (function, statement)
        for function in template.resources(template.FUNCTION)
        for statement in resources[f"{function}Role"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    ]
