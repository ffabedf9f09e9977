//! Against statsmodels: values made by tests/reference/steering/make.py.

use std::error::Error;
use std::path::Path;

use lens_steering::{Cell, Dose, Share, Slope, asymmetry, slope};
use serde_json::Value;

fn values() -> Result<Value, Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let text = std::fs::read_to_string(root.join("tests/reference/steering/scores.json"))?;
    Ok(serde_json::from_str(&text)?)
}

/// A number of a case; NaN, which is near nothing, where there is none.
fn number(of: &Value, key: &str) -> f64 {
    of[key].as_f64().unwrap_or(f64::NAN)
}

fn near(found: f64, wanted: f64, tolerance: f64) {
    assert!(
        (found - wanted).abs() <= tolerance * wanted.abs().max(1e-300),
        "{found} is not {wanted}"
    );
}

#[test]
fn wilson_intervals_are_those_of_statsmodels() -> Result<(), Box<dyn Error>> {
    let values = values()?;
    for case in values["wilson"].as_array().ok_or("no cases")? {
        let share = Share { hits: number(case, "hits") as usize, n: number(case, "n") as usize };
        let interval = share.wilson().ok_or("no interval")?;
        assert!((interval.low - number(case, "low")).abs() < 1e-12, "{share:?} {interval:?}");
        assert!((interval.high - number(case, "high")).abs() < 1e-12, "{share:?} {interval:?}");
    }
    Ok(())
}

fn dose_of(case: &Value) -> Option<Dose> {
    let list = |key: &str| Some(case[key].as_array()?.iter().filter_map(Value::as_f64));
    let counts = list("coefficients")?.zip(list("hits")?).zip(list("sizes")?);
    let cell = |((coefficient, hits), n): ((f64, f64), f64)| Cell {
        coefficient,
        n: n as usize,
        outcomes: hits as usize,
        coherent: n as usize,
        coherent_outcomes: hits as usize,
        empty: 0,
    };
    Dose::new(counts.map(cell).collect()).ok()
}

#[test]
fn slopes_are_those_of_statsmodels() -> Result<(), Box<dyn Error>> {
    let values = values()?;
    for case in values["slopes"].as_array().ok_or("no cases")? {
        let found = slope(&dose_of(case).ok_or("no dose")?);
        let Slope::Estimated { slope, intercept, standard_error, interval, .. } = found else {
            return Err(format!("{}: {found:?}", case["name"]).into());
        };
        // a slope of zero is known to the width of its interval
        let width = number(case, "standard_error");
        assert!((slope - number(case, "slope")).abs() < 1e-7 * width, "{}", case["name"]);
        assert!((intercept - number(case, "intercept")).abs() < 1e-7, "{}", case["name"]);
        near(standard_error, width, 1e-6);
        assert!((interval.low - number(case, "low")).abs() < 1e-5 * width, "{}", case["name"]);
        assert!((interval.high - number(case, "high")).abs() < 1e-5 * width, "{}", case["name"]);
    }
    Ok(())
}

#[test]
fn the_upper_slope_of_an_asymmetry_is_that_of_statsmodels() -> Result<(), Box<dyn Error>> {
    let values = values()?;
    let cases = values["slopes"].as_array().ok_or("no cases")?;
    let case = cases.iter().find(|case| case["name"] == "one side").ok_or("no case")?;
    let upper = asymmetry(&dose_of(case).ok_or("no dose")?).above.value().ok_or("no slope")?;
    near(upper, number(case, "slope"), 1e-8);
    Ok(())
}
