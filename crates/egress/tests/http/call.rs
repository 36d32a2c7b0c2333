//! Requests with other methods, and answers with their fields.

use barid_egress::{Method, Request};
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;

use crate::support::{GENEROUS, Receiver, client, read_request, request};

#[tokio::test]
async fn sends_the_method_asked_for_and_shows_the_fields_of_the_answer() {
    let (sender, mut heads) = mpsc::channel(1);
    let receiver = Receiver::start(move |mut stream| {
        let sender = sender.clone();
        async move {
            let head = read_request(&mut stream).await?;
            sender.send(head).await.map_err(std::io::Error::other)?;
            stream.write_all(b"HTTP/1.1 412 Precondition Failed\r\nETag: \"7\"\r\ncontent-length: 2\r\n\r\n{}").await
        }
    })
    .await
    .unwrap();
    for method in [Method::Get, Method::Post, Method::Put, Method::Patch, Method::Delete] {
        let answer = client().unwrap().call(Request { method, ..request(&receiver.url, GENEROUS) }).await.unwrap();
        assert_eq!((answer.status, answer.header("etag").as_deref()), (412, Some("\"7\"")));
        assert_eq!((answer.header("age"), &answer.body[..], answer.truncated), (None, b"{}".as_slice(), false));
        let head = heads.recv().await.unwrap();
        assert!(head.starts_with(&format!("{} /hook ", method.as_str().to_lowercase())), "{head}");
    }
}
