-- Inbound webhooks.
CREATE TABLE sources (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL,
    name TEXT NOT NULL,
    -- Sealed, since it holds the secrets. Empty once deleted.
    document TEXT NOT NULL,
    -- The SHA-256, in hexadecimal, of the token in the URL: 160 random bits, which need no slow hash. Empty once deleted.
    token TEXT NOT NULL,
    -- The token before, and until when it counts beside.
    old_token TEXT,
    old_token_until BIGINT,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    deleted_at BIGINT,
    UNIQUE (tenant, name)
);
CREATE UNIQUE INDEX sources_revision ON sources (revision);
-- A tenant's are counted at every creation.
CREATE INDEX sources_living ON sources (tenant) WHERE deleted_at IS NULL;
