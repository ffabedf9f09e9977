//! Scores against labels: edges, and what is refused.

use lens_analysis::{AgreementError, Confusion, calibration, correlate, fit_line};

#[test]
fn labels_half_way_are_left_out_of_the_decisions() {
    let score = [-1.0, -2.0, 0.5, 3.0, 1.0, 2.0];
    let human = [0.0, 0.0, 1.0, 2.0, 1.0, 2.0];
    let found = correlate(&score, &human, None).unwrap();
    assert_eq!((found.n, found.undecided, found.human_threshold), (6, 2, 1.0));
    // The median of -2, -1, 2 and 3.
    assert_eq!(found.score_threshold, 0.5);
    assert_eq!(found.binary_accuracy, Some(1.0));
    assert_eq!(
        found.confusion,
        Confusion { true_positive: 2, true_negative: 2, ..Confusion::default() }
    );
    // With the probe's own threshold; a score equal to it is not above.
    let strict = correlate(&score, &human, Some(2.0)).unwrap();
    assert_eq!(strict.score_threshold, 2.0);
    assert_eq!(strict.binary_accuracy, Some(0.75));
    assert_eq!(strict.confusion.false_negative, 1);
}

#[test]
fn a_perfect_relation_has_no_chance_left() {
    let score: Vec<f64> = (0..12).map(f64::from).collect();
    let human: Vec<f64> = score.iter().map(|s| 3.0 - 2.0 * s).collect();
    let found = correlate(&score, &human, None).unwrap();
    assert!((found.pearson + 1.0).abs() < 1e-12 && (found.spearman + 1.0).abs() < 1e-12);
    assert!(found.pearson_p < 1e-12 && found.spearman_p < 1e-12);
    let [low, high] = found.pearson_ci.unwrap();
    assert!(low <= high && high < -0.999);
    let line = fit_line(&score, &human).unwrap();
    assert!((line.slope + 2.0).abs() < 1e-12 && (line.intercept - 3.0).abs() < 1e-12);
    assert!(line.residual < 1e-12);
    assert!(line.points.iter().all(|p| p.low <= p.fit && p.fit <= p.high));
}

/// Of three different values six orders are equally likely, and two are perfect.
#[test]
fn few_rows_are_counted_out() {
    let found = correlate(&[1.0, 2.0, 3.0], &[1.0, 5.0, 9.0], None).unwrap();
    assert!((found.spearman_p - 2.0 / 6.0).abs() < 1e-12);
    assert_eq!(found.pearson_ci, None);
    let nine: Vec<f64> = (0..9).map(f64::from).collect();
    let found = correlate(&nine, &nine, None).unwrap();
    assert!((found.spearman_p - 2.0 / 362_880.0).abs() < 1e-15);
}

#[test]
fn what_cannot_be_correlated_is_refused_in_a_sentence() {
    let run = |score: &[f64], human: &[f64]| correlate(score, human, None).unwrap_err();
    let ramp = [1.0, 2.0, 3.0];
    assert_eq!(run(&ramp, &[1.0]), AgreementError::UnlikeColumns { scores: 3, labels: 1 });
    assert_eq!(run(&ramp[..2], &ramp[..2]), AgreementError::TooFewRows { found: 2, needed: 3 });
    assert_eq!(run(&[0.1; 3], &ramp), AgreementError::Constant { column: "score" });
    assert_eq!(run(&ramp, &[0.1; 3]), AgreementError::Constant { column: "human" });
    for bad in [f64::NAN, f64::INFINITY] {
        let error = run(&ramp, &[1.0, bad, 2.0]);
        assert!(matches!(error, AgreementError::NotANumber { row: 2, column: "human", .. }));
        assert!(error.to_string().starts_with("row 2 has "));
        assert!(correlate(&ramp, &ramp, Some(bad)).is_err());
        assert!(fit_line(&[1.0, bad, 2.0], &ramp).is_err());
        assert!(calibration(&[bad], &[true], 5).is_err());
    }
    assert_eq!(fit_line(&[0.1; 3], &ramp), Err(AgreementError::Constant { column: "score" }));
    assert!(fit_line(&ramp, &[0.1; 3]).is_ok());
    assert_eq!(calibration(&[1.0], &[true], 0), Err(AgreementError::NoBins));
    assert!(matches!(calibration(&[], &[], 5), Err(AgreementError::TooFewRows { .. })));
    assert!(matches!(
        calibration(&[1.0], &[], 5),
        Err(AgreementError::UnlikeColumns { scores: 1, labels: 0 })
    ));
}

#[test]
fn equal_scores_share_a_bin_and_no_row_is_lost() {
    let z = [0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 2.0];
    let outcome = [true, false, false, true, true, true, false];
    for bins in 1..=10 {
        let found = calibration(&z, &outcome, bins).unwrap();
        assert_eq!(found.bins.iter().map(|bin| bin.n).sum::<usize>(), 7);
        assert!(found.bins.windows(2).all(|two| two[0].predicted < two[1].predicted));
        assert!(found.bins.len() <= bins.min(3));
        assert!(found.bins.iter().all(|bin| (0.0..=1.0).contains(&bin.observed)));
    }
    // Far out, exp overflows and the probability does not.
    let far = calibration(&[-1e4, 1e4], &[false, true], 2).unwrap();
    assert_eq!((far.brier, far.bins.len()), (0.0, 2));
}
