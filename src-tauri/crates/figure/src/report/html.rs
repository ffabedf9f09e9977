//! The report as a web page in one file.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::words::{CAUTION, SHOWN, sample, shown};
use super::{ReportData, ReportModel, ReportPart, ReportRung, Status};
use crate::colours::Colours;
use crate::svg::{clean, escape, font_faces};
use crate::{Figure, FigureError, Theme};

/// Everything but colours. Print takes the light theme: paper is white.
const STYLE: &str = "*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 Inter,system-ui,-apple-system,\"Segoe UI\",Roboto,Helvetica,Arial,sans-serif;overflow-wrap:anywhere}
main,footer{max-width:52rem;margin:0 auto;padding:0 1.5rem}
main{padding-top:2rem}
h1{font-size:1.6rem;line-height:1.25;margin:0 0 .75rem}
h2{font-size:1.15rem;margin:2rem 0 .25rem}
p{margin:.5rem 0}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem;margin:0}
dt,footer{color:var(--muted)}
dd{margin:0}
table{width:100%;border-collapse:collapse;margin:.75rem 0}
th,td{text-align:left;vertical-align:top;padding:.45rem .75rem .45rem 0;border-top:1px solid var(--grid);font-weight:400}
thead th{color:var(--muted);border-top:0;padding-bottom:.2rem}
tbody th{width:32%}
.status{white-space:nowrap;font-weight:600}
.status svg{width:.9em;height:.9em;margin-right:.4em;vertical-align:-.08em;fill:none;stroke:currentColor;stroke-width:2;stroke-linecap:round;stroke-linejoin:round}
.passed{color:var(--passed)}
.failed{color:var(--failed)}
.not-tested{color:var(--muted)}
ul{margin:0;padding:0;list-style:none}
li+li{margin-top:.3rem}
figure{margin:1.5rem 0}
img{width:100%;height:auto;border:1px solid var(--grid)}
footer{font-size:.8em;padding-top:1rem;padding-bottom:2rem}
@media screen and (max-width:38rem){main,footer{padding-left:1rem;padding-right:1rem}thead{display:none}tr,tbody th,td{display:block;width:auto;padding-right:0}tr{border-top:1px solid var(--grid);padding:.4rem 0}tbody th,td{border:0;padding:.1rem 0}tbody th{font-weight:600}}
@page{size:A4;margin:16mm}
@media print{body{font-size:8.5pt;line-height:1.35}main,footer{max-width:none;padding:0}h1{font-size:15pt}h2{font-size:11pt;margin-top:1rem}th,td{padding-top:.15rem;padding-bottom:.15rem}tr,figure{break-inside:avoid}h2{break-after:avoid}figure{margin:.75rem 0}footer{padding-top:.5rem}footer p{margin:.2rem 0}img{border:0;width:auto;max-width:100%;max-height:82mm}}
";

pub(super) fn html(data: &ReportData) -> Result<String, FigureError> {
    let light = variables(&Colours::of(Theme::Light)?);
    let dark = variables(&Colours::of(Theme::Dark)?);
    let faces = font_faces();
    let (title, version) = (escape(&data.title), escape(&data.version));
    let mut page = String::new();
    // writing to a string cannot fail
    let _ = write!(
        page,
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; font-src data:; img-src data:">
<meta name="generator" content="Empathy Lens {version}">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
{faces}:root{{color-scheme:light dark;{light}}}
@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}
{STYLE}</style>
</head>
<body>
<main>
<h1>{title}</h1>
<dl>
"#
    );
    for (term, value) in
        [("Concept", &data.concept), ("Data", &data.data), ("Pairs", &sample(data))]
    {
        let _ = writeln!(page, "<dt>{term}</dt><dd>{}</dd>", escape(value));
    }
    page.push_str("</dl>\n");
    for model in &data.models {
        write_model(&mut page, model);
    }
    if let Some(figure) = &data.figure {
        write_figure(&mut page, figure);
    }
    let _ = writeln!(page, "<section>\n<h2>{SHOWN}</h2>");
    for model in &data.models {
        let (name, shown) = (escape(&model.name), escape(&shown(model)));
        let _ = writeln!(page, "<p><strong>{name}.</strong> {shown}</p>");
    }
    let _ = writeln!(page, "<p>{}</p>\n</section>\n</main>\n<footer>", escape(CAUTION));
    for model in &data.models {
        let (name, provenance) = (escape(&model.name), escape(&model.provenance));
        let _ = writeln!(page, "<p>{name}: {provenance}</p>");
    }
    let _ = writeln!(page, "<p>Empathy Lens {version}</p>\n</footer>\n</body>\n</html>");
    Ok(page)
}

fn variables(colours: &Colours) -> String {
    format!(
        "--paper:{};--ink:{};--muted:{};--grid:{};--passed:{};--failed:{}",
        colours.paper,
        colours.ink,
        colours.muted,
        colours.grid,
        colours.category(0),
        colours.category(1)
    )
}

fn write_model(page: &mut String, model: &ReportModel) {
    let (name, summary) = (escape(&model.name), escape(&model.summary));
    let _ = write!(
        page,
        "<section>\n<h2>{name}</h2>\n<p>{summary}</p>\n<table>\n<thead><tr><th scope=\"col\">Rung</th>\
         <th scope=\"col\">Result</th><th scope=\"col\">Measured</th></tr></thead>\n<tbody>\n"
    );
    for rung in &model.rungs {
        write_rung(page, rung);
    }
    page.push_str("</tbody>\n</table>\n</section>\n");
}

fn write_rung(page: &mut String, rung: &ReportRung) {
    let (title, status) = (escape(&rung.title), status(rung.status));
    let _ =
        write!(page, "<tr><th scope=\"row\">{}. {title}</th><td>{status}</td><td>", rung.number);
    match rung.parts.as_slice() {
        [] => {}
        [only] => page.push_str(&escape(&only.sentence)),
        parts => {
            page.push_str("<ul>");
            for part in parts {
                let _ = write!(page, "<li>{}</li>", several(part));
            }
            page.push_str("</ul>");
        }
    }
    page.push_str("</td></tr>\n");
}

/// One of several parts, with its own result.
fn several(part: &ReportPart) -> String {
    let name = escape(&part.name);
    let name = if name.is_empty() { String::new() } else { format!("{name}: ") };
    format!("{} {name}{}", status(part.status), escape(&part.sentence))
}

/// A mark and the word: neither colour nor shape has to be seen.
fn status(status: Status) -> String {
    let (class, mark) = match status {
        Status::Passed => ("passed", "M2 8.5L6 12.5L14 3.5"),
        Status::Failed => ("failed", "M3 3L13 13M13 3L3 13"),
        Status::NotTested => ("not-tested", "M3 8L13 8"),
    };
    let word = status.word();
    format!(
        "<span class=\"status {class}\"><svg viewBox=\"0 0 16 16\" aria-hidden=\"true\"><path d=\"{mark}\"/>\
         </svg>{word}</span>"
    )
}

/// The figure as a picture of its own, so that neither's names can reach the other.
fn write_figure(page: &mut String, figure: &Figure) {
    let words = [figure.title.as_str(), figure.caption.as_str()].map(clean);
    let alt = escape(&words.join(": "));
    let svg = STANDARD.encode(&figure.svg);
    let _ = writeln!(
        page,
        "<figure><img src=\"data:image/svg+xml;base64,{svg}\" alt=\"{alt}\"></figure>"
    );
}
