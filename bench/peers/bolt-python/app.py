"""Bolt for Python, verifying and storing: what its documentation shows, with a table for what came."""

import json
import os
import sqlite3
import threading

from flask import Flask, request
from slack_bolt import App
from slack_bolt.adapter.flask import SlackRequestHandler
from slack_bolt.authorization import AuthorizeResult

kept = threading.local()


def database():
    if not hasattr(kept, "db"):
        kept.db = sqlite3.connect(os.environ["FILE"], timeout=30)
        kept.db.execute("PRAGMA journal_mode = WAL")
        kept.db.execute("PRAGMA synchronous = FULL")
        kept.db.execute("CREATE TABLE IF NOT EXISTS delivery (id TEXT PRIMARY KEY, body TEXT NOT NULL)")
    return kept.db


def authorize(**_):
    return AuthorizeResult(enterprise_id=None, team_id="T0BENCH", bot_token="xoxb-bench", bot_user_id="U0SIGNAL")


# Answered when the listener is done, so that 200 means that it is stored.
app = App(signing_secret=os.environ["SECRET"], authorize=authorize, process_before_response=True)


@app.event("app_mention")
def mention(event, body):
    with database() as db:
        key = f"{body['team_id']}/{event['channel']}:{event['ts']}"
        db.execute("INSERT INTO delivery VALUES (?, ?) ON CONFLICT (id) DO NOTHING", (key, json.dumps(body)))


web = Flask(__name__)
handler = SlackRequestHandler(app)


@web.post("/slack/events")
def events():
    return handler.handle(request)
