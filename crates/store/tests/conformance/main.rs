//! What a store promises, on both engines: every test runs on a SQLite file of its own and in a PostgreSQL schema of its
//! own. The PostgreSQL is real, started by `deploy/dev/postgres`.

#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

mod copy;
mod documents;
mod keys;
mod lanes;
mod mirror;
mod outage;
mod purge;
mod revisions;
mod schemas;
mod secrets;
mod start;
mod subscriptions;
mod world;

/// Makes a test per engine of each function.
macro_rules! on_both_engines {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test] async fn $name() { super::$name($crate::world::World::sqlite().await).await; })+
        }
        mod postgres {
            $(#[tokio::test] async fn $name() { super::$name($crate::world::World::postgres().await).await; })+
        }
    };
}
use on_both_engines;
