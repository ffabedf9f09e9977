//! Scenario sets: those that ship with the program, and files that were dropped.

use std::path::Path;

use lens_core::Digest;
use lens_steering::{OutcomeRule, Scenario, SteeringError, read_scenarios};
use serde::Deserialize;

use crate::contract::{OutcomeRuleView, ScenarioSetView, ScenarioView};
use crate::{EngineError, Places};

/// Bytes of a scenario file at most: a thousand scenarios have a few hundred thousand.
const MOST_BYTES: u64 = 16 << 20;

/// An entry of `scenarios/sets.json` in the folder of the bundled models.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    key: String,
    file: String,
    name: String,
    about: String,
}

/// The sets that ship, in the order of their list. Without the files there are none: dropped ones
/// can be used all the same.
#[must_use]
pub fn shipped_sets(places: &Places) -> Vec<ScenarioSetView> {
    let folder = places.models.join("scenarios");
    let list = std::fs::read(folder.join("sets.json")).unwrap_or_default();
    let entries: Vec<Entry> = serde_json::from_slice(&list).unwrap_or_default();
    entries
        .into_iter()
        .filter_map(|entry| {
            let json = std::fs::read(folder.join(&entry.file)).ok()?;
            let scenarios = read_scenarios(&json).ok()?;
            Some(ScenarioSetView {
                key: entry.key,
                name: entry.name,
                about: entry.about,
                scenarios: scenarios.into_iter().map(scenario_view).collect(),
                shipped: true,
            })
        })
        .collect()
}

/// Reads a dropped file as a set, known by the digest of its bytes.
///
/// # Errors
/// When it cannot be read or holds no scenarios that can be used.
pub fn read_scenario_file(path: &Path) -> Result<ScenarioSetView, EngineError> {
    let io = |source| SteeringError::Io { path: path.to_path_buf(), source };
    let about = std::fs::metadata(path).map_err(io)?;
    if about.len() > MOST_BYTES {
        let message = format!("{} is too large for a list of scenarios", path.display());
        return Err(SteeringError::BadScenarios(message).into());
    }
    let json = std::fs::read(path).map_err(io)?;
    let scenarios: Vec<ScenarioView> =
        read_scenarios(&json)?.into_iter().map(scenario_view).collect();
    let count = scenarios.len();
    let s = if count == 1 { "" } else { "s" };
    Ok(ScenarioSetView {
        key: Digest::of(&json).as_str().to_owned(),
        name: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        about: format!("{count} scenario{s} from a file."),
        scenarios,
        shipped: false,
    })
}

fn scenario_view(scenario: Scenario) -> ScenarioView {
    ScenarioView {
        id: scenario.id,
        title: scenario.title,
        objective: scenario.objective,
        pressure: scenario.pressure,
        prompt: scenario.prompt,
        rubric: scenario.rubric,
        rule: scenario.rule.map(|rule| OutcomeRuleView { helps: rule.helps, keeps: rule.keeps }),
    }
}

/// A scenario as the statistics know it.
pub(super) fn scenario_of(view: &ScenarioView) -> Scenario {
    let rule = view.rule.as_ref();
    Scenario {
        id: view.id.clone(),
        title: view.title.clone(),
        objective: view.objective.clone(),
        pressure: view.pressure.clone(),
        prompt: view.prompt.clone(),
        rubric: view.rubric.clone(),
        rule: rule.map(|r| OutcomeRule { helps: r.helps.clone(), keeps: r.keeps.clone() }),
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn every_listed_file_ships_and_can_be_read() {
        let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../models");
        let places = Places { models: models.clone(), data: PathBuf::new(), cache: PathBuf::new() };
        let sets = shipped_sets(&places);
        let keys: Vec<&str> = sets.iter().map(|set| set.key.as_str()).collect();
        assert_eq!(keys, ["toy", "agent"]);
        assert_eq!(sets.iter().map(|set| set.scenarios.len()).collect::<Vec<_>>(), [7, 5]);
        assert!(sets.iter().flat_map(|set| &set.scenarios).all(|s| s.rubric.len() == 3));
        let files = std::fs::read_dir(models.join("scenarios")).unwrap().count();
        assert_eq!(files, sets.len() + 1, "a file that is not listed");
    }
}
