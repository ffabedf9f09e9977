//! ROC curves of several models in one figure.

use std::collections::BTreeMap;
use std::fs;

use lens_engine::contract::{
    ExportFormat, ExportRequest, FigurePreset, FigureRequest, FigureTheme, ModelLayerFigure,
    RocFigure,
};

use super::common::{Bench, read_to_end};

#[test]
fn the_area_under_each_curve_is_the_auroc_that_the_caption_names() {
    let bench = Bench::new();
    let session = bench.session();
    session.import_pairs(&bench.pairs("roc", 24), None).unwrap();
    session.choose_models(vec!["toy-llama".into(), "toy-qwen2".into()]).unwrap();
    read_to_end(&session);
    let curve = |model_id: &str, layer| ModelLayerFigure { model_id: model_id.into(), layer };
    let curves = vec![curve("toy-llama", Some(1)), curve("toy-qwen2", None)];
    let mut request = ExportRequest {
        figure: FigureRequest::Roc(RocFigure { curves }),
        preset: FigurePreset::OneColumn,
        theme: FigureTheme::Light,
        dpi: 300,
        caption: None,
        formats: vec![ExportFormat::Csv],
        path: Some(bench.path("roc").to_string_lossy().into()),
    };
    let written = session.export_figure(&request).unwrap();
    let caption = session.preview_figure(&request).unwrap().caption;
    let chosen = session.layer_sweep("toy-qwen2").unwrap().chosen_layer;

    let text = fs::read_to_string(&written.files[0]).unwrap();
    assert!(text.lines().next().unwrap().matches("Empathy Lens").count() == 2, "one line a model");
    let mut found: BTreeMap<(String, u32), Vec<(f64, f64)>> = BTreeMap::new();
    for row in text.lines().skip(2) {
        let cells: Vec<&str> = row.split(',').collect();
        let key = (cells[0].to_owned(), cells[1].parse().unwrap());
        let point = (cells[2].parse().unwrap(), cells[3].parse().unwrap());
        found.entry(key).or_default().push(point);
    }
    let keys: Vec<(String, u32)> = found.keys().cloned().collect();
    assert_eq!(keys, [("toy-llama".to_owned(), 1), ("toy-qwen2".to_owned(), chosen)]);
    for ((model, layer), points) in found {
        let area: f64 =
            points.windows(2).map(|w| (w[1].0 - w[0].0) * (w[0].1 + w[1].1) / 2.0).sum();
        let said = format!("{model} at layer {layer}: AUROC {area:.3}");
        assert!(caption.contains(&said), "{said} in {caption}");
    }

    request.figure = FigureRequest::Roc(RocFigure { curves: Vec::new() });
    assert!(session.preview_figure(&request).is_err());
}
