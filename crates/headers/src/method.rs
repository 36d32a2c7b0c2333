//! What a request does to a resource.

/// What is done to a resource.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Method {
    /// Look at it.
    Get,
    /// Make one, or act on one.
    #[default]
    Post,
    /// Make or replace it.
    Put,
    /// Change a part of it.
    Patch,
    /// Remove it.
    Delete,
    /// Ask what may be done to it.
    Options,
}

impl Method {
    /// Every method that a destination may have, by its name.
    pub const ALL: [(&'static str, Self); 5] = [
        (Self::Post.as_str(), Self::Post),
        (Self::Put.as_str(), Self::Put),
        (Self::Patch.as_str(), Self::Patch),
        (Self::Delete.as_str(), Self::Delete),
        (Self::Get.as_str(), Self::Get),
    ];

    /// Whether such a request carries a body.
    pub const fn has_body(self) -> bool {
        matches!(self, Self::Post | Self::Put | Self::Patch)
    }

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
        }
    }
}

impl From<Method> for http::Method {
    fn from(method: Method) -> Self {
        match method {
            Method::Get => Self::GET,
            Method::Post => Self::POST,
            Method::Put => Self::PUT,
            Method::Patch => Self::PATCH,
            Method::Delete => Self::DELETE,
            Method::Options => Self::OPTIONS,
        }
    }
}
