//! What the Steering room asks for, and texts read token by token.

use std::path::PathBuf;
use std::sync::Arc;

use lens_engine::Session;
use lens_engine::contract::{
    ApiError, JobEvent, LiveEvent, LiveRequest, SteeringPlanView, SteeringSamplesView,
    SteeringView, TokenHeatView,
};
use tauri::ipc::Channel;

use super::{Answer, Shared, off_thread};

#[tauri::command]
pub(super) async fn steering(session: Shared<'_>) -> Answer<SteeringView> {
    off_thread(&session, Session::steering).await
}

#[tauri::command]
pub(super) async fn change_steering(
    session: Shared<'_>,
    plan: SteeringPlanView,
) -> Answer<SteeringView> {
    off_thread(&session, move |s| s.change_steering(&plan)).await
}

#[tauri::command]
pub(super) async fn run_steering(
    session: Shared<'_>,
    on_event: Channel<JobEvent>,
) -> Answer<String> {
    // A window that has gone away no longer listens; what is sampled is kept.
    let listener = move |event| drop(on_event.send(event));
    lens_engine::steering::run_steering(session.inner(), listener).map_err(ApiError::from)
}

#[tauri::command]
pub(super) async fn steering_samples(
    session: Shared<'_>,
    model_id: String,
    scenario: String,
    coefficient: Option<f64>,
) -> Answer<SteeringSamplesView> {
    off_thread(&session, move |s| s.steering_samples(&model_id, &scenario, coefficient)).await
}

#[tauri::command]
pub(super) async fn import_scenarios(session: Shared<'_>, path: PathBuf) -> Answer<SteeringView> {
    off_thread(&session, move |s| s.import_scenarios(&path)).await
}

#[tauri::command]
pub(super) async fn import_direction(
    session: Shared<'_>,
    path: PathBuf,
    convention: Option<String>,
    layer: Option<u32>,
) -> Answer<SteeringView> {
    off_thread(&session, move |s| s.import_direction(&path, convention.as_deref(), layer)).await
}

#[tauri::command]
pub(super) async fn token_heat(
    session: Shared<'_>,
    model_id: String,
    layer: Option<u32>,
    text: String,
) -> Answer<TokenHeatView> {
    let shared = Arc::clone(&session);
    off_thread(&session, move |_| shared.token_heat(&model_id, layer, &text)).await
}

#[tauri::command]
pub(super) async fn live(
    session: Shared<'_>,
    request: LiveRequest,
    on_event: Channel<LiveEvent>,
) -> Answer<String> {
    let listener = move |event| drop(on_event.send(event));
    lens_engine::steering::live(session.inner(), request, listener).map_err(ApiError::from)
}

#[tauri::command]
pub(super) async fn steer_live(
    session: Shared<'_>,
    job_id: String,
    coefficient: f64,
) -> Answer<()> {
    off_thread(&session, move |s| s.steer_live(&job_id, coefficient)).await
}
