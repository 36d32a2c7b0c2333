//! What a store promises, on both engines: every test runs on a SQLite file of its own and in a PostgreSQL schema of its
//! own. The PostgreSQL is real, started by `deploy/dev/postgres`.

// Under `cfg(test)`, so that the lints take helper functions for test code too.

#[cfg(test)]
mod copy;
#[cfg(test)]
mod documents;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod lanes;
#[cfg(test)]
mod mirror;
#[cfg(test)]
mod outage;
#[cfg(test)]
mod purge;
#[cfg(test)]
mod revisions;
#[cfg(test)]
mod schemas;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod sources;
#[cfg(test)]
mod start;
#[cfg(test)]
mod subscriptions;
#[cfg(test)]
mod world;

/// Makes a test per engine of each function.
#[cfg(test)]
macro_rules! on_both_engines {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test] async fn $name() { super::$name($crate::world::World::sqlite()).await; })+
        }
        mod postgres {
            $(#[tokio::test] async fn $name() { super::$name($crate::world::World::postgres().await).await; })+
        }
    };
}
#[cfg(test)]
use on_both_engines;
