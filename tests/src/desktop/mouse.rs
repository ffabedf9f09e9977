//! What only a mouse can do, and where there is something to point at.

use std::time::Duration;

use anyhow::Result;
use fantoccini::actions::{InputSource, MOUSE_BUTTON_LEFT, MouseActions, PointerAction};

use super::{App, SHORT};
use crate::files;

/// How far a colour channel may be off: points are drawn smooth and half-transparent.
const NEAR: u8 = 40;

impl App {
    /// Moves the mouse to a place in the window.
    ///
    /// # Errors
    /// When it cannot be moved there.
    pub async fn hover(&self, x: f64, y: f64) -> Result<()> {
        // From a step aside, so that it moves even when it is there already.
        let mouse =
            MouseActions::new("mouse".to_owned()).then(move_to(x + 9.0, y)).then(move_to(x, y));
        Ok(self.client.perform_actions(mouse).await?)
    }

    /// Clicks a place in the window.
    ///
    /// # Errors
    /// When the mouse cannot be moved there.
    pub async fn press(&self, x: f64, y: f64) -> Result<()> {
        let mouse = MouseActions::new("mouse".to_owned())
            .then(move_to(x, y))
            .then(PointerAction::Down { button: MOUSE_BUTTON_LEFT })
            .then(PointerAction::Up { button: MOUSE_BUTTON_LEFT });
        Ok(self.client.perform_actions(mouse).await?)
    }

    /// Drags a lasso around all of what has this `data-testid`.
    ///
    /// # Errors
    /// When the mouse cannot be moved there.
    pub async fn lasso_all(&self, testid: &str) -> Result<()> {
        let (x, y, width, height) = self.wait_for(testid, SHORT).await?.rectangle().await?;
        let (left, top, right, bottom) = (x + 3.0, y + 3.0, x + width - 4.0, y + height - 4.0);
        let around = [(right, top), (right, bottom), (left, bottom), (left, top + 9.0)];
        let mut mouse = MouseActions::new("mouse".to_owned())
            .then(move_to(left, top))
            .then(PointerAction::Down { button: MOUSE_BUTTON_LEFT });
        for (x, y) in around {
            mouse = mouse.then(move_to(x, y));
        }
        let mouse = mouse.then(PointerAction::Up { button: MOUSE_BUTTON_LEFT });
        Ok(self.client.perform_actions(mouse).await?)
    }

    /// The pixels of what has this `data-testid` that are near a colour, `0xRRGGBB`, on screen: x
    /// and y in the window, row by row.
    ///
    /// # Errors
    /// When the window cannot be shot.
    pub async fn pixels_near(&self, testid: &str, colour: u32) -> Result<Vec<(f64, f64)>> {
        let (left, top, width, height) = self.wait_for(testid, SHORT).await?.rectangle().await?;
        let picture = files::decode_png(&self.picture().await?[..])?;
        let [_, r, g, b] = colour.to_be_bytes();
        let near = |pixel: &[u8]| pixel.iter().zip([r, g, b]).all(|(p, c)| p.abs_diff(c) < NEAR);
        let within =
            |x: f64, y: f64| (left..left + width).contains(&x) && (top..top + height).contains(&y);
        let pixels = picture.pixels().map(|(x, y, pixel)| (x as f64, y as f64, pixel));
        let found = pixels.filter(|&(x, y, pixel)| within(x, y) && near(pixel));
        Ok(found.map(|(x, y, _)| (x, y)).collect())
    }
}

fn move_to(x: f64, y: f64) -> PointerAction {
    PointerAction::MoveTo { duration: Some(Duration::from_millis(30)), x: x.round(), y: y.round() }
}
