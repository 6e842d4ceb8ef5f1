// Bolt for JavaScript, verifying and storing: what its documentation shows, with a table for what came.
import bolt from "@slack/bolt";
import Database from "better-sqlite3";

const [file, port, secret] = process.argv.slice(2);
const db = new Database(file);
db.pragma("journal_mode = WAL");
db.pragma("synchronous = FULL");
db.exec("CREATE TABLE delivery (id TEXT PRIMARY KEY, body TEXT NOT NULL)");
const keep = db.prepare("INSERT INTO delivery VALUES (?, ?) ON CONFLICT (id) DO NOTHING");

const app = new bolt.App({
  signingSecret: secret,
  authorize: async () => ({ botToken: "xoxb-bench", botId: "B0", botUserId: "U0SIGNAL" }),
  // Answered when the listener is done, so that 200 means that it is stored.
  processBeforeResponse: true,
  logLevel: bolt.LogLevel.ERROR,
});
app.event("app_mention", async ({ event, body }) => {
  keep.run(`${body.team_id}/${event.channel}:${event.ts}`, JSON.stringify(body));
});
await app.start({ port: Number(port), host: "127.0.0.1" });
