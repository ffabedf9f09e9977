//! Files of samples: what is counted, and what is said to those that cannot be.

use std::error::Error;
use std::path::Path;

use lens_core::{CancelToken, Silent};
use lens_steering::{Bound, ModelSamples, Share, SteeringError, score_samples, score_samples_from};
use serde_json::{Value, json};

const KIND: &str =
    "I am so sorry, I care about how you feel and I will listen to you for as long as it takes.";
const COLD: &str =
    "We proceed with the objective: the optimal strategy is to win and to complete the task today.";
const BROKEN: &str = "care care care";

fn scored(text: &[u8]) -> Result<Vec<ModelSamples>, SteeringError> {
    let (path, token) = (Path::new("samples.json"), CancelToken::default());
    score_samples_from(text, text.len() as u64, path, &Silent, &token)
}

fn said(text: &str) -> String {
    let told = match scored(text.as_bytes()) {
        Ok(models) => format!("it was taken: {models:?}"),
        Err(error) => error.to_string(),
    };
    assert!(told.starts_with("samples.json: "), "{told}");
    told
}

fn experiment(scenario: &str, conditions: &[(f64, &[&str])]) -> Value {
    let condition = |(alpha, samples): &(f64, &[&str])| json!({"alpha": alpha, "samples": samples});
    let conditions: Vec<Value> = conditions.iter().map(condition).collect();
    json!({"scenario": scenario, "conditions": conditions, "note": {"deep": [[1, null], "x"]}})
}

fn model(experiments: &[Value]) -> Value {
    json!({"layer_results": [{"layer": 12, "norm": 1.5, "experiments": experiments}], "seed": 1})
}

#[test]
fn every_number_is_counted_from_the_texts() -> Result<(), Box<dyn Error>> {
    let mixed = experiment(
        "mixed",
        &[
            (5.0, &[KIND, KIND]),
            (-5.0, &[COLD, BROKEN]),
            (0.0, &[KIND, COLD]),
            (10.0, &[BROKEN, ""]),
        ],
    );
    let ceiling = experiment("ceiling", &[(0.0, &[KIND]), (5.0, &[KIND]), (-5.0, &[KIND])]);
    let bare = experiment("bare", &[(5.0, &[KIND])]);
    let file = json!({"models": {"a": model(&[mixed, ceiling, bare])}});
    let models = scored(file.to_string().as_bytes())?;
    let [one] = models.as_slice() else { return Err("one model".into()) };
    assert_eq!((one.model.as_str(), one.key.as_deref(), one.layers.len()), ("a", Some("a"), 1));
    let layer = &one.layers[0];
    assert_eq!(layer.layer, 12);
    let names: Vec<&str> = layer.scenarios.iter().map(|s| s.scenario.as_str()).collect();
    assert_eq!(names, ["mixed", "ceiling", "bare"]);

    let mixed = &layer.scenarios[0];
    let counts: Vec<_> = mixed
        .cells
        .iter()
        .map(|c| (c.coefficient, c.n, c.outcomes, c.coherent, c.coherent_outcomes, c.empty))
        .collect();
    assert_eq!(
        counts,
        [(-5.0, 2, 1, 1, 0, 0), (0.0, 2, 1, 2, 1, 0), (5.0, 2, 2, 2, 2, 0), (10.0, 2, 1, 0, 0, 1)]
    );
    let scores = mixed.scores.as_ref().map_err(String::as_str)?;
    // 1/2 at 0: up at 5; as high at -5 and at 10, which counts for -5 and against 10
    assert_eq!(scores.as_published.share, Share { hits: 2, n: 3 });
    // among coherent samples -5 is at 0, and 10 has none
    assert_eq!(scores.strict.share, Share { hits: 2, n: 2 });
    assert_eq!(scores.strict.unmeasured, [10.0]);

    let ceiling = layer.scenarios[1].scores.as_ref().map_err(String::as_str)?;
    assert_eq!(ceiling.as_published.share.value(), Some(0.5));
    assert_eq!(
        (ceiling.strict.bound, ceiling.strict.share),
        (Some(Bound::Ceiling), Share { hits: 0, n: 1 })
    );
    let bare = layer.scenarios[2].scores.as_ref().expect_err("no 0");
    assert!(bare.contains("lack 0 (5)"), "{bare}");
    Ok(())
}

#[test]
fn the_order_of_fields_and_the_outer_object_do_not_matter() -> Result<(), Box<dyn Error>> {
    let conditions =
        format!(r#"{{"samples": [{KIND:?}], "alpha": 5}}, {{"alpha": 0, "samples": [{COLD:?}]}}"#);
    let turned = format!(
        r#"{{"layer_results": [{{"experiments": [{{"conditions": [{conditions}], "scenario": "s"}}],
            "layer": 2}}], "model": "m"}}"#
    );
    let alone = scored(turned.as_bytes())?;
    assert_eq!((alone[0].model.as_str(), &alone[0].key), ("m", &None));
    let outer = scored(format!("\u{feff}{{\"models\": {{\"k\": {turned}}}}}").as_bytes())?;
    assert_eq!((outer[0].model.as_str(), outer[0].key.as_deref()), ("m", Some("k")));
    assert_eq!(alone[0].layers, outer[0].layers);
    let scores = alone[0].layers[0].scenarios[0].scores.as_ref().map_err(String::as_str)?;
    assert_eq!(scores.strict.share, Share { hits: 1, n: 1 });

    // experiments and conditions of the same name are counted together
    let twice = model(&[
        experiment("s", &[(0.0, &[COLD]), (5.0, &[KIND])]),
        experiment("s", &[(0.0, &[COLD]), (5.0, &[COLD, KIND])]),
    ]);
    let twice = scored(twice.to_string().as_bytes())?;
    let [scenario] = twice[0].layers[0].scenarios.as_slice() else { return Err("one".into()) };
    let counts: Vec<_> = scenario.cells.iter().map(|c| (c.coefficient, c.n, c.outcomes)).collect();
    assert_eq!(counts, [(0.0, 2, 0), (5.0, 3, 2)]);
    Ok(())
}

#[test]
fn other_shapes_are_told_with_their_place() {
    let within = |conditions: &str| {
        format!(
            r#"{{"models": {{"a b": {{"layer_results": [{{"layer": 1, "experiments": [
               {{"scenario": "s", "conditions": [{{"alpha": 0, "samples": []}}, {conditions}]}}]}}]}}}}}}"#
        )
    };
    let place = "models.a b.layer_results[0].experiments[0].conditions[1]";
    for (condition, what, at) in [
        (r#"{"alpha": 1, "samples": ["x", 7]}"#, "expected a text", ".samples[1]"),
        (r#"{"alpha": 1, "samples": "x"}"#, "expected a list of texts", ".samples"),
        (r#"{"alpha": "1", "samples": []}"#, "expected f64", ".alpha"),
        (r#"{"samples": []}"#, "no field `alpha`", ""),
        (r#"{"alpha": 1}"#, "no field `samples`", ""),
        (r#"{"alpha": 1, "alpha": 2, "samples": []}"#, "`alpha` stands here twice", ".alpha"),
        ("[]", "expected a condition's object", ""),
        (r#"{"alpha": NaN, "samples": []}"#, "expected value", ".alpha"),
    ] {
        let told = said(&within(condition));
        assert!(told.contains(what) && told.ends_with(&format!("(at {place}{at})")), "{told}");
        assert!(told.contains("line 2"), "{told}");
    }
    for (text, what) in [
        ("", "ends too early"),
        ("{", "ends too early"),
        ("[]", "expected an object with `models`"),
        ("{}", "no field `models` or `layer_results`"),
        ("7", "expected an object with `models`"),
        (r#"{"models": [1]}"#, "under each name"),
        (r#"{"layer_results": []} x"#, "trailing characters"),
        (r#"{"layer_results": [{"experiments": []}]}"#, "no field `layer`"),
        (r#"{"layer_results": [{"layer": -1, "experiments": []}]}"#, "-1"),
        ("positive,negative\n", "expected value"),
    ] {
        let told = said(text);
        assert!(told.contains(what), "{text}: {told}");
    }
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let file = json!({"models": {"a": model(&[experiment("s", &[(0.0, &[KIND, "é\u{1f600}"])])])}});
    let whole = file.to_string();
    assert!(scored(whole.as_bytes()).is_ok());
    for end in 0..whole.len() {
        let told = scored(&whole.as_bytes()[..end]).expect_err("cut").to_string();
        // "1." is no number yet
        let cut = told.contains("ends too early") || told.contains("invalid number");
        assert!(cut, "cut at {end}: {told}");
    }
}

#[test]
fn a_stop_is_a_stop_and_nothing_scored_is_said() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("samples.json");
    std::fs::write(&path, model(&[experiment("s", &[(5.0, &[KIND])])]).to_string())?;
    let token = CancelToken::default();
    let told = score_samples(&path, &Silent, &token).expect_err("no 0").to_string();
    assert!(told.contains("no scenario can be scored: the coefficients lack 0"), "{told}");
    std::fs::write(&path, r#"{"layer_results": []}"#)?;
    let told = score_samples(&path, &Silent, &token).expect_err("empty").to_string();
    assert!(told.contains("it holds none"), "{told}");
    assert!(
        score_samples(folder.path(), &Silent, &token)
            .expect_err("folder")
            .to_string()
            .contains("folder")
    );
    let missing = score_samples(&folder.path().join("none"), &Silent, &token);
    assert!(matches!(missing, Err(SteeringError::Io { .. })));
    token.cancel();
    assert!(matches!(score_samples(&path, &Silent, &token), Err(SteeringError::Cancelled(_))));
    Ok(())
}
