//! The protocol in the browser: a request out of arguments, what is answered out of a response.

use super::{Reply, Resource, Rest, Verb, address::address, reply::Content};
use crate::{
    api::transport,
    domain::{
        error::{Problem, ProblemKind},
        json,
        row::Seen,
    },
};
use send_wrapper::SendWrapper;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use server_fn::{Protocol, client::Client, server::Server};
use std::future::Future;

impl<V, Input, Output, C, S> Protocol<Input, Reply<Output>, C, S, Problem> for Rest<V>
where
    V: Verb,
    Input: Serialize + Send,
    Output: DeserializeOwned + Resource + Send,
    C: Client<Problem>,
    S: Server<Problem>,
{
    const METHOD: http::Method = V::METHOD;

    async fn run_server<F, Fut>(_: S::Request, _: F) -> Result<S::Response, Problem>
    where
        F: Fn(Input) -> Fut + Send,
        Fut: Future<Output = Result<Reply<Output>, Problem>> + Send,
    {
        Err(Problem::new(
            ProblemKind::Internal,
            "A browser is no server.",
        ))
    }

    fn run_client(
        path: &str,
        input: Input,
    ) -> impl Future<Output = Result<Reply<Output>, Problem>> + Send {
        let mut request = request::<V, Input>(path, &input);
        request.expected = Output::EXPECTED;
        // The browser has one thread.
        SendWrapper::new(async move {
            let response = transport::send(request).await?;
            let content = if response.body.is_empty() {
                Content::Nothing
            } else {
                Content::Value(
                    serde_json::from_str(&response.body)
                        .map_err(|error| Problem::new(ProblemKind::Network, error.to_string()))?,
                )
            };
            Ok(Reply {
                status: response.status,
                content,
                headers: Vec::new(),
            })
        })
    }
}

/// The request that carries the arguments: the reverse of what the server reads.
fn request<V: Verb, Input: Serialize>(path: &str, input: &Input) -> transport::Request {
    let mut url = address(path);
    let mut request = transport::Request::new(V::METHOD, String::new());
    if let Value::Object(arguments) = json::value_of(input) {
        for (name, value) in arguments {
            let text = match &value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            match name.as_str() {
                "query" if text.is_empty() => {}
                "query" => url = format!("{url}?{text}"),
                "body" => request.body = Some(value.to_string()),
                "if_match" => {
                    let seen = json::read::<Seen>(&value).ok();
                    request.if_match = seen.map(|seen| seen.version);
                    request.if_updated_at = seen.and_then(|seen| seen.at);
                }
                _ => url = url.replace(&format!("{{{name}}}"), &text),
            }
        }
    }
    request.url = url;
    request
}
