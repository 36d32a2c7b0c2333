//! The gate in front of every route: it looks the route up in the table, checks the key, and says who calls.

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderValue, header},
    middleware::Next,
    response::Response,
};

use super::{Caller, Need, Token, allowed_methods, need};
use crate::{
    app::App,
    clock,
    http::{Kind, Problem},
};

/// Lets a request through to its route, with its [`Caller`], or answers it.
pub(crate) async fn authenticate(
    State(app): State<App>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let Some(need) = need(request.method(), path) else {
        return Err(no_such_method(path));
    };
    if need == Need::Nothing {
        return Ok(next.run(request).await);
    }
    let caller = match request.extensions().get::<Caller>() {
        // A call within this process: what comes over a socket has no extensions.
        Some(caller) => caller.clone(),
        None => identify(&app, &request)?,
    };
    if !need.is_met_by(caller.scope) {
        let detail = format!("the key has the scope {}: use one with a scope of {}", caller.scope, need.scopes());
        return Err(Problem::new(Kind::Forbidden, detail));
    }
    request.extensions_mut().insert(caller);
    Ok(next.run(request).await)
}

fn identify(app: &App, request: &Request) -> Result<Caller, Problem> {
    let token = Token::find(request.headers()).map_err(|()| refused())?.ok_or_else(missing)?;
    let now = clock::now();
    let keyring = app.keyring.borrow().clone();
    let key = token.verify(&keyring, now).ok_or_else(refused)?;
    let caller = Caller::of(&key).ok_or_else(refused)?;
    app.usage.used(&key.id, now);
    Ok(caller)
}

fn missing() -> Problem {
    Problem::new(Kind::Unauthenticated, "no API key: send it as authorization: Bearer bk_...")
        .with_header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"barid\""))
}

/// The same for a key that is unknown, wrong, expired or revoked.
fn refused() -> Problem {
    Problem::new(Kind::Unauthenticated, "the API key is not valid: send one that is, as authorization: Bearer bk_...")
        .with_header(
            header::WWW_AUTHENTICATE,
            HeaderValue::from_static("Bearer realm=\"barid\", error=\"invalid_token\""),
        )
}

fn no_such_method(path: &str) -> Problem {
    let allowed = allowed_methods(path);
    let problem = Problem::new(Kind::MethodNotAllowed, format!("use one of {allowed}"));
    match HeaderValue::from_str(&allowed) {
        Ok(allowed) => problem.with_header(header::ALLOW, allowed),
        Err(_) => problem,
    }
}
