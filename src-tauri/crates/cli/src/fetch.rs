//! `lens fetch`.

use clap::Args;
use lens_engine::contract::DownloadRequest;
use lens_engine::{fetch_model, hub_settings, plan_download};
use serde::Serialize;

use crate::context::Context;
use crate::output;

/// Example: lens fetch Qwen/Qwen2.5-0.5B-Instruct
#[derive(Debug, Args)]
#[command(after_help = "Example: lens fetch Qwen/Qwen2.5-0.5B-Instruct")]
pub(crate) struct Fetch {
    /// The model's id on the hub.
    #[arg(value_name = "ORG/NAME")]
    repo: String,
    /// The form of its weights: safetensors, or the name of a GGUF file.
    #[arg(long, value_name = "NAME")]
    form: Option<String>,
}

#[derive(Debug, Serialize)]
struct Answer {
    id: String,
    revision: String,
    form: String,
    folder: String,
    files: Vec<String>,
}

impl Fetch {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<()> {
        let mut settings = hub_settings()?;
        settings.offline |= context.offline;
        let plan = plan_download(&settings, &self.repo, self.form.as_deref(), &context.cancel)?;
        eprintln!(
            "{}: {} files, {:.1} MB, of which {:.1} MB are to be fetched into {}",
            plan.repo,
            plan.files.len(),
            plan.megabytes,
            plan.megabytes_left,
            plan.folder
        );
        let wanted = DownloadRequest {
            repo: plan.repo.clone(),
            revision: plan.revision.clone(),
            variant: plan.variant.clone(),
        };
        let folder = fetch_model(&settings, &wanted, &context.progress, &context.cancel)?;
        context.progress.clear();
        if let Some(target) = &context.json {
            let answer = Answer {
                id: plan.repo,
                revision: plan.revision,
                form: plan.variant,
                folder: folder.to_string_lossy().into_owned(),
                files: plan.files.into_iter().map(|file| file.name).collect(),
            };
            return output::json(target, &answer);
        }
        println!("{}", folder.display());
        Ok(())
    }
}
