// What project_few.wgsl and project_tiled.wgsl have in common.
//
// scores[first_score + i, j] = rows[first_row + i, :] . directions[first_direction + j, :], in f32 and
// row-major. Twin: cpu::project. Rows are padded with zeros to `parts` parts of four components.

struct Shape {
    // Rows of this dispatch, and where they begin.
    count: u32,
    first_row: u32,
    first_score: u32,
    // Directions of this dispatch, and where they begin.
    directions: u32,
    first_direction: u32,
    parts: u32,
}

@group(0) @binding(1) var<storage, read> directions: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> scores: array<f32>;
@group(0) @binding(3) var<uniform> shape: Shape;

// Rows and directions beyond the last stand for the last, and their scores are not kept.
fn row_start(i: u32) -> u32 {
    return (shape.first_row + min(i, shape.count - 1u)) * shape.parts;
}

fn direction_start(j: u32) -> u32 {
    return (shape.first_direction + min(j, shape.directions - 1u)) * shape.parts;
}

fn keep(i: u32, j: u32, score: f32) {
    if i < shape.count && j < shape.directions {
        scores[(shape.first_score + i) * shape.directions + j] = score;
    }
}
