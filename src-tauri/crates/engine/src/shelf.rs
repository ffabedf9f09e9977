//! All models that can be chosen or fetched, and fetching them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use lens_core::CancelToken;
use lens_hub::{
    CacheListing, CachedRepo, Catalog, DownloadPlan, Environment, Hub, HubSettings, Readiness,
    RepoId, Variant, list_cache,
};

use crate::clock::ClockedReporter;
use crate::contract::{
    ApiError, CatalogueEntryView, CatalogueState, DownloadPlanView, DownloadRequest, JobEvent,
    PlannedFileView, ShelfView, StudyView,
};
use crate::models::{ModelEntry, model_view};
use crate::session::Session;
use crate::{EngineError, memory};

impl Session {
    /// Bundled models, those of the study, those in the hub's cache, and the catalogue. Looks at the
    /// disk anew.
    ///
    /// # Errors
    /// When the study or the store cannot be read, or the catalogue is damaged.
    pub fn shelf(&self) -> Result<ShelfView, EngineError> {
        let settings = hub_settings()?;
        let listing = list_cache(&settings.cache);
        let free = memory::free_bytes();
        let mut models = self.study_view()?.models;
        for entry in cached_models(&listing) {
            if models.iter().all(|known| known.id != entry.id) {
                models.push(model_view(&entry, false, None, free));
            }
        }
        let catalogue = self.catalogue(&listing, free)?;
        let in_repos = listing.repos.iter().flat_map(|repo| {
            let id = repo.id.to_string();
            repo.problems.iter().map(move |problem| format!("{id}: {problem}"))
        });
        Ok(ShelfView {
            models,
            catalogue,
            cache_folder: settings.cache.is_dir().then(|| text(&settings.cache)),
            offline: settings.offline,
            notes: listing.problems.iter().cloned().chain(in_repos).collect(),
            device: device(),
        })
    }

    fn catalogue(
        &self,
        listing: &CacheListing,
        free: u64,
    ) -> Result<Vec<CatalogueEntryView>, EngineError> {
        let path = self.places().models.join("catalog.toml");
        let list = std::fs::read_to_string(&path).map_err(|e| EngineError::io(&path, e))?;
        let cached: BTreeMap<&str, &CachedRepo> =
            listing.repos.iter().map(|repo| (repo.id.as_str(), repo)).collect();
        let small = |n: usize| u32::try_from(n).ok();
        let view = |entry: &lens_hub::CatalogEntry| CatalogueEntryView {
            repo: entry.repo.to_string(),
            about: entry.about.clone(),
            family: entry.family.clone(),
            licence: entry.licence.clone(),
            parameters_millions: memory::megabytes(entry.parameters),
            layers: small(entry.layers),
            width: small(entry.width),
            gated: entry.gated,
            megabytes: memory::megabytes(entry.half_bytes()),
            memory: memory::of_parameters(entry.parameters, free),
            state: state(cached.get(entry.repo.as_str()).copied()),
        };
        Ok(Catalog::parse(&list)?.models.iter().map(view).collect())
    }

    /// Takes a model that was added out of the study again. Nothing is deleted.
    ///
    /// # Errors
    /// When it is not among the added ones.
    pub fn remove_model(&self, id: &str) -> Result<StudyView, EngineError> {
        let folder = Path::new(id);
        {
            let mut study = self.study()?;
            if !study.state().model_folders.iter().any(|known| known == folder) {
                return Err(EngineError::UnknownModel(id.to_owned()));
            }
            let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
            study.edit(&format!("removal of {name}"), |state| {
                state.model_folders.retain(|known| known != folder);
                state.chosen_models.retain(|known| known != id);
            })?;
        }
        self.study_view()
    }

    /// What fetching a model would bring. `variant` is the form of its weights, where it has
    /// several. Asks the hub, fetches nothing.
    ///
    /// # Errors
    /// No such model, no permission, no connection, or nothing that the program could read.
    pub fn plan_download(
        &self,
        repo: &str,
        variant: Option<&str>,
    ) -> Result<DownloadPlanView, EngineError> {
        let settings = hub_settings()?;
        let (plan, variant) = plan(&settings, repo, None, variant)?;
        let files: Vec<PlannedFileView> = variant
            .files
            .iter()
            .map(|file| PlannedFileView {
                name: file.name.clone(),
                megabytes: memory::megabytes(file.bytes),
                megabytes_here: if file.already_there {
                    memory::megabytes(file.bytes)
                } else {
                    0.0
                },
            })
            .collect();
        Ok(DownloadPlanView {
            repo: plan.repo().to_string(),
            revision: plan.commit().to_owned(),
            variants: plan.variants().iter().map(|v| v.name.clone()).collect(),
            megabytes: memory::megabytes(variant.bytes()),
            megabytes_left: memory::megabytes(variant.bytes() - variant.already_there()),
            variant: variant.name,
            files,
            free_disk_megabytes: memory::megabytes(memory::free_disk_bytes(&settings.cache)),
            folder: text(&settings.cache),
        })
    }
}

/// Fetches a model at a commit into the hub's cache, and returns the job's id at once. Goes on beside
/// a reading; one download at a time. `listener` is called from the downloading thread, in order.
///
/// # Errors
/// When another download is running.
pub fn download_model(
    session: &Arc<Session>,
    request: &DownloadRequest,
    listener: impl Fn(JobEvent) + Send + Sync + 'static,
) -> Result<String, EngineError> {
    let (id, cancel) = session.download.begin()?;
    let (shared, job) = (Arc::clone(session), id.clone());
    let wanted = request.clone();
    let run = move || {
        let reporter = ClockedReporter::new(|progress| listener(JobEvent::Progress { progress }));
        let fetched = hub_settings().and_then(|settings| {
            let (plan, _) =
                plan(&settings, &wanted.repo, Some(&wanted.revision), Some(&wanted.variant))?;
            Ok(Hub::new(settings).fetch(&plan, &reporter, &cancel)?)
        });
        // Ended before the last word is sent, so that the listener may start the next one.
        shared.download.end(&job);
        listener(match fetched {
            Ok(_) => JobEvent::Finished,
            Err(error) if error.is_cancelled() => JobEvent::Cancelled,
            Err(error) => JobEvent::Failed { error: ApiError::from(error) },
        });
    };
    if let Err(error) = thread::Builder::new().name("download".to_owned()).spawn(run) {
        session.download.end(&id);
        return Err(EngineError::io(Path::new("download"), error));
    }
    Ok(id)
}

/// A plan with the form of the weights that is asked for, or else the first there is.
fn plan(
    settings: &HubSettings,
    repo: &str,
    revision: Option<&str>,
    variant: Option<&str>,
) -> Result<(DownloadPlan, Variant), EngineError> {
    let repo: RepoId = repo.trim().parse()?;
    let plan = Hub::new(settings.clone()).plan(&repo, revision, &CancelToken::default())?;
    let wanted = variant.or(plan.chosen().map(|v| v.name.as_str()));
    let first = plan.variants().first().map(|v| v.name.as_str());
    let name = wanted.or(first).unwrap_or_default().to_owned();
    let plan = plan.choose(&name)?;
    let variant = plan.chosen().cloned().ok_or(EngineError::UnknownModel(name))?;
    Ok((plan, variant))
}

fn hub_settings() -> Result<HubSettings, EngineError> {
    Ok(Environment::of_process().settings()?)
}

/// The models of the cache that look complete, each at the revision that `main` stands for.
pub(crate) fn cached_models(listing: &CacheListing) -> Vec<ModelEntry> {
    let complete = listing.repos.iter().filter_map(|repo| {
        repo.revisions.iter().find(|revision| revision.readiness == Readiness::Complete)
    });
    complete.map(|revision| ModelEntry::of_folder(&revision.folder)).collect()
}

fn state(cached: Option<&CachedRepo>) -> CatalogueState {
    let Some(repo) = cached else { return CatalogueState::Absent };
    if repo.revisions.iter().any(|revision| revision.readiness == Readiness::Complete) {
        return CatalogueState::Complete;
    }
    let begun: u64 = repo.partial.iter().map(|file| file.bytes).sum();
    match repo.bytes + begun {
        0 => CatalogueState::Absent,
        bytes => CatalogueState::Partial { megabytes: memory::megabytes(bytes) },
    }
}

/// What models compute on.
fn device() -> String {
    match thread::available_parallelism().map_or(1, std::num::NonZero::get) {
        1 => "processor, 1 core".to_owned(),
        cores => format!("processor, {cores} cores"),
    }
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
