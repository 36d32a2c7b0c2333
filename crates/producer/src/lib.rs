//! The library a CRM service links to publish events to Barid.
