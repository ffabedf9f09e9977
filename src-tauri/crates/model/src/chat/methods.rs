//! Methods of Python's strings that templates call and minijinja-contrib does not know.

use minijinja::value::{Tuple, Value, from_args};
use minijinja::{Error, ErrorKind, State};
use minijinja_contrib::pycompat::unknown_method_callback;

/// Calls `method` of `value` as Python does.
pub(super) fn call(
    state: &mut State,
    value: &Value,
    method: &str,
    args: &[Value],
) -> Result<Value, Error> {
    let Some(text) = value.as_str() else {
        return unknown_method_callback(state, value, method, args);
    };
    match method {
        "split" if args.first().and_then(Value::as_str) == Some("") => {
            not_empty("").map(Value::from)
        }
        "rsplit" => {
            let (separator, most): (Option<&str>, Option<i64>) = from_args(args)?;
            let most = most.and_then(|most| usize::try_from(most).ok());
            Ok(rsplit(text, separator, most)?.into_iter().map(str::to_owned).collect())
        }
        "partition" | "rpartition" => {
            let (separator,): (&str,) = from_args(args)?;
            not_empty(separator)?;
            let parts = if method == "partition" {
                text.split_once(separator).map_or([text, "", ""], |(a, b)| [a, separator, b])
            } else {
                text.rsplit_once(separator).map_or(["", "", text], |(a, b)| [a, separator, b])
            };
            Ok(Value::from(Tuple::from(parts.map(Value::from))))
        }
        "removeprefix" => {
            let (prefix,): (&str,) = from_args(args)?;
            Ok(Value::from(text.strip_prefix(prefix).unwrap_or(text)))
        }
        "removesuffix" => {
            let (suffix,): (&str,) = from_args(args)?;
            Ok(Value::from(text.strip_suffix(suffix).unwrap_or(text)))
        }
        "index" => {
            let (part,): (&str,) = from_args(args)?;
            let Some((before, _)) = text.split_once(part) else {
                return Err(Error::new(ErrorKind::InvalidOperation, "substring not found"));
            };
            Ok(Value::from(before.chars().count()))
        }
        _ => unknown_method_callback(state, value, method, args),
    }
}

/// At most `most` splits, from the end; at white space where there is no separator.
fn rsplit<'a>(
    text: &'a str,
    separator: Option<&str>,
    most: Option<usize>,
) -> Result<Vec<&'a str>, Error> {
    let most = most.unwrap_or(usize::MAX);
    let mut parts = Vec::new();
    let mut rest = Some(text);
    match separator {
        Some(separator) => {
            not_empty(separator)?;
            while let Some(text) = rest {
                let split = (parts.len() < most).then(|| text.rsplit_once(separator)).flatten();
                parts.push(split.map_or(text, |(_, part)| part));
                rest = split.map(|(before, _)| before);
            }
        }
        None => {
            while let Some(text) = rest.map(str::trim_end).filter(|text| !text.is_empty()) {
                let split =
                    (parts.len() < most).then(|| text.rsplit_once(char::is_whitespace)).flatten();
                parts.push(split.map_or(text, |(_, part)| part));
                rest = split.map(|(before, _)| before);
            }
        }
    }
    parts.reverse();
    Ok(parts)
}

fn not_empty(separator: &str) -> Result<&str, Error> {
    if separator.is_empty() {
        return Err(Error::new(ErrorKind::InvalidOperation, "empty separator"));
    }
    Ok(separator)
}
