//! Sign and verify webhooks (Standard Webhooks).
