//! What a template can see and do, and how far it may go.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::ValueKind;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, Value};

use super::{ChatDate, SpecialTokens, json, methods, tags};
use crate::ModelError;

/// Steps of one rendering. Known templates take a few hundred for a turn.
const FUEL: u64 = 200_000;
/// Nested blocks and macro calls.
const DEPTH: usize = 200;
/// Longest template in bytes: the engine counts columns in 16 bits. Known ones have up to 30,000.
const LONGEST: usize = u16::MAX as usize;
/// Stack of the thread that reads a template or renders it: as deep as values can be nested with
/// the fuel there is, several times over. Pages that are not touched cost nothing.
const STACK: usize = 1 << 28;
const NAME: &str = "chat";

/// What a template says through `raise_exception`.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Refusal(String);

/// An environment like the one that transformers makes, with the template in it.
pub(super) fn build(
    source: &str,
    tokens: SpecialTokens,
    date: ChatDate,
) -> Result<Environment<'static>, ModelError> {
    if source.len() > LONGEST {
        let message = format!("it has {} bytes, more than {LONGEST}", source.len());
        return Err(ModelError::ChatTemplate { line: None, message });
    }
    let mut environment = Environment::new();
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    environment.set_syntax(syntax.map_err(|e| failure(&e))?);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_undefined_behavior(UndefinedBehavior::Lenient);
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(DEPTH);
    environment.set_unknown_method_callback(methods::call);
    environment.add_filter("tojson", json::tojson);
    environment.add_test("sequence", |value: &Value| {
        // in Jinja a text is a sequence, and so is all else that has a length and items
        use ValueKind::{Map, Seq, String, Undefined};
        matches!(value.kind(), Map | Seq | String | Undefined)
    });
    for name in ["length", "count"] {
        environment.add_filter(name, length);
    }
    environment.add_function("raise_exception", |message: &Value| -> Result<Value, Error> {
        let message = message.to_string();
        Err(Error::new(ErrorKind::InvalidOperation, message.clone()).with_source(Refusal(message)))
    });
    environment.add_function("strftime_now", move |format: &str| date.format(format));
    environment.remove_global("debug");
    for (name, token) in tokens {
        environment.add_global(name, token);
    }
    // Jinja makes every line end in a line feed before it reads
    let source = source.replace("\r\n", "\n").replace('\r', "\n");
    let source = tags::without_generation(&source);
    on_own_stack(move || {
        environment.add_template_owned(NAME, source).map_err(|e| failure(&e))?;
        Ok(environment)
    })
}

/// What is undefined has the length 0 in Jinja.
fn length(value: &Value) -> Result<usize, Error> {
    if value.is_undefined() {
        return Ok(0);
    }
    let message = || format!("a value of the kind {} has no length", value.kind());
    value.len().ok_or_else(|| Error::new(ErrorKind::InvalidOperation, message()))
}

/// Renders the template with the variables that `context` makes.
pub(super) fn render(
    environment: &Environment<'static>,
    context: impl FnOnce() -> Value + Send,
) -> Result<String, ModelError> {
    on_own_stack(|| {
        let template = environment.get_template(NAME).map_err(|e| failure(&e))?;
        template.render(context()).map_err(|e| failure(&e))
    })
}

fn failure(error: &Error) -> ModelError {
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        if let Some(Refusal(message)) = cause.downcast_ref() {
            return ModelError::ChatRefused(message.clone());
        }
        source = cause.source();
    }
    let message = match (error.kind(), error.detail()) {
        (ErrorKind::OutOfFuel, _) => format!("it has not ended after {FUEL} steps"),
        (kind, Some(detail)) => format!("{kind}: {detail}"),
        (kind, None) => kind.to_string(),
    };
    ModelError::ChatTemplate { line: error.line(), message }
}

/// Runs `work` on a thread whose stack is as large as the limits above ask for.
fn on_own_stack<T: Send>(
    work: impl FnOnce() -> Result<T, ModelError> + Send,
) -> Result<T, ModelError> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .name("chat template".to_owned())
            .stack_size(STACK)
            .spawn_scoped(scope, work)
            .map_err(|e| ModelError::Threads(e.to_string()))?;
        thread.join().unwrap_or_else(|_| {
            let message = "the template engine gave up on it".to_owned();
            Err(ModelError::ChatTemplate { line: None, message })
        })
    })
}
