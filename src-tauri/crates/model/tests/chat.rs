//! Chat templates against transformers (`tests/reference/chat`), and templates that misbehave.
#![allow(clippy::unwrap_used, reason = "tests assert by unwrapping, helpers included")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use common::{Reference, repository};
use lens_core::{ContrastPair, Side};
use lens_model::{
    ChatDate, ChatMessage, ChatTemplate, LanguageModel, ModelError, ModelFolder, SpecialTokens,
};
use serde_json::Value;

/// What transformers makes of the templates.
struct Expected(Value);

impl Expected {
    fn open() -> Self {
        let path = repository().join("tests/reference/chat/expected.json");
        Self(serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap())
    }

    fn list(&self, key: &str) -> &[Value] {
        self.0[key].as_array().unwrap()
    }

    fn tokens(&self) -> SpecialTokens {
        serde_json::from_value(self.0["tokens"].clone()).unwrap()
    }

    fn template(&self, source: &str) -> Result<ChatTemplate, ModelError> {
        ChatTemplate::new(source, self.tokens(), ChatDate::default())
    }

    fn conversation(&self, name: &str) -> Vec<ChatMessage> {
        let turns = self.0["conversations"][name].as_array().unwrap();
        turns
            .iter()
            .map(|turn| ChatMessage::new(text(&turn["role"]), text(&turn["content"])))
            .collect()
    }

    fn templates(&self) -> BTreeMap<&str, ChatTemplate> {
        let folder = repository().join("tests/reference/chat/templates");
        let read = |name: &&str| fs::read_to_string(folder.join(name)).unwrap();
        let names = self.list("cases").iter().map(|case| text(&case["template"]));
        let names: BTreeSet<_> = names.collect();
        names.into_iter().map(|name| (name, self.template(&read(&name)).unwrap())).collect()
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[test]
fn every_template_writes_what_transformers_writes() {
    let expected = Expected::open();
    let templates = expected.templates();
    assert!(templates.len() >= 12);
    let mut refused = 0;
    for case in expected.list("cases") {
        let messages = expected.conversation(text(&case["conversation"]));
        let found =
            templates[text(&case["template"])].render(&messages, case["prompt"].as_bool().unwrap());
        let name = format!("{} {} {}", case["template"], case["conversation"], case["prompt"]);
        match (found, case["error"].as_str()) {
            (Ok(found), None) => assert_eq!(found, text(&case["text"]), "{name}"),
            (Err(ModelError::ChatRefused(message)), Some(error)) => {
                assert_eq!(message, error, "{name}");
                refused += 1;
            }
            other => panic!("{name}: {other:?}"),
        }
    }
    assert!(refused > 20);
}

#[test]
fn every_function_does_what_it_does_in_jinja() {
    let expected = Expected::open();
    let five = expected.conversation("five");
    let mut wrong = Vec::new();
    for case in expected.list("expressions") {
        let source = text(&case["source"]);
        let mut tokens = expected.tokens();
        tokens.insert("s".to_owned(), text(&expected.0["s"]).to_owned());
        let found = ChatTemplate::new(source, tokens, ChatDate::default())
            .and_then(|template| template.render(&five, false));
        match (found, case["text"].as_str()) {
            (Ok(found), Some(text)) if found == text => {}
            (Err(_), None) => {}
            (found, _) => wrong.push(format!("{source}\n  {found:?}\n  {}", case["text"])),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The tiny model in a folder of its own, with more files.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let source = Reference::open("plain").folder;
    let copy = tempfile::tempdir().unwrap();
    for name in ["config.json", "tokenizer.json"] {
        fs::copy(source.join(name), copy.path().join(name)).unwrap();
    }
    for (name, text) in files {
        let path = copy.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    copy
}

fn found(files: &[(&str, &str)]) -> Result<Option<String>, String> {
    let folder = folder(files);
    let folder = ModelFolder::open(folder.path()).unwrap();
    let said = [ChatMessage::new("user", "Hi")];
    let template = ChatTemplate::of(&folder).map_err(|e| e.to_string())?;
    template.map(|t| t.render(&said, false)).transpose().map_err(|e| e.to_string())
}

#[test]
fn templates_and_tokens_are_found_as_transformers_finds_them() {
    let config = "tokenizer_config.json";
    assert_eq!(found(&[]), Ok(None));
    assert_eq!(found(&[(config, "{}")]), Ok(None));
    assert_eq!(found(&[(config, r#"{"chat_template": null}"#)]), Ok(None));
    let text = r#"{"chat_template": "A{{ bos_token }}{{ eos_token }}{{ pad_token }}{{ image_token }}",
        "bos_token": "<b>", "eos_token": {"__type": "AddedToken", "content": "<e>"},
        "pad_token": null, "add_bos_token": true, "extra_special_tokens": {"image_token": "<i>"}}"#;
    let map = r#"{"bos_token": {"content": "<m>"}, "pad_token": "<p>"}"#;
    let some = |text: &str| Ok(Some(text.to_owned()));
    assert_eq!(found(&[(config, text)]), some("A<b><e><i>"));
    assert_eq!(found(&[(config, text), ("special_tokens_map.json", map)]), some("A<m><e><p><i>"));
    let listed = text.replacen('{', r#"{"added_tokens_decoder": {}, "#, 1);
    assert_eq!(found(&[(config, &listed), ("special_tokens_map.json", map)]), some("A<b><e><i>"));

    let named = r#"{"chat_template": [{"name": "tool_use", "template": "T"},
        {"name": "default", "template": "D{{ messages[0].content }}"}]}"#;
    assert_eq!(found(&[(config, named)]), some("DHi"));
    let file = ("chat_template.jinja", "F\n");
    assert_eq!(found(&[(config, named), file]), some("F"));
    assert_eq!(found(&[file]), some("F"));
    let extra = ("additional_chat_templates/rag.jinja", "R");
    assert_eq!(found(&[(config, named), file, extra]), some("F"));
    assert_eq!(found(&[("additional_chat_templates/default.jinja", "X"), file]), some("X"));

    let says = |files: &[(&str, &str)], part: &str| {
        let message = found(files).unwrap_err();
        assert!(message.contains(part), "{message:?} lacks {part:?}");
    };
    says(&[(config, named), extra], "has chat templates for rag and none named \"default\"");
    let no_default = named.replace("default", "rag");
    says(&[(config, &no_default)], "has chat templates for rag, tool_use and none");
    says(&[(config, r#"{"chat_template": 3}"#)], "neither a text nor a list");
    says(&[(config, r#"{"chat_template": []}"#)], "neither a text nor a list");
    says(&[(config, "{\n \"chat")], "line 2 column");
    says(&[(config, "[]")], "tokenizer_config.json is not valid");
    says(&[("chat_template.jinja", "a\n{% if %}")], "(line 2)");
    says(&[("chat_template.jinja", "a\n\n{{ messages.x.y }}")], "(line 3)");
    let folder = folder(&[]);
    fs::write(folder.path().join("chat_template.jinja"), [0xff, 0xfe]).unwrap();
    let error = ChatTemplate::of(&ModelFolder::open(folder.path()).unwrap()).unwrap_err();
    assert!(error.to_string().contains("chat_template.jinja cannot be read"), "{error}");
}

fn bare(source: &str) -> Result<String, ModelError> {
    let template = ChatTemplate::new(source, SpecialTokens::new(), ChatDate::default())?;
    template.render(&[ChatMessage::new("user", "Hi")], true)
}

#[test]
fn a_template_that_misbehaves_is_an_error() {
    let endless = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}";
    let error = bare(endless).unwrap_err().to_string();
    assert!(error.contains("has not ended after"), "{error}");
    let deeper = "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}";
    let error = bare(deeper).unwrap_err().to_string();
    assert!(error.contains("recursion"), "{error}");
    // as deep as the steps reach, then looked at in every way that walks down
    for look in [
        "{{ ns.x }}",
        "{{ ns.x | tojson }}",
        "{{ y == [ns.x] }}",
        "{{ y < [ns.x] }}",
        "{{ ns.x | string | length }}",
    ] {
        let source = format!(
            "{{% set ns = namespace(x=[]) %}}{{% for a in range(200) %}}{{% for b in range(120) %}}\
             {{% set ns.x = [ns.x] %}}{{% endfor %}}{{% endfor %}}{{% set y = [ns.x] %}}{look}"
        );
        match bare(&source) {
            Ok(text) => assert!(!text.is_empty()),
            Err(error) => assert!(error.to_string().contains("too deep"), "{error}"),
        }
    }
    let long = |unit: &str| unit.repeat(65_000 / unit.len());
    for source in [
        format!("{{{{ 1{} }}}}", long("+1")),
        format!("{{{{ {} }}}}", long("[")),
        format!("{{{{ x{} }}}}", long("|e")),
        format!("{{{{ {}1 }}}}", long("- ")),
        format!("{{{{ x{} }}}}", long(".a")),
        long("{%if 1%}"),
        format!("{{{{ 1{} }}}}", long(" if 1")),
        long("{{"),
        long("{%"),
        long("{#"),
    ] {
        let _ = bare(&source);
    }
    let error = bare(&"a".repeat(65_536)).unwrap_err().to_string();
    assert!(error.contains("65536 bytes"), "{error}");
    assert_eq!(bare(&"a".repeat(65_535)).unwrap().len(), 65_535);
    let template = ChatTemplate::new("a", SpecialTokens::new(), ChatDate::default()).unwrap();
    assert!(matches!(template.render(&[], true), Err(ModelError::NoMessages)));
}

#[test]
fn a_template_sees_nothing_else() {
    for source in
        ["{% include 'chat' %}", "{% include 'Cargo.toml' %}", "{% import '/etc/passwd' as x %}"]
    {
        assert!(bare(source).is_err(), "{source}");
    }
    assert_eq!(
        bare("{{ env is defined }}{{ debug is defined }}{{ HOME is defined }}").unwrap(),
        "FalseFalseFalse"
    );
}

#[test]
fn the_digest_follows_text_tokens_and_date() {
    let template = |source: &str, token: &str, day| {
        let tokens = SpecialTokens::from([("bos_token".to_owned(), token.to_owned())]);
        ChatTemplate::new(source, tokens, ChatDate::new(2024, 7, day).unwrap()).unwrap()
    };
    let first = template("a{{ strftime_now('%d') }}", "<s>", 26);
    assert_eq!(first.digest(), template("a{{ strftime_now('%d') }}", "<s>", 26).digest());
    assert_ne!(first.digest(), template("b{{ strftime_now('%d') }}", "<s>", 26).digest());
    assert_ne!(first.digest(), template("a{{ strftime_now('%d') }}", "<b>", 26).digest());
    let tomorrow = template("a{{ strftime_now('%d') }}", "<s>", 27);
    assert_ne!(first.digest(), tomorrow.digest());
    assert_eq!(tomorrow.render(&[ChatMessage::new("user", "")], false).unwrap(), "a27");
}

#[test]
fn a_conversation_has_the_tokens_that_transformers_gives_it() {
    let expected = Expected::open();
    let templates = expected.templates();
    let model = Reference::open("plain").model();
    let mut compared = 0;
    for case in expected.list("cases").iter().filter(|case| case["ids"].is_array()) {
        let messages = expected.conversation(text(&case["conversation"]));
        let template = &templates[text(&case["template"])];
        let prompt = case["prompt"].as_bool().unwrap();
        let ids: Vec<u32> = serde_json::from_value(case["ids"].clone()).unwrap();
        let whole = model.tokenise_chat(template, &messages, prompt, 512).unwrap();
        // the tiny model has 256 positions
        assert_eq!(whole.ids, ids[..ids.len().min(256)], "{case}");
        assert_eq!((whole.special.len(), whole.truncated), (whole.ids.len(), ids.len() > 256));
        let cut = model.tokenise_chat(template, &messages, prompt, 7).unwrap();
        assert_eq!(cut.ids, ids[..ids.len().min(7)]);
        assert_eq!(cut.truncated, ids.len() > 7);
        for (id, special) in whole.ids.iter().zip(&whole.special) {
            // <s> and </s>
            assert!(*special || *id > 1, "{case}");
        }
        compared += 1;
    }
    assert!(compared > 40);
    let messages = expected.conversation("user");
    assert!(model.tokenise_chat(&templates["zephyr.jinja"], &messages, true, 0).is_err());
}

/// The content tokens of a conversation, as text.
fn content(model: &LanguageModel, template: &ChatTemplate, messages: &[ChatMessage]) -> String {
    let tokens = model.tokenise_chat(template, messages, false, 512).unwrap();
    let file = fs::read_to_string(Reference::open("plain").folder.join("tokenizer.json")).unwrap();
    let tokenizer: Value = serde_json::from_str(&file).unwrap();
    let vocabulary = tokenizer["model"]["vocab"].as_object().unwrap();
    let name = |id: u32| vocabulary.iter().find(|(_, v)| **v == id).unwrap().0.clone();
    let words: String = tokens.content().map(|i| name(tokens.ids[i])).collect();
    words.replace('Ġ', " ").replace('Ċ', "\n")
}

#[test]
fn content_is_what_the_messages_say() {
    let expected = Expected::open();
    let templates = expected.templates();
    let model = Reference::open("plain").model();
    let turns = |turns: &[(&str, &str)]| -> Vec<_> {
        turns.iter().map(|(role, text)| ChatMessage::new(*role, *text)).collect()
    };
    // words that the templates themselves use, and white space at the ends
    let words = turns(&[("user", "user\n"), ("assistant", " assistant <s> user ")]);
    let heard =
        |template: &str, messages: &[ChatMessage]| content(&model, &templates[template], messages);
    for template in ["chatml.jinja", "zephyr.jinja", "gemma.jinja", "phi3.jinja", "mistral.jinja"] {
        let heard: String = heard(template, &words).split_whitespace().collect();
        assert_eq!(heard, "userassistantuser", "{template}");
    }
    // the template puts the system's words into the user's turn, between words of its own
    let system = turns(&[("system", "Be kind."), ("user", "So?")]);
    assert_eq!(heard("llama2.jinja", &system), "Be kind.So?");
    // of what a template takes apart there is nothing, what it changes is there
    let thinking = turns(&[("user", "Why?"), ("assistant", "<think>a</think>So.")]);
    assert_eq!(heard("deepseek.jinja", &thinking), "Why?");
    let shouted =
        expected.template("{{ messages[0].content | upper }}{{ messages[1].content }}").unwrap();
    let asked = turns(&[("user", "Why?"), ("assistant", "So.")]);
    assert_eq!(content(&model, &shouted, &asked), "WHY?So.");
    let twice = expected.template("{{ messages[0].content }}{{ messages[0].content }}").unwrap();
    assert_eq!(content(&model, &twice, &turns(&[("user", "Why?")])), "");
    // offsets are those of bytes, and white space inside belongs to what is said
    let far = turns(&[("user", "Ça ?"), ("assistant", "\n私は \n\n 🙂 oui\n")]);
    let tokens = model.tokenise_chat(&templates["zephyr.jinja"], &far, true, 512).unwrap();
    let ids: Vec<_> = tokens.content().map(|i| tokens.ids[i]).collect();
    let bare = ["Ça ?", "私は \n\n 🙂 oui"].map(|text| model.tokenise(text, 512).unwrap());
    let bare: Vec<_> = bare.iter().flat_map(|text| text.content().map(|i| text.ids[i])).collect();
    assert_eq!(ids, bare);
    // a mark that is in the text already is not used
    let marked = turns(&[("user", "\u{f0000}\u{f0001}a")]);
    let whole = model.tokenise_chat(&templates["zephyr.jinja"], &marked, false, 512).unwrap();
    assert_eq!(whole.content().count(), 9);
}

#[test]
fn a_pair_is_read_as_a_turn_of_each() {
    let expected = Expected::open();
    let templates = expected.templates();
    let model = Reference::open("plain").model();
    let mut pair = ContrastPair {
        positive: "I stay.".to_owned(),
        negative: "I go.".to_owned(),
        ..ContrastPair::default()
    };
    let written = |pair: &ContrastPair, template: &str| {
        templates[template].render(&ChatMessage::of_pair(pair, Side::Negative), false)
    };
    let zephyr = |user: &str| format!("<|user|>\n{user}</s>\n<|assistant|>\nI go.</s>\n");
    assert_eq!(written(&pair, "zephyr.jinja").unwrap(), zephyr(""));
    let bare = ChatMessage::of_pair(&pair, Side::Positive);
    assert_eq!(content(&model, &templates["zephyr.jinja"], &bare), "I stay.");
    for name in templates.keys() {
        assert!(written(&pair, name).unwrap().contains("I go."), "{name}");
    }
    pair.prompt = Some("What now?".to_owned());
    assert_eq!(written(&pair, "zephyr.jinja").unwrap(), zephyr("What now?"));
    let asked = ChatMessage::of_pair(&pair, Side::Positive);
    assert_eq!(content(&model, &templates["zephyr.jinja"], &asked), "What now?I stay.");
}
