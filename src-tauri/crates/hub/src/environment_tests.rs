use std::collections::HashMap;

use super::*;

fn with(variables: &[(&str, &str)]) -> Environment {
    let map: HashMap<&str, &str> = variables.iter().copied().collect();
    Environment::from_variables(|name| map.get(name).map(Into::into))
}

/// The order of `huggingface_hub.constants` (2.4.0), each rule with the weaker ones set as well.
#[test]
fn the_cache_folder_is_found_in_the_order_of_huggingface_hub() {
    let weaker = [
        ("HOME", "/home/a"),
        ("XDG_CACHE_HOME", "/xdg"),
        ("HF_HOME", "/hf"),
        ("HUGGINGFACE_HUB_CACHE", "/old"),
        ("HF_HUB_CACHE", "/new"),
    ];
    let expected =
        ["/home/a/.cache/huggingface/hub", "/xdg/huggingface/hub", "/hf/hub", "/old", "/new"];
    for (set, expected) in expected.iter().enumerate() {
        let environment = with(weaker.get(..=set).unwrap());
        assert_eq!(environment.cache_folder().unwrap(), Path::new(expected));
    }
}

#[test]
fn a_tilde_is_home_and_an_empty_variable_is_not_set() {
    let environment = with(&[("USERPROFILE", "/users/a"), ("HF_HOME", "~/models"), ("HOME", "")]);
    assert_eq!(environment.cache_folder().unwrap(), Path::new("/users/a/models/hub"));
    let environment = with(&[("HOME", "/home/a"), ("HF_HUB_CACHE", "")]);
    assert_eq!(environment.cache_folder().unwrap(), Path::new("/home/a/.cache/huggingface/hub"));
    assert!(matches!(with(&[]).cache_folder(), Err(HubError::NoHome)));
}

#[test]
fn the_token_is_found_in_variable_then_file_then_home() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().to_str().unwrap();
    let named = format!("{root}/named");
    std::fs::write(format!("{root}/token"), "from-home\n").unwrap();
    std::fs::write(&named, "  from-file \n").unwrap();
    let token =
        |variables: &[(&str, &str)]| with(variables).token().map(|token| token.secret().to_owned());
    let home = ("HF_HOME", root);
    assert_eq!(token(&[home]).as_deref(), Some("from-home"));
    assert_eq!(token(&[home, ("HF_TOKEN_PATH", &named)]).as_deref(), Some("from-file"));
    let all = [home, ("HF_TOKEN_PATH", &named), ("HF_TOKEN", "from-variable")];
    assert_eq!(token(&all).as_deref(), Some("from-variable"));
    assert_eq!(token(&[home, ("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")]), None);
    assert_eq!(token(&[("HF_HOME", "/nowhere")]), None);
    assert_eq!(token(&[("HF_TOKEN", " \n")]), None);
}

#[test]
fn offline_is_read_as_a_switch() {
    for on in ["1", "true", "YES", "on"] {
        assert!(with(&[("HF_HUB_OFFLINE", on)]).offline, "{on}");
        assert!(with(&[("TRANSFORMERS_OFFLINE", on)]).offline, "{on}");
    }
    for off in ["0", "false", "", "no"] {
        assert!(!with(&[("HF_HUB_OFFLINE", off)]).offline, "{off}");
    }
}

#[test]
fn a_token_is_never_shown() {
    let environment = with(&[("HF_TOKEN", "hf_secret"), ("HOME", "/home/a")]);
    assert!(!format!("{environment:?}").contains("hf_secret"));
    assert!(!format!("{:?}", environment.settings().unwrap()).contains("hf_secret"));
    assert_eq!(Token::new("line\nbreak"), None);
}
