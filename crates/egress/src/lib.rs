//! HTTP out: the address guard, bounded clients, capped reads.
