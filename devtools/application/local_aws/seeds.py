"""What a developer's application begins with: a few users, what they wrote, and something to sell."""

from __future__ import annotations

from devtools.application.local_aws.deployment import Deployment
from devtools.application.origin import sow_posts, sow_users

STOCK = {"starter": 1000, "team": 1000, "business": 1000}
"""Pieces by SKU."""


def sow(deployment: Deployment) -> None:
    dynamodb = deployment.client("dynamodb")
    sow_users(dynamodb, deployment.physical["UsersTable"])
    sow_posts(dynamodb, deployment.physical["PostsTable"], deployment.physical["UsersTable"])
    for sku, available in STOCK.items():
        item = {"sku": {"S": sku}, "available": {"N": str(available)}}
        dynamodb.put_item(TableName=deployment.physical["StockTable"], Item=item)
