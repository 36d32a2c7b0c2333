//! Barid: a message-queue-based event router for CRM systems.
