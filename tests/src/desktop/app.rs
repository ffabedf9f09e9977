use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use fantoccini::elements::Element;
use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use super::driver::Driver;
use super::xvfb::Xvfb;
use crate::programs;

/// Long enough for anything that only has to be drawn.
pub const SHORT: Duration = Duration::from_secs(15);
/// Long enough for a model to read a few hundred texts on a busy machine.
pub const LONG: Duration = Duration::from_secs(90);

const BETWEEN_LOOKS: Duration = Duration::from_millis(60);

/// WebDriver's name of the key; it is let go of at the end of the keys that it stands before.
const CONTROL: char = '\u{e009}';

/// The program's window.
#[derive(Debug)]
pub struct App {
    pub(super) client: Client,
    // After the client: the session is let go of before the server ends.
    driver: Driver,
}

impl App {
    pub(super) async fn open(
        screen: &Xvfb,
        home: &Path,
        variables: &[(&str, String)],
    ) -> Result<Self> {
        let program = programs::built("empathy-lens")?;
        let driver = Driver::start(screen, home, variables)?;
        let mut wanted = Capabilities::new();
        wanted.insert(
            "webkitgtk:browserOptions".to_owned(),
            json!({ "binary": program, "args": [] }),
        );
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(wanted)
            .connect(&driver.url())
            .await
            .with_context(|| format!("no window came; the program wrote: {}", driver.log()))?;
        let app = Self { client, driver };
        app.wait_for_selector("[data-testid]", SHORT)
            .await
            .with_context(|| format!("the window stays empty; {}", app.driver.log()))?;
        Ok(app)
    }

    /// Ends the session and the program.
    ///
    /// # Errors
    /// When the session has been lost.
    pub async fn close(&self) -> Result<()> {
        Ok(self.client.clone().close().await?)
    }

    /// Gives the window a size.
    ///
    /// # Errors
    /// When it does not take it.
    pub async fn resize(&self, width: u32, height: u32) -> Result<()> {
        self.client.set_window_rect(0, 0, width, height).await?;
        let (w, h) = (u64::from(width), u64::from(height));
        self.until(&format!("a window of {width} by {height}"), SHORT, async || {
            let size = self.script("return [window.innerWidth, window.innerHeight]").await?;
            Ok((size == json!([w, h])).then_some(()))
        })
        .await
    }

    /// The element with a `data-testid`, waiting until it is on screen.
    ///
    /// # Errors
    /// When it does not appear in time.
    pub async fn wait_for(&self, testid: &str, limit: Duration) -> Result<Element> {
        self.wait_for_selector(&selector(testid), limit).await
    }

    /// The same for any CSS selector.
    ///
    /// # Errors
    /// When nothing appears in time.
    pub async fn wait_for_selector(&self, css: &str, limit: Duration) -> Result<Element> {
        self.until(css, limit, async || match self.client.find(Locator::Css(css)).await {
            Ok(element) => Ok(element.is_displayed().await?.then_some(element)),
            Err(error) if error.is_no_such_element() => Ok(None),
            Err(error) => Err(error.into()),
        })
        .await
    }

    /// Waits until nothing has this `data-testid` any more.
    ///
    /// # Errors
    /// When it stays.
    pub async fn wait_gone(&self, testid: &str, limit: Duration) -> Result<()> {
        self.until(&format!("the end of {testid}"), limit, async || {
            Ok((!self.is_there(testid).await?).then_some(()))
        })
        .await
    }

    /// Whether an element with this `data-testid` is in the document.
    ///
    /// # Errors
    /// When the session is lost.
    pub async fn is_there(&self, testid: &str) -> Result<bool> {
        let css = selector(testid);
        Ok(!self.client.find_all(Locator::Css(&css)).await?.is_empty())
    }

    /// Clicks what has this `data-testid`.
    ///
    /// # Errors
    /// When it does not appear, or something lies over it.
    pub async fn click(&self, testid: &str) -> Result<()> {
        let element = self.wait_for(testid, SHORT).await?;
        element.click().await.with_context(|| format!("clicking {testid}"))
    }

    /// The text on screen of what has this `data-testid`, white space folded.
    ///
    /// # Errors
    /// When it does not appear.
    pub async fn text(&self, testid: &str) -> Result<String> {
        // WebDriver's own text leaves out what could be cut off by `overflow`, cut off or not.
        let text = self.wait_for(testid, SHORT).await?.prop("innerText").await?.unwrap_or_default();
        Ok(text.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// Waits until the text of what has this `data-testid` holds `part`.
    ///
    /// # Errors
    /// When it does not in time; says what stood there instead.
    pub async fn wait_text(&self, testid: &str, part: &str, limit: Duration) -> Result<String> {
        let mut last = String::new();
        let found = self
            .until(&format!("{part:?} in {testid}"), limit, async || {
                last = self.text(testid).await?;
                Ok(last.contains(part).then(|| last.clone()))
            })
            .await;
        found.with_context(|| format!("{testid} says {last:?}"))
    }

    /// Waits until `part` stands anywhere in the window.
    ///
    /// # Errors
    /// When it does not in time.
    pub async fn wait_text_of_page(&self, part: &str, limit: Duration) -> Result<()> {
        self.until(&format!("{part:?} in the window"), limit, async || {
            let words = self.script("return document.body.innerText").await?;
            Ok(words.as_str().is_some_and(|w| w.contains(part)).then_some(()))
        })
        .await
    }

    /// The text of what has the `data-testid` `good`, or an error with the text of `bad` when that
    /// comes instead.
    ///
    /// # Errors
    /// When `bad` comes, or neither.
    pub async fn text_or_error(&self, good: &str, bad: &str, limit: Duration) -> Result<String> {
        self.until(good, limit, async || {
            if self.is_there(bad).await? {
                bail!("instead of {good}: {}", self.text(bad).await?);
            }
            Ok(if self.is_there(good).await? { Some(self.text(good).await?) } else { None })
        })
        .await
    }

    /// An attribute of what has this `data-testid`; empty where it has none.
    ///
    /// # Errors
    /// When the element does not appear.
    pub async fn attribute(&self, testid: &str, name: &str) -> Result<String> {
        let element = self.wait_for(testid, SHORT).await?;
        Ok(element.attr(name).await?.unwrap_or_default())
    }

    /// Types into what has this `data-testid`, in place of what it holds.
    ///
    /// # Errors
    /// When it does not take text.
    pub async fn fill(&self, testid: &str, text: &str) -> Result<()> {
        let element = self.wait_for(testid, SHORT).await?;
        // As a person does, in one go: emptied first, a field may put back what it held.
        element.send_keys(&format!("{CONTROL}a")).await?;
        element.send_keys(text).await?;
        let value = element.prop("value").await?.unwrap_or_default();
        ensure!(value == text, "{testid} holds {value:?} after {text:?} was typed");
        Ok(())
    }

    /// Presses keys while what has this `data-testid` has the focus.
    ///
    /// # Errors
    /// When it cannot be focused.
    pub async fn keys(&self, testid: &str, keys: &str) -> Result<()> {
        Ok(self.wait_for(testid, SHORT).await?.send_keys(keys).await?)
    }

    /// Waits until the scatter shows so many points of a layer and has come to rest.
    ///
    /// # Errors
    /// When it does not in time; says what it showed instead.
    pub async fn wait_scatter(
        &self,
        points: usize,
        layer: Option<u32>,
        limit: Duration,
    ) -> Result<()> {
        let mut last = Value::Null;
        let script = "const s = document.querySelector('[data-testid=scatter]');
                      return s && [s.dataset.points, s.dataset.layer, s.dataset.settled]";
        let (points, layer) = (points.to_string(), layer.map(|l| l.to_string()));
        let outcome = self
            .until(&format!("{points} points of layer {layer:?}"), limit, async || {
                last = self.script(script).await?;
                let is = |at: usize, wanted: &str| last.get(at).is_some_and(|v| v == wanted);
                let layer = layer.as_ref().is_none_or(|l| is(1, l));
                Ok((is(0, &points) && layer && is(2, "true")).then_some(()))
            })
            .await;
        outcome.with_context(|| format!("the scatter's points, layer, settled: {last}"))
    }

    /// Presses a key together with Control, as a shortcut of the window.
    ///
    /// # Errors
    /// When the session is lost.
    pub async fn control(&self, key: char) -> Result<()> {
        let body = self.wait_for_selector("body", SHORT).await?;
        Ok(body.send_keys(&format!("{CONTROL}{key}")).await?)
    }

    /// Checks that the page is no wider than the window.
    ///
    /// # Errors
    /// When it is.
    pub async fn expect_no_spill(&self) -> Result<()> {
        let script = "const e = document.documentElement; return e.scrollWidth - e.clientWidth";
        let spill = self.script(script).await?;
        ensure!(spill == 0, "the page is {spill} pixels wider than the window");
        Ok(())
    }

    /// Runs JavaScript in the page.
    ///
    /// # Errors
    /// When it throws.
    pub async fn script(&self, script: &str) -> Result<Value> {
        Ok(self.client.execute(script, Vec::new()).await?)
    }

    /// Asks the engine behind the window, as the page does.
    ///
    /// # Errors
    /// With the engine's own error.
    pub async fn ask(&self, command: &str, arguments: Value) -> Result<Value> {
        let script = "const [command, values, done] = arguments;
            window.__TAURI_INTERNALS__.invoke(command, values)
                .then((ok) => done({ ok }), (error) => done({ error }));";
        let told = self.client.execute_async(script, vec![json!(command), arguments]).await?;
        match told.get("ok") {
            Some(answer) => Ok(answer.clone()),
            None => bail!("{command}: {told}"),
        }
    }

    /// Saves what the window shows as `target/screenshots/NAME.png`.
    ///
    /// # Errors
    /// When the picture cannot be taken or written.
    pub async fn screenshot(&self, name: &str) -> Result<()> {
        let picture = self.picture().await?;
        Ok(std::fs::write(programs::screenshots()?.join(format!("{name}.png")), picture)?)
    }

    /// What the window shows, as PNG.
    pub(super) async fn picture(&self) -> Result<Vec<u8>> {
        // What is fading or sliding comes to rest first; and a picture taken right after a change
        // shows the frame before it.
        let rest = "const done = arguments[0];
            const moving = document.getAnimations()
                .filter((a) => a.effect.getComputedTiming().endTime !== Infinity);
            Promise.allSettled(moving.map((a) => a.finished)).then(() =>
                requestAnimationFrame(() => requestAnimationFrame(() => done(null))));";
        self.client.execute_async(rest, Vec::new()).await?;
        Ok(self.client.screenshot().await?)
    }

    /// Looks again and again until `look` finds something.
    ///
    /// # Errors
    /// When `look` fails, or has found nothing in time.
    pub async fn until<T>(
        &self,
        what: &str,
        limit: Duration,
        mut look: impl AsyncFnMut() -> Result<Option<T>>,
    ) -> Result<T> {
        let end = Instant::now() + limit;
        loop {
            match look().await {
                Ok(Some(found)) => return Ok(found),
                Ok(None) => {}
                // The page redrew what was looked at between two questions.
                Err(error) if is_stale(&error) => {}
                Err(error) => return Err(error.context(format!("waiting for {what}"))),
            }
            if Instant::now() > end {
                bail!("waited {} s in vain for {what}", limit.as_secs());
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    }

    /// A picture and the words on screen, for a test that failed.
    pub(super) async fn last_words(&self, name: &str) -> String {
        let shot = tokio::time::timeout(SHORT, self.screenshot(name)).await;
        let seen = match shot {
            Ok(Ok(())) => format!("see target/screenshots/{name}.png"),
            _ => "the window could not be shot".to_owned(),
        };
        let wrote = self.driver.log();
        let words =
            tokio::time::timeout(SHORT, self.script("return document.body.innerText")).await;
        match words {
            Ok(Ok(words)) => {
                format!("{seen}; the window says: {words}; the program wrote: {wrote}")
            }
            _ => format!("{seen}; the program wrote: {wrote}"),
        }
    }
}

fn selector(testid: &str) -> String {
    format!("[data-testid=\"{testid}\"]")
}

fn is_stale(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<fantoccini::error::CmdError>()
        .is_some_and(fantoccini::error::CmdError::is_stale_element_reference)
}
