-- One text for SQLite and PostgreSQL: TEXT, and BIGINT for numbers, flags (0 or 1) and times (microseconds since 1970).

-- One row: who this installation is, and the counter that numbers every change.
CREATE TABLE registry (
    one BIGINT PRIMARY KEY CHECK (one = 1),
    -- Told to every process, so that none works from another installation's store.
    installation TEXT NOT NULL,
    -- Of the last change. Raised first in every changing transaction: its lock makes commits happen in this order.
    revision BIGINT NOT NULL,
    -- Tombstones up to this revision are gone: who knows less must load everything.
    floor BIGINT NOT NULL,
    -- A known text, sealed: tells a wrong master key before anything is read or written with it.
    word TEXT NOT NULL
);

CREATE TABLE tenants (
    id TEXT PRIMARY KEY,
    document TEXT NOT NULL,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    deleted_at BIGINT
);
CREATE UNIQUE INDEX tenants_revision ON tenants (revision);

CREATE TABLE event_types (
    id TEXT PRIMARY KEY,
    document TEXT NOT NULL,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    deleted_at BIGINT
);
CREATE UNIQUE INDEX event_types_revision ON event_types (revision);

CREATE TABLE subscriptions (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL,
    name TEXT NOT NULL,
    -- Sealed, since it holds the URL and the secrets. Empty once deleted.
    document TEXT NOT NULL,
    paused BIGINT NOT NULL,
    lane TEXT NOT NULL,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    deleted_at BIGINT,
    UNIQUE (tenant, name)
);
CREATE UNIQUE INDEX subscriptions_revision ON subscriptions (revision);
-- A tenant's are counted at every creation.
CREATE INDEX subscriptions_living ON subscriptions (tenant) WHERE deleted_at IS NULL;
-- Few have a lane of their own, and they are counted at every pause.
CREATE INDEX subscriptions_own_lane ON subscriptions (tenant) WHERE lane <> 'none';

CREATE TABLE api_keys (
    id TEXT PRIMARY KEY,
    -- None of an admin's.
    tenant TEXT,
    scope TEXT NOT NULL,
    name TEXT NOT NULL,
    -- Base64 of the SHA-256 of the secret: 32 random bytes, which need no slow hash.
    hash TEXT NOT NULL,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    last_used_at BIGINT,
    revoked_at BIGINT
);
CREATE UNIQUE INDEX api_keys_revision ON api_keys (revision);
CREATE INDEX api_keys_tenant ON api_keys (tenant);
