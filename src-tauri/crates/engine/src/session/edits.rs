//! What a person changes in the study. Every change can be taken back.

use std::path::Path;

use lens_core::{CancelToken, Progress, Reporter, Silent};
use lens_dataset::ReadOptions;

use crate::contract::{
    AblationView, ColumnChoiceView, ImportOutcome, KeywordView, SettingsView, SplitView, StudyView,
};
use crate::models::ModelEntry;
use crate::session::Session;
use crate::study::Study;
use crate::{EngineError, editing, human_scores, import, sample};

impl Session {
    /// Takes the last edit back.
    ///
    /// # Errors
    /// When the study cannot be written.
    pub fn undo(&self) -> Result<StudyView, EngineError> {
        self.reading.cancel(None);
        self.study()?.undo()?;
        self.study_view()
    }

    /// Reads a pairs file into the study, or gives its pairs the scores of a table. In the sample study
    /// a new study is begun for it.
    ///
    /// # Errors
    /// When the file cannot be read, has no usable row, or scores none of the pairs; the study is then
    /// as it was.
    pub fn import_pairs(
        &self,
        path: &Path,
        columns: Option<ColumnChoiceView>,
    ) -> Result<ImportOutcome, EngineError> {
        self.import_pairs_watched(path, columns, &Silent)
    }

    /// The same, telling `reporter` how much of the file has been read;
    /// [`cancel_import`](Session::cancel_import) stops it, and the study is then as it was.
    ///
    /// # Errors
    /// As [`import_pairs`](Session::import_pairs), when another import is under way, and when it was
    /// stopped.
    pub fn import_pairs_watched(
        &self,
        path: &Path,
        columns: Option<ColumnChoiceView>,
        reporter: &dyn Reporter,
    ) -> Result<ImportOutcome, EngineError> {
        if columns.is_none() && lens_dataset::holds_scores(path) {
            return self.import_scores(path);
        }
        self.reading.cancel(None);
        let options = ReadOptions { columns: columns.map(import::column_choice) };
        let job = self.importing.begin()?;
        let watch = import::Watch { reporter, cancel: job.cancel() };
        let imported = self.in_own_study(path, |study| {
            let placed = self.is_placed(study.path());
            import::into(study, path, &options, placed, &self.bundled, &watch)
        });
        drop(job);
        let stage = "Checking the pairs".to_owned();
        reporter.report(Progress { stage, done: 0, total: 0, unit: "pairs" });
        match imported {
            Ok(()) => Ok(ImportOutcome::Imported { pairs: Box::new(self.prepared()?.summary()) }),
            Err(error) => import::needs_columns(path, error),
        }
    }

    /// Stops the import that is under way; does nothing where there is none.
    pub fn cancel_import(&self) {
        self.importing.cancel(None);
    }

    fn import_scores(&self, path: &Path) -> Result<ImportOutcome, EngineError> {
        let table = human_scores::read_scores(path, &CancelToken::default())?;
        let set = self.study()?.pairs().ok_or(EngineError::ScoresWithoutPairs)?;
        let found = human_scores::find(&table, &set.pairs)?;
        let sentence = human_scores::sentence(&table, &found, &set.pairs);
        let name = format!("{} with human scores", self.study()?.state().name);
        self.in_own_study(Path::new(&name), |study| {
            study.import_scores(&table, |state| {
                if std::mem::take(&mut state.sample) {
                    state.name.clone_from(&name);
                }
            })
        })?;
        let pairs = Box::new(self.prepared()?.summary());
        Ok(ImportOutcome::Scored { pairs, sentence })
    }

    /// Makes a change in the study; where that is the sample, in a copy of it, so that the sample stays
    /// as it is. The copy's file is named as `path` is.
    fn in_own_study(
        &self,
        path: &Path,
        change: impl FnOnce(&mut Study) -> Result<(), EngineError>,
    ) -> Result<(), EngineError> {
        let mut study = self.study()?;
        if !study.state().sample {
            return change(&mut study);
        }
        let mut fresh = sample::leave(&self.places, &study, path)?;
        match change(&mut fresh) {
            Ok(()) => {
                self.recent.add(fresh.path(), &fresh.state().name)?;
                *study = fresh;
                Ok(())
            }
            Err(error) => {
                sample::discard(fresh);
                Err(error)
            }
        }
    }

    /// Adds a model folder to the study and chooses it.
    ///
    /// # Errors
    /// When the model cannot be used.
    pub fn add_model(&self, folder: &Path) -> Result<StudyView, EngineError> {
        let model = ModelEntry::of_folder(folder);
        let name = model.usable()?.name.clone();
        self.study()?.edit(&format!("adding of {name}"), |state| {
            if !state.model_folders.contains(&model.folder) {
                state.model_folders.push(model.folder.clone());
            }
            if !state.chosen_models.contains(&model.id) {
                state.chosen_models.push(model.id.clone());
            }
        })?;
        self.study_view()
    }

    /// Says which models read the pairs.
    ///
    /// # Errors
    /// When one is not known.
    pub fn choose_models(&self, ids: Vec<String>) -> Result<StudyView, EngineError> {
        {
            let mut study = self.study()?;
            let known = self.all_models(&study.state().model_folders);
            if let Some(unknown) = ids.iter().find(|id| known.iter().all(|m| m.id != **id)) {
                return Err(EngineError::UnknownModel(unknown.clone()));
            }
            study.edit("choice of models", |state| state.chosen_models = ids)?;
        }
        self.study_view()
    }

    /// Says how texts are read.
    ///
    /// # Errors
    /// When a value is out of range.
    pub fn change_settings(&self, view: &SettingsView) -> Result<StudyView, EngineError> {
        let settings = import::settings(view)?;
        self.study()?.edit("change of settings", |state| state.settings = settings)?;
        self.study_view()
    }

    /// Says how the pairs are divided into train and test.
    ///
    /// # Errors
    /// When the share is out of range, or a scenario or source is not in the pairs.
    pub fn change_split(&self, view: &SplitView) -> Result<StudyView, EngineError> {
        let rule = editing::split_rule(view, self.prepared()?.pairs())?;
        self.reading.cancel(None);
        self.study()?.edit("change of the split", |state| state.split = rule)?;
        self.study_view()
    }

    /// Says which words are replaced for the ablation control; the shipped list for `None`.
    ///
    /// # Errors
    /// When the list cannot be used.
    pub fn change_keywords(
        &self,
        keywords: Option<Vec<KeywordView>>,
    ) -> Result<AblationView, EngineError> {
        let list = keywords.map(editing::keyword_list).transpose()?;
        self.reading.cancel(None);
        self.study()?.edit("change of the keywords", |state| state.keywords = list)?;
        self.ablation()
    }
}
