// Probot, verifying and storing: what its documentation shows, with a table for what came.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import Database from "better-sqlite3";
import { createNodeMiddleware, createProbot } from "probot";

const [file, port, secret, key] = process.argv.slice(2);
const db = new Database(file);
db.pragma("journal_mode = WAL");
db.pragma("synchronous = FULL");
db.exec("CREATE TABLE delivery (id TEXT PRIMARY KEY, body TEXT NOT NULL)");
const keep = db.prepare("INSERT INTO delivery VALUES (?, ?) ON CONFLICT (id) DO NOTHING");

const probot = createProbot({
  overrides: { appId: 1, privateKey: readFileSync(key, "utf8"), secret, logLevel: "error" },
});
const handle = (app) => {
  app.on("issue_comment.created", async ({ payload }) => {
    keep.run(`${payload.comment.node_id}:${payload.comment.updated_at}`, JSON.stringify(payload));
  });
};
createServer(await createNodeMiddleware(handle, { probot, webhooksPath: "/" })).listen(Number(port), "127.0.0.1");
