//! What captions and file names say of maps.

use lens_analysis::Metric;

use crate::EngineError;
use crate::contract::{MapFit, MapLevel, MapMethod};
use crate::map::{Map, MapSettings};
use crate::session::Session;

/// "after block 3", as a layer of the residual stream is said.
pub(super) fn layer_words(layer: usize) -> String {
    match layer {
        0 => "at the embedding output".to_owned(),
        block => format!("after block {block}"),
    }
}

/// What one point is, and several are.
pub(super) const fn noun(level: MapLevel) -> [&'static str; 2] {
    match level {
        MapLevel::Texts => ["text", "texts"],
        MapLevel::Tokens => ["token", "tokens"],
    }
}

/// How the sentence that names the map begins.
pub(super) const fn opening(method: MapMethod) -> &'static str {
    match method {
        MapMethod::Pca => "Principal components of",
        MapMethod::Umap => "Map of neighbours (UMAP) of",
        MapMethod::Probe => "Distance along the probe, and principal components of the rest, of",
    }
}

/// What the axes are worth, what the map depends on and what shaped it, in sentences.
pub(super) fn facts(session: &Session, map: &Map) -> Result<String, EngineError> {
    let shares: Vec<String> =
        map.explained_variance_ratio.iter().map(|r| format!("{:.1} %", r * 100.0)).collect();
    let mut facts = parameters(session, &map.settings)?;
    if !shares.is_empty() {
        facts.push(format!("Variance explained: {}.", shares.join(", ")));
    }
    if let Some(quality) = &map.quality {
        facts.push(format!(
            "Trustworthiness {:.3}; {:.0} % of the {} nearest neighbours are kept.",
            quality.trustworthiness,
            quality.neighbours_kept * 100.0,
            quality.k
        ));
    }
    facts.extend(map.notes.iter().cloned());
    Ok(facts.join(" "))
}

/// What every map of these settings depends on, in sentences.
pub(super) fn parameters(
    session: &Session,
    settings: &MapSettings,
) -> Result<Vec<String>, EngineError> {
    Ok(match settings.method {
        MapMethod::Pca => Vec::new(),
        MapMethod::Umap => {
            let metric = match settings.umap.metric {
                Metric::Euclidean => "Euclidean",
                Metric::Cosine => "cosine",
            };
            vec![format!(
                "{} neighbours, least distance {}, {metric} metric; each map is turned as the \
                 principal components lie. Which points lie next to each other has a meaning; how \
                 far apart clusters lie, how large they are and which way the map is turned mean \
                 nothing.",
                settings.umap.n_neighbors, settings.umap.min_dist
            )]
        }
        MapMethod::Probe => vec![format!(
            "Horizontal: distance from the threshold along the unit direction ({}) fitted on the \
             training pairs.",
            session.study()?.state().settings.method.name()
        )],
    })
}

/// What a file name says of a map that is not the usual one: "-umap-tokens".
pub(super) fn stem(settings: &MapSettings) -> String {
    let method = match settings.method {
        MapMethod::Pca => "",
        MapMethod::Umap => "-umap",
        MapMethod::Probe => "-probe",
    };
    let level = if settings.level == MapLevel::Tokens { "-tokens" } else { "" };
    let fit = if settings.fit == MapFit::Train { "-train" } else { "" };
    format!("{method}{level}{fit}")
}
