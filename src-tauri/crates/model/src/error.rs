//! What can go wrong with a model, each as a sentence that says what to do.

use std::path::PathBuf;

use lens_core::Cancelled;

/// Why a model could not be inspected, loaded or run.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The path is a file of another kind or nothing at all.
    #[error(
        "{} is not a folder and not a GGUF file; choose the folder that holds the model's \
         config.json, or the model's .gguf file", .0.display()
    )]
    NotAFolder(PathBuf),
    /// A file every model folder has is not there.
    #[error("{} has no {file}; a model folder holds config.json, tokenizer.json and model.safetensors", folder.display())]
    MissingFile {
        /// The model folder.
        folder: PathBuf,
        /// Name of the missing file.
        file: String,
    },
    /// Only pickled weights are there.
    #[error(
        "{} holds its weights as {file}, a pickle, which can run code when read and is never \
         opened; get the safetensors version of the model or convert it", folder.display()
    )]
    PickleOnly {
        /// The model folder.
        folder: PathBuf,
        /// The pickle found.
        file: String,
    },
    /// A file could not be read.
    #[error("{} cannot be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file is not the JSON it should be; the message holds line and column.
    #[error("{} is not valid: {source}", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// Reason, line and column.
        source: serde_json::Error,
    },
    /// The configuration is readable but cannot be: sizes that do not fit, or a feature that is
    /// not there.
    #[error("config.json: {0}")]
    Config(String),
    /// A `model_type` for which there is no architecture file.
    #[error(
        "models of the type {found:?} are not supported; supported are {}", supported.join(", ")
    )]
    UnknownFamily {
        /// The `model_type` in config.json.
        found: String,
        /// The types that are.
        supported: Vec<&'static str>,
    },
    /// A weights file of no bytes.
    #[error("{} is empty (0 bytes); download it again", .0.display())]
    EmptyWeights(PathBuf),
    /// A weights file that ends before what its header announces.
    #[error(
        "{} ends too early: its header claims {claimed} bytes and the file has {found}; the \
         download is incomplete, get it again", path.display()
    )]
    TruncatedWeights {
        /// The weights file.
        path: PathBuf,
        /// Bytes that the header claims.
        claimed: u64,
        /// Bytes there are.
        found: u64,
    },
    /// A weights file whose header makes no sense.
    #[error("{} is not a safetensors file: {message}", path.display())]
    BadWeights {
        /// The weights file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// A GGUF file that cannot be used.
    #[error("{} cannot be used: {message}", path.display())]
    BadGguf {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// The weights lack a tensor the architecture needs.
    #[error(
        "the weights have no tensor {0:?}; the model's configuration and its weights do not belong \
         together"
    )]
    MissingTensor(String),
    /// A tensor is there with another shape.
    #[error(
        "tensor {name:?} has the shape {found:?} where the model's configuration asks for \
         {expected:?}; they do not belong together"
    )]
    WrongShape {
        /// Tensor name.
        name: String,
        /// Shape that follows from config.json.
        expected: Vec<usize>,
        /// Shape in the file.
        found: Vec<usize>,
    },
    /// The weights hold a tensor the architecture has no use for: leaving it out would change the
    /// model.
    #[error(
        "the weights hold {0:?}, which the model's configuration does not account for; they do not \
         belong together"
    )]
    UnexpectedTensor(String),
    /// A tensor is stored as numbers of a kind not read here.
    #[error("tensor {name:?} is stored as {dtype}; weights must be F32, F16 or BF16")]
    UnsupportedDtype {
        /// Tensor name.
        name: String,
        /// Number type in the file.
        dtype: String,
    },
    /// A weight is NaN or infinite.
    #[error("tensor {0:?} holds NaN or infinite numbers; the weights are damaged")]
    NonFiniteWeights(String),
    /// A weight is so large that no bf16 number is near.
    #[error(
        "tensor {0:?} holds numbers too large for bf16; hold the weights as they are stored, or as f32"
    )]
    TooLargeForBf16(String),
    /// An activation is NaN or infinite.
    #[error(
        "text {index} has NaN or infinite activations at layer {layer}; the model overflows on it"
    )]
    NonFiniteActivation {
        /// Index of the text in what was given.
        index: usize,
        /// Layer of the residual stream.
        layer: usize,
    },
    /// tokenizer.json cannot be used.
    #[error("{} cannot be used: {message}", path.display())]
    Tokenizer {
        /// The tokenizer file.
        path: PathBuf,
        /// What the tokenizer library says.
        message: String,
    },
    /// The tokenizer refused a text.
    #[error("the tokenizer cannot read a text: {0}")]
    Tokenise(String),
    /// The tokenizer gives ids that the embedding does not have.
    #[error(
        "the tokenizer gives token {token}, but the model knows {vocab} tokens only; \
         the tokenizer and the weights do not belong together"
    )]
    TokenOutsideVocabulary {
        /// The token id.
        token: u32,
        /// Number of embeddings.
        vocab: usize,
    },
    /// A forward pass over nothing.
    #[error("there are no tokens to read")]
    NoTokens,
    /// More tokens than the model has learned positions for.
    #[error("a text of {tokens} tokens is longer than the {positions} positions the model knows")]
    TooLong {
        /// Tokens of the text.
        tokens: usize,
        /// Positions the model knows.
        positions: usize,
    },
    /// A step of a generation with too few or too many tokens.
    #[error("{tokens} next tokens do not fit {texts} texts; give one for each")]
    TokensForTexts {
        /// Texts that are read.
        texts: usize,
        /// Tokens given.
        tokens: usize,
    },
    /// Logits of an encoder.
    #[error("this model is an encoder: it reads texts, but does not predict what comes next")]
    NoLogits,
    /// Nothing to pool: no content tokens.
    #[error("text {0} has no content tokens, so there is nothing to average; leave it out")]
    NoContent(usize),
    /// A chat template that cannot be read or that fails on the way.
    #[error(
        "the chat template cannot be used{}: {message}",
        line.map(|line| format!(" (line {line})")).unwrap_or_default()
    )]
    ChatTemplate {
        /// Line of the template, from 1, where it is known.
        line: Option<usize>,
        /// What is wrong.
        message: String,
    },
    /// A chat template that says itself that it does not take a conversation.
    #[error("the model's chat template does not take this conversation: {0}")]
    ChatRefused(String),
    /// A folder with chat templates, none of which is for plain conversations.
    #[error(
        "{} has chat templates for {} and none named \"default\"; plain conversations have none",
        folder.display(), names.join(", ")
    )]
    NoDefaultTemplate {
        /// The model folder.
        folder: PathBuf,
        /// Names of the templates there.
        names: Vec<String>,
    },
    /// A conversation of no messages.
    #[error("a conversation needs at least one message")]
    NoMessages,
    /// A token limit that leaves no room for the text.
    #[error(
        "a token limit of {limit} leaves no room for text beside the {special} special tokens; \
         raise it"
    )]
    LimitTooSmall {
        /// Tokens allowed.
        limit: usize,
        /// Special tokens the tokenizer adds.
        special: usize,
    },
    /// A layer beyond the last.
    #[error("there is no layer {layer}; this model has layers 0 to {layers}")]
    NoSuchLayer {
        /// Layer asked for.
        layer: usize,
        /// The last layer.
        layers: usize,
    },
    /// Layers that are not in ascending order, or one of them twice.
    #[error("the layers {0:?} are not in ascending order, each once")]
    LayersOutOfOrder(Vec<usize>),
    /// A direction of another model.
    #[error(
        "a direction of width {width} does not fit a residual stream of width {model}; it belongs to \
         another model"
    )]
    DirectionWidth {
        /// Width of the direction.
        width: usize,
        /// Width of the model's residual stream.
        model: usize,
    },
    /// A direction with numbers that nothing can be calculated with.
    #[error("the direction for layer {layer} holds NaN or infinite numbers; find it anew")]
    NonFiniteDirection {
        /// The layer it is for.
        layer: usize,
    },
    /// No direction at all.
    #[error(
        "the direction for layer {layer} has length 0, so there is nothing to project out or to \
         clamp; choose another"
    )]
    ZeroDirection {
        /// The layer it is for.
        layer: usize,
    },
    /// A value to clamp to that is none.
    #[error("the value to clamp to at layer {layer} is not a finite number")]
    ClampValue {
        /// The layer.
        layer: usize,
    },
    /// Changes for another number of texts than there are.
    #[error("changes for {rows} texts were asked for in a batch of {batch}")]
    InterventionRows {
        /// Texts that changes are meant for.
        rows: usize,
        /// Texts in the batch.
        batch: usize,
    },
    /// Tokens that end a text which are no numbers.
    #[error("eos_token_id in {} is neither a token's number nor a list of them", .0.display())]
    StopTokens(PathBuf),
    /// A setting of sampling that cannot be.
    #[error("{0}")]
    Sampling(String),
    /// Logits that nothing can be drawn by.
    #[error(
        "the model's predictions became NaN or infinite after {tokens} tokens of sample {sample}; \
         where it is steered, lower the coefficient"
    )]
    NonFiniteLogits {
        /// Which of the samples.
        sample: usize,
        /// Tokens it had until then.
        tokens: usize,
    },
    /// The tokenizer cannot write tokens as text.
    #[error("the tokenizer cannot write tokens as text: {0}")]
    Decode(String),
    /// The work was asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// A tensor operation failed.
    #[error("the computation failed: {0}")]
    Compute(#[from] candle_core::Error),
    /// The threads to compute on could not be started.
    #[error("no thread could be started: {0}")]
    Threads(String),
}
