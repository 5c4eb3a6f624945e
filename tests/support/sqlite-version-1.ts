/**
 * A store as the first version wrote it: never changed, so that every later program is held to opening it.
 */
export const VERSION_1 = `
  PRAGMA auto_vacuum = INCREMENTAL;
  CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
  CREATE TABLE workers (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, record TEXT, lost_tail INTEGER NOT NULL);
  CREATE TABLE checkpoints (worker INTEGER PRIMARY KEY, position INTEGER, head INTEGER, entries_end INTEGER, state TEXT);
  CREATE TABLE events (id INTEGER PRIMARY KEY, worker INTEGER, position INTEGER, ts INTEGER, payload TEXT);
  CREATE TABLE entries (id INTEGER PRIMARY KEY, position INTEGER, payload TEXT);
  CREATE TABLE submissions (id INTEGER PRIMARY KEY, record TEXT);
  CREATE TABLE config_bundles (id TEXT PRIMARY KEY, bundle TEXT);
  CREATE TABLE quarantine (
    id INTEGER PRIMARY KEY, ts INTEGER NOT NULL, kind TEXT NOT NULL, worker TEXT, reason TEXT NOT NULL, record TEXT
  );
  INSERT INTO facts VALUES ('clean', '1'), ('runtime', '{"runtimeId":"lab","createdTs":3}');
  INSERT INTO workers VALUES (1, 'worker-a', '{"workerId":"worker-a","displayName":"A 名前 \\"quoted\\"",' ||
    '"profile":{"kind":"builtin","value":"builtin:companion"},"lifecycle":"running","epoch":"3f9a01c2",' ||
    '"formerEpochs":[],"createdTs":1782700000000}', 0);
  INSERT INTO checkpoints VALUES (1, 2, 3, 2, '{"at":2}');
  INSERT INTO events VALUES
    (1, 1, 2, 1782700000002, '{"event":"text_delta","data":{"text":"text 2"}}'),
    (2, 1, 3, 1782700000003, '{"event":"text_delta","data":{"text":"text 3"}}');
  INSERT INTO entries VALUES
    (4294967297, 2, '{"kind":"extension","ts":1782700000000,"domain":"test","payload":"entry 1"}');
  INSERT INTO submissions VALUES
    (4294967296, '{"submissionId":"s-1","contentMark":"mark \\"1\\"","sequence":1,"position":1}');
  PRAGMA application_id = 1500473687;
  PRAGMA user_version = 1;
`;
