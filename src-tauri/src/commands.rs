//! What the window can ask for. Each command is a few lines: the work is in `lens-engine`, and runs
//! off the async runtime's threads.

use std::path::PathBuf;
use std::sync::Arc;

use lens_core::CancelToken;
use lens_engine::contract::{
    AblatedPairView, AblationView, AgreementView, ApiError, BehaviourView, ColumnChoiceView,
    DownloadPlanView, DownloadRequest, ErrorCode, EvidenceView, ExportRequest, ExportView,
    FigurePreview, ImportOutcome, JobEvent, KeywordView, LayerSweepView, PairDetail, PairPage,
    ProbeControlsView, ProjectionRequest, Recognition, ReportFormat, SettingsView, ShelfView,
    SplitView, StartView, StudyView, SurfaceView, TokensAlongView,
};
use lens_engine::{ClockedReporter, EngineError, Session};
use tauri::ipc::{Channel, Invoke, Response};
use tauri::{State, Wry};

use crate::timings;

mod steering;

type Shared<'a> = State<'a, Arc<Session>>;
type Answer<T> = Result<T, ApiError>;

/// Every command, by name.
pub(crate) fn handler() -> impl Fn(Invoke<Wry>) -> bool + Send + Sync + 'static {
    tauri::generate_handler![
        ablated_pair,
        ablation,
        add_model,
        agreement,
        behaviour,
        cancel_import,
        cancel_job,
        change_keywords,
        change_settings,
        change_split,
        choose_models,
        download_model,
        draw_map,
        evidence,
        export_figure,
        export_report,
        export_tokens_along,
        import_pairs,
        layer_sweep,
        mark_timing,
        open_sample,
        open_study,
        pair_detail,
        pair_index,
        pair_rows,
        plan_download,
        preview_figure,
        probe_controls,
        projection,
        read_pairs,
        recognise,
        remove_model,
        save_study_as,
        score_pair,
        score_tokens,
        scores,
        shelf,
        similarity,
        start,
        study,
        steering::change_steering,
        steering::import_direction,
        steering::import_scenarios,
        steering::live,
        steering::run_steering,
        steering::steer_live,
        steering::steering,
        steering::steering_samples,
        steering::token_heat,
        surface,
        tokens_along,
        undo,
    ]
}

/// Runs `work` where blocking is allowed.
async fn off_thread<T: Send + 'static>(
    session: &Shared<'_>,
    work: impl FnOnce(&Session) -> Result<T, EngineError> + Send + 'static,
) -> Answer<T> {
    let session = Arc::clone(session);
    blocking(move || work(&session)).await
}

/// The same for work that has the session itself.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, EngineError> + Send + 'static,
) -> Answer<T> {
    match tauri::async_runtime::spawn_blocking(work).await {
        Ok(result) => result.map_err(ApiError::from),
        Err(failure) => Err(mistake(&failure)),
    }
}

/// What the window is told of a thread that died.
fn mistake(failure: &tauri::Error) -> ApiError {
    ApiError {
        code: ErrorCode::Internal,
        message: format!("The program made a mistake: {failure}"),
        hint: Some("Try again; if it happens again, please report it.".into()),
    }
}

#[tauri::command]
async fn start(session: Shared<'_>) -> Answer<StartView> {
    off_thread(&session, Session::start_view).await
}

#[tauri::command]
async fn study(session: Shared<'_>) -> Answer<StudyView> {
    off_thread(&session, Session::study_view).await
}

#[tauri::command]
async fn recognise(session: Shared<'_>, paths: Vec<PathBuf>) -> Answer<Vec<Recognition>> {
    off_thread(&session, move |s| Ok(s.recognise(&paths))).await
}

#[tauri::command]
async fn import_pairs(
    session: Shared<'_>,
    path: PathBuf,
    columns: Option<ColumnChoiceView>,
    on_event: Channel<JobEvent>,
) -> Answer<ImportOutcome> {
    // A window that has gone away no longer listens; the pairs are taken all the same.
    let listener = move |progress| drop(on_event.send(JobEvent::Progress { progress }));
    off_thread(&session, move |s| {
        s.import_pairs_watched(&path, columns, &ClockedReporter::new(listener))
    })
    .await
}

#[tauri::command]
async fn cancel_import(session: Shared<'_>) -> Answer<()> {
    session.cancel_import();
    Ok(())
}

#[tauri::command]
async fn pair_rows(
    session: Shared<'_>,
    offset: u32,
    limit: u32,
    query: String,
) -> Answer<PairPage> {
    off_thread(&session, move |s| s.pair_rows(offset, limit, &query)).await
}

#[tauri::command]
async fn pair_detail(session: Shared<'_>, index: u32) -> Answer<PairDetail> {
    off_thread(&session, move |s| s.pair_detail(index)).await
}

#[tauri::command]
async fn undo(session: Shared<'_>) -> Answer<StudyView> {
    off_thread(&session, Session::undo).await
}

#[tauri::command]
async fn open_sample(session: Shared<'_>) -> Answer<StudyView> {
    off_thread(&session, Session::open_sample).await
}

#[tauri::command]
async fn open_study(session: Shared<'_>, path: PathBuf) -> Answer<StudyView> {
    off_thread(&session, move |s| s.open_study(&path)).await
}

#[tauri::command]
async fn save_study_as(session: Shared<'_>, path: PathBuf) -> Answer<StudyView> {
    off_thread(&session, move |s| s.save_study_as(&path)).await
}

#[tauri::command]
async fn add_model(session: Shared<'_>, path: PathBuf) -> Answer<StudyView> {
    off_thread(&session, move |s| s.add_model(&path)).await
}

#[tauri::command]
async fn remove_model(session: Shared<'_>, model_id: String) -> Answer<StudyView> {
    off_thread(&session, move |s| s.remove_model(&model_id)).await
}

#[tauri::command]
async fn shelf(session: Shared<'_>) -> Answer<ShelfView> {
    off_thread(&session, Session::shelf).await
}

#[tauri::command]
async fn plan_download(
    session: Shared<'_>,
    repo: String,
    variant: Option<String>,
) -> Answer<DownloadPlanView> {
    off_thread(&session, move |_| {
        let (settings, cancel) = (lens_engine::hub_settings()?, CancelToken::default());
        lens_engine::plan_download(&settings, &repo, variant.as_deref(), &cancel)
    })
    .await
}

#[tauri::command]
async fn download_model(
    session: Shared<'_>,
    plan: DownloadRequest,
    on_event: Channel<JobEvent>,
) -> Answer<String> {
    let session = Arc::clone(&session);
    // A window that has gone away no longer listens; what was fetched is kept.
    let listener = move |event| drop(on_event.send(event));
    lens_engine::download_model(&session, &plan, listener).map_err(ApiError::from)
}

#[tauri::command]
async fn choose_models(session: Shared<'_>, model_ids: Vec<String>) -> Answer<StudyView> {
    off_thread(&session, move |s| s.choose_models(model_ids)).await
}

#[tauri::command]
async fn change_settings(session: Shared<'_>, settings: SettingsView) -> Answer<StudyView> {
    off_thread(&session, move |s| s.change_settings(&settings)).await
}

#[tauri::command]
async fn read_pairs(session: Shared<'_>, on_event: Channel<JobEvent>) -> Answer<String> {
    let session = Arc::clone(&session);
    // A window that has gone away no longer listens; the job goes on and fills the store.
    let listener = move |event| drop(on_event.send(event));
    lens_engine::read_pairs(&session, listener).map_err(ApiError::from)
}

#[tauri::command]
async fn cancel_job(session: Shared<'_>, job_id: String) -> Answer<()> {
    session.cancel_job(&job_id);
    Ok(())
}

#[tauri::command]
async fn pair_index(session: Shared<'_>) -> Answer<Response> {
    off_thread(&session, |s| Ok(Response::new(s.pair_index()?.into_bytes()))).await
}

#[tauri::command]
async fn projection(session: Shared<'_>, request: ProjectionRequest) -> Answer<Response> {
    off_thread(&session, move |s| Ok(Response::new(s.projection(&request)?.into_bytes()))).await
}

#[tauri::command]
async fn draw_map(
    session: Shared<'_>,
    request: ProjectionRequest,
    on_event: Channel<JobEvent>,
) -> Answer<String> {
    let session = Arc::clone(&session);
    // A window that has gone away no longer listens; the map is kept.
    let listener = move |event| drop(on_event.send(event));
    blocking(move || lens_engine::draw_map(&session, &request, listener)).await
}

#[tauri::command]
async fn score_tokens(
    session: Shared<'_>,
    model_id: String,
    layer: u32,
    on_event: Channel<JobEvent>,
) -> Answer<String> {
    // A window that has gone away no longer listens; what was read is kept.
    let listener = move |event| drop(on_event.send(event));
    let session = Arc::clone(&session);
    blocking(move || lens_engine::corpus::score_tokens(&session, &model_id, layer, listener)).await
}

#[tauri::command]
async fn tokens_along(
    session: Shared<'_>,
    model_id: String,
    layer: u32,
    fewest: u32,
) -> Answer<TokensAlongView> {
    off_thread(&session, move |s| s.tokens_along(&model_id, layer, fewest)).await
}

#[tauri::command]
async fn export_tokens_along(
    session: Shared<'_>,
    model_id: String,
    layer: u32,
    fewest: u32,
    path: PathBuf,
) -> Answer<String> {
    off_thread(&session, move |s| s.export_tokens_along(&model_id, layer, fewest, &path)).await
}

#[tauri::command]
async fn layer_sweep(session: Shared<'_>, model_id: String) -> Answer<LayerSweepView> {
    off_thread(&session, move |s| s.layer_sweep(&model_id)).await
}

#[tauri::command]
async fn preview_figure(session: Shared<'_>, request: ExportRequest) -> Answer<FigurePreview> {
    off_thread(&session, move |s| s.preview_figure(&request)).await
}

#[tauri::command]
async fn export_figure(session: Shared<'_>, request: ExportRequest) -> Answer<ExportView> {
    off_thread(&session, move |s| s.export_figure(&request)).await
}

/// The window's own moments: the first frame, the sample's clusters.
#[tauri::command]
async fn mark_timing(moment: String) {
    timings::mark(&moment);
}

#[tauri::command]
async fn surface(session: Shared<'_>) -> Answer<SurfaceView> {
    off_thread(&session, Session::surface).await
}

#[tauri::command]
async fn probe_controls(session: Shared<'_>, model_id: String) -> Answer<ProbeControlsView> {
    off_thread(&session, move |s| s.probe_controls(&model_id)).await
}

#[tauri::command]
async fn scores(session: Shared<'_>, model_id: String, layer: u32) -> Answer<Response> {
    let packet = off_thread(&session, move |s| s.scores(&model_id, layer)).await?;
    Ok(Response::new(packet.into_bytes()))
}

#[tauri::command]
async fn change_split(session: Shared<'_>, split: SplitView) -> Answer<StudyView> {
    off_thread(&session, move |s| s.change_split(&split)).await
}

#[tauri::command]
async fn ablation(session: Shared<'_>) -> Answer<AblationView> {
    off_thread(&session, Session::ablation).await
}

#[tauri::command]
async fn change_keywords(
    session: Shared<'_>,
    keywords: Option<Vec<KeywordView>>,
) -> Answer<AblationView> {
    off_thread(&session, move |s| s.change_keywords(keywords)).await
}

#[tauri::command]
async fn ablated_pair(session: Shared<'_>, index: u32) -> Answer<AblatedPairView> {
    off_thread(&session, move |s| s.ablated_pair(index)).await
}

#[tauri::command]
async fn agreement(session: Shared<'_>) -> Answer<AgreementView> {
    off_thread(&session, Session::agreement).await
}

#[tauri::command]
async fn score_pair(session: Shared<'_>, a: String, b: String) -> Answer<Response> {
    let packet = off_thread(&session, move |s| s.score_pair(&a, &b)).await?;
    Ok(Response::new(packet.into_bytes()))
}

#[tauri::command]
async fn similarity(session: Shared<'_>, a: String, b: String) -> Answer<Response> {
    let packet = off_thread(&session, move |s| s.similarity(&a, &b)).await?;
    Ok(Response::new(packet.into_bytes()))
}

#[tauri::command]
async fn behaviour(session: Shared<'_>, model_id: String) -> Answer<BehaviourView> {
    off_thread(&session, move |s| s.behaviour(&model_id)).await
}

#[tauri::command]
async fn evidence(session: Shared<'_>) -> Answer<EvidenceView> {
    off_thread(&session, Session::evidence).await
}

#[tauri::command]
async fn export_report(session: Shared<'_>, path: PathBuf, format: ReportFormat) -> Answer<String> {
    off_thread(&session, move |s| s.export_report(&path, format)).await
}
