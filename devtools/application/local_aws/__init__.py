"""AWS on this machine: the application behind the gateway, deployed from its own template, without docker.

    emulator    MiniStack: CloudFormation and SAM, DynamoDB, SQS, SNS, Secrets Manager, EventBridge, Logs, IAM, Lambda
    packaging   the zip of each function, from packages that are kept
    template    `origin/template.yaml` as data
    deployment  the stack of it, and clients that reach it
    signatures  AWS Signature Version 4, verified
    front       the function URLs: exact events, and who signed the request; the WebSocket API (../websocket_api)
    sessions    whose credentials speak to connections, and whether IAM lets them
    alarms      in which state an alarm is
    figures     metrics out of the functions' logs and the queues, which the emulator does not make; alarms ticked
    application all of it together

IAM is enforced: each function runs as its role and is refused what its policy does not grant. What differs from AWS is
said in docs/operations.md, "The application on this machine".
"""
