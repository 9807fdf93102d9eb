CREATE TABLE concat (
	destination TEXT NOT NULL,
	concat_ref INTEGER NOT NULL,
	used_at BIGINT NOT NULL,
	PRIMARY KEY (destination)
)
 WITHOUT ROWID
;

CREATE TABLE gateway (
	name TEXT NOT NULL,
	pid INTEGER NOT NULL,
	version TEXT NOT NULL,
	started_at BIGINT NOT NULL,
	seen_at BIGINT NOT NULL,
	stopped_at BIGINT,
	PRIMARY KEY (name)
);

CREATE TABLE inbound (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	account TEXT NOT NULL,
	originator TEXT,
	text TEXT,
	coding TEXT NOT NULL,
	modem TEXT NOT NULL,
	sim TEXT NOT NULL,
	sc_at BIGINT,
	received_at BIGINT NOT NULL,
	part_count INTEGER NOT NULL,
	complete INTEGER NOT NULL,
	error TEXT
);

CREATE TABLE inbound_part (
	id INTEGER NOT NULL,
	sim TEXT NOT NULL,
	digest BLOB NOT NULL,
	pdu TEXT NOT NULL,
	modem TEXT NOT NULL,
	account TEXT NOT NULL,
	received_at BIGINT NOT NULL,
	originator TEXT,
	concat_key TEXT,
	part_no INTEGER DEFAULT '1' NOT NULL,
	part_count INTEGER DEFAULT '1' NOT NULL,
	inbound_id INTEGER,
	PRIMARY KEY (id),
	UNIQUE (sim, digest)
);

CREATE INDEX inbound_part_of ON inbound_part (inbound_id);

CREATE INDEX inbound_waiting ON inbound_part (concat_key, part_no) WHERE inbound_id IS NULL AND concat_key IS NOT NULL;

CREATE TABLE message (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	account TEXT NOT NULL,
	client_id TEXT,
	digest BLOB,
	source TEXT NOT NULL,
	file_id INTEGER,
	destination TEXT,
	text TEXT,
	coding TEXT NOT NULL,
	state TEXT NOT NULL,
	priority INTEGER NOT NULL,
	route_id INTEGER NOT NULL,
	report INTEGER NOT NULL,
	part_count INTEGER NOT NULL,
	parts_done INTEGER DEFAULT '0' NOT NULL,
	retries INTEGER NOT NULL,
	credits INTEGER DEFAULT '0' NOT NULL,
	accepted_at BIGINT NOT NULL,
	deadline_at BIGINT,
	submitted_at BIGINT,
	sent_at BIGINT,
	ended_at BIGINT,
	modem TEXT,
	error_code TEXT,
	error_reason TEXT,
	note TEXT
);

CREATE UNIQUE INDEX message_client ON message (account, client_id) WHERE client_id IS NOT NULL;

CREATE INDEX message_deadline ON message (deadline_at) WHERE ended_at IS NULL AND deadline_at IS NOT NULL;

CREATE INDEX message_file ON message (file_id) WHERE file_id IS NOT NULL;

CREATE TABLE modem (
	id INTEGER NOT NULL,
	gateway TEXT NOT NULL,
	name TEXT NOT NULL,
	state TEXT NOT NULL,
	error TEXT,
	port TEXT,
	manufacturer TEXT,
	model TEXT,
	imei TEXT,
	imsi TEXT,
	iccid TEXT,
	msisdn TEXT,
	smsc TEXT,
	operator TEXT,
	technology TEXT,
	registration INTEGER,
	signal_dbm INTEGER,
	seen_at BIGINT,
	PRIMARY KEY (id),
	UNIQUE (gateway, name)
);

CREATE TABLE outbox (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	consumer TEXT NOT NULL,
	event TEXT NOT NULL,
	at BIGINT NOT NULL,
	message_id INTEGER,
	inbound_id INTEGER,
	report_id INTEGER,
	body TEXT
);

CREATE INDEX outbox_untold ON outbox (consumer, id);

CREATE TABLE part (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	message_id INTEGER NOT NULL,
	part_no INTEGER NOT NULL,
	part_count INTEGER NOT NULL,
	state INTEGER NOT NULL,
	route_id INTEGER NOT NULL,
	priority INTEGER NOT NULL,
	pdu TEXT NOT NULL,
	tpdu_length INTEGER NOT NULL,
	recipient TEXT,
	modem_id INTEGER,
	sim TEXT,
	tp_mr INTEGER,
	attempts INTEGER DEFAULT '0' NOT NULL,
	moves INTEGER DEFAULT '0' NOT NULL,
	not_before_at BIGINT,
	submitted_at BIGINT,
	sent_at BIGINT,
	discharged_at BIGINT,
	tp_status INTEGER,
	awaiting INTEGER DEFAULT '0' NOT NULL,
	doubted INTEGER DEFAULT '0' NOT NULL,
	error_code TEXT,
	error_reason TEXT,
	FOREIGN KEY(message_id) REFERENCES message (id) ON DELETE CASCADE
);

CREATE INDEX part_awaiting ON part (recipient, tp_mr) WHERE awaiting = 1;

CREATE INDEX part_due ON part (not_before_at) WHERE state = 8;

CREATE INDEX part_in_doubt ON part (modem_id) WHERE state IN (2, 7);

CREATE UNIQUE INDEX part_of_message ON part (message_id, part_no);

CREATE INDEX part_ready ON part (route_id, priority, id) WHERE state = 0;

CREATE INDEX part_taken ON part (sent_at, modem_id) WHERE sent_at IS NOT NULL;

CREATE TABLE report (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	sim TEXT NOT NULL,
	digest BLOB NOT NULL,
	pdu TEXT NOT NULL,
	modem TEXT NOT NULL,
	received_at BIGINT NOT NULL,
	tp_mr INTEGER NOT NULL,
	recipient TEXT,
	tp_status INTEGER NOT NULL,
	discharged_at BIGINT,
	sc_at BIGINT,
	part_id INTEGER,
	orphan INTEGER DEFAULT '0' NOT NULL,
	UNIQUE (sim, digest)
);

CREATE INDEX report_orphan ON report (recipient, tp_mr) WHERE orphan = 1;

CREATE TABLE route (
	id INTEGER NOT NULL,
	"key" TEXT NOT NULL,
	PRIMARY KEY (id),
	UNIQUE ("key")
);

CREATE TABLE route_modem (
	modem_id INTEGER NOT NULL,
	route_id INTEGER NOT NULL,
	PRIMARY KEY (modem_id, route_id)
)
 WITHOUT ROWID
;

CREATE TABLE spool_file (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	"key" TEXT NOT NULL,
	name BLOB NOT NULL,
	format TEXT NOT NULL,
	UNIQUE ("key")
);
