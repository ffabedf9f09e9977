//! Preference rows in chat form: lists of `{role, content}`.

use serde_json::Value;

/// Two conversations divided where they part.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Parted {
    /// What both begin with; nothing where they part at once.
    pub(crate) prompt: Option<String>,
    pub(crate) chosen: String,
    pub(crate) rejected: String,
}

struct Message {
    role: String,
    content: String,
}

/// Divides two conversations: the shared leading messages are the prompt, what follows on each side
/// its text. `None` when either is not a list of messages.
pub(crate) fn part(chosen: &Value, rejected: &Value) -> Option<Parted> {
    let (chosen, rejected) = (messages(chosen)?, messages(rejected)?);
    let same = |(a, b): &(&Message, &Message)| a.role == b.role && a.content == b.content;
    let shared = chosen.iter().zip(&rejected).take_while(same).count();
    // identical conversations part at their last message, so that both sides have a text
    let shared = shared.min(chosen.len().max(rejected.len()).saturating_sub(1));
    let (prompt, chosen) = chosen.split_at_checked(shared).unwrap_or((&chosen, &[]));
    let rejected = rejected.get(shared..).unwrap_or_default();
    Some(Parted {
        prompt: (!prompt.is_empty()).then(|| render(prompt)),
        chosen: render(chosen),
        rejected: render(rejected),
    })
}

/// A prompt that is a list of messages as text.
pub(crate) fn as_prompt(value: &Value) -> Option<String> {
    messages(value).map(|list| render(&list))
}

/// One message is its content. Several stand below each other, each with its role: models' own chat
/// templates differ, and none is assumed here.
fn render(messages: &[Message]) -> String {
    match messages {
        [one] => one.content.clone(),
        several => {
            let turns: Vec<String> =
                several.iter().map(|m| format!("{}: {}", m.role, m.content)).collect();
            turns.join("\n\n")
        }
    }
}

fn messages(value: &Value) -> Option<Vec<Message>> {
    value.as_array()?.iter().map(message).collect()
}

fn message(value: &Value) -> Option<Message> {
    let role = value.get("role")?.as_str()?.to_owned();
    let content = match value.get("content")? {
        Value::String(text) => text.clone(),
        // content in parts, of which the texts are kept; any other part is not text
        Value::Array(parts) => {
            let texts: Option<Vec<&str>> =
                parts.iter().map(|part| part.get("text")?.as_str()).collect();
            texts?.concat()
        }
        _ => return None,
    };
    Some(Message { role, content })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn says(role: &str, content: &str) -> Value {
        json!({"role": role, "content": content})
    }

    #[test]
    fn the_shared_beginning_is_the_prompt() {
        let parted = part(
            &json!([says("user", "Hi"), says("assistant", "kind")]),
            &json!([says("user", "Hi"), says("assistant", "curt")]),
        );
        let one =
            Parted { prompt: Some("Hi".into()), chosen: "kind".into(), rejected: "curt".into() };
        assert_eq!(parted, Some(one));

        let parted = part(
            &json!([says("system", "S"), says("user", "Hi"), says("assistant", "a")]),
            &json!([
                says("system", "S"),
                says("user", "Hi"),
                says("assistant", "b"),
                says("user", "c")
            ]),
        )
        .unwrap();
        assert_eq!(parted.prompt.as_deref(), Some("system: S\n\nuser: Hi"));
        assert_eq!(
            (parted.chosen.as_str(), parted.rejected.as_str()),
            ("a", "assistant: b\n\nuser: c")
        );
    }

    #[test]
    fn without_a_shared_beginning_there_is_no_prompt_and_identical_ones_keep_a_text() {
        let a = json!([says("assistant", "kind")]);
        let b = json!([{"role": "assistant", "content": [{"type": "text", "text": "curt"}]}]);
        let parted = part(&a, &b).unwrap();
        assert_eq!((parted.prompt, parted.rejected.as_str()), (None, "curt"));
        let same = part(&a, &a).unwrap();
        assert_eq!((same.chosen.as_str(), same.rejected.as_str()), ("kind", "kind"));
    }

    #[test]
    fn what_is_not_messages_is_none() {
        for bad in [
            json!("text"),
            json!(["text"]),
            json!([{"role": "user"}]),
            json!([{"role": 1, "content": "x"}]),
        ] {
            assert_eq!(part(&bad, &json!([says("user", "x")])), None, "{bad}");
        }
        let image = json!([{"role": "user", "content": [{"type": "image"}]}]);
        assert_eq!(as_prompt(&image), None);
    }
}
